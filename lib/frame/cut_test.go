package frame

import (
	"bytes"
	"io"
	"testing"

	"heka/lib/msg"
)

// cutReader gives what it has and then ends as if it had been stopped.
type cutReader struct{ b []byte }

func (r *cutReader) Read(p []byte) (int, error) {
	if len(r.b) == 0 {
		return 0, ErrCut
	}
	n := copy(p, r.b)
	r.b = r.b[n:]
	return n, nil
}

// TestCut checks that a stream cut anywhere gives the whole records before that
// place, in every format, and no damage and no part of a line.
func TestCut(t *testing.T) {
	now := func() int64 { return 1 }
	count := func(r *Reader) (n int, last error) {
		for range 100 {
			_, off, err := r.Read(nil, nil)
			n += len(off)
			if err != nil {
				return n, err
			}
		}
		t.Fatal("Read goes on for ever")
		return 0, nil
	}
	f := func(name string, stream []byte) {
		t.Helper()
		for i := range len(stream) {
			whole, err := count(NewReader(bytes.NewReader(stream[:i]), Options{Now: now}))
			if err != io.EOF {
				t.Fatalf("%s: %v", name, err)
			}
			if name == "text" {
				whole = bytes.Count(stream[:i], []byte("\n"))
			}
			r := NewReader(&cutReader{stream[:i]}, Options{Now: now})
			n, err := count(r)
			if r.Format == Unknown {
				whole = 0 // too short to tell
			}
			if n != whole || err != ErrCut || r.Stats != (Stats{}) {
				t.Fatalf("%s cut at %d: %d records, want %d, error %v, %+v", name, i, n, whole, err, r.Stats)
			}
		}
	}
	f("text", []byte("one\ntwo\nthree\n"))
	var b msg.Builder
	b.Type = []byte("t")
	b.Payload = []byte("payload")
	one := b.Append(nil)
	f("records", append(append([]byte{}, one...), one...))
	var blocks bytes.Buffer
	w := NewBlockWriter(&blocks, BlockOptions{})
	for range 2 {
		if err := w.Write(one, 1, 0, 0); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	f("blocks", blocks.Bytes())
}
