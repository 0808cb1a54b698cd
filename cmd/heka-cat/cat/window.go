package cat

import (
	"bytes"
	"io"
	"os"

	"heka/lib/msg"
)

// How much of a file is read beyond what is asked for, in bytes: by those who want all
// of it, and by those who look at the heads of blocks.
const (
	aheadAll   = 1 << 20
	aheadHeads = 32 << 10
)

// window shows a file piece by piece.
type window struct {
	f     *os.File
	size  int64 // of the file, when it was opened
	ahead int   // how much to read beyond what is asked for
	at    int64 // where in the file buf starts
	buf   []byte
	read  func(at int64) // if set, told now and then where the reading is
}

// bytes returns the n bytes of the file from at on, or as many as there are. They
// are valid until the next call.
func (w *window) bytes(at int64, n int) ([]byte, error) {
	n = int(min(int64(n), w.size-at))
	if n <= 0 {
		return nil, nil
	}
	if at < w.at || at+int64(n) > w.at+int64(len(w.buf)) {
		if err := w.fill(at, n); err != nil {
			return nil, err
		}
	}
	b := w.buf[min(at-w.at, int64(len(w.buf))):]
	return b[:min(n, len(b))], nil
}

func (w *window) fill(at int64, n int) error {
	// With a part of n more, a run of places that each ask for n costs but a few times
	// its length.
	want := int(min(int64(n+max(w.ahead, n/8)), w.size-at))
	if cap(w.buf) < want {
		w.buf = make([]byte, want)
	}
	got, err := w.f.ReadAt(w.buf[:want], at)
	w.at, w.buf = at, w.buf[:got]
	if w.read != nil {
		w.read(at)
	}
	if err == io.EOF { // it was cut since it was opened
		w.size = at + int64(got)
		err = nil
	}
	return err
}

// separator returns where, from at on and before end, the next byte stands with
// which a record may start; end if there is none.
func (w *window) separator(at, end int64) (int64, error) {
	for at < end {
		b, err := w.bytes(at, int(min(aheadHeads, end-at)))
		if err != nil || len(b) == 0 {
			return end, err
		}
		if i := bytes.IndexByte(b, msg.Sep); i >= 0 {
			return at + int64(i), nil
		}
		at += int64(len(b))
	}
	return end, nil
}
