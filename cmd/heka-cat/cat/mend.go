package cat

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"heka/lib/frame"
	"heka/lib/msg"
)

// mender writes the good pieces of a capture to a new file beside it, which takes
// its place at the end, and the rest to FILE.damaged. It makes neither before there
// is damage, and leaves both as they were if anything fails.
type mender struct {
	k    *walker
	src  *os.File
	path string

	good *os.File // nil: all was good so far
	bad  *os.File
	from int64 // of the good bytes that are not copied yet
	to   int64

	badSize int64 // what FILE.damaged had before
	badNew  bool
	done    bool
}

func (m *mender) badName() string { return m.path + ".damaged" }

// take takes the next piece.
func (m *mender) take(p piece) error {
	if p.kind != kindDamage && p.bad == 0 {
		if m.to == m.from {
			m.from = p.at
		}
		m.to = p.end()
		return nil
	}
	if err := m.open(); err != nil {
		return err
	}
	if err := m.flush(); err != nil {
		return err
	}
	if p.kind == kindDamage {
		return m.copy(m.bad, p.at, p.size)
	}
	return m.repack(p)
}

// open makes the new file, and the one of what is bad.
func (m *mender) open() error {
	if m.good != nil {
		return nil
	}
	info, err := m.src.Stat()
	if err != nil {
		return err
	}
	dir, base := filepath.Split(m.path) // no dir: the temporary file stands here, not in /tmp
	if m.good, err = os.CreateTemp(cmp.Or(dir, "."), "."+base+".repair-*"); err != nil {
		return err
	}
	if err := m.good.Chmod(info.Mode().Perm()); err != nil {
		return err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		m.good.Chown(int(st.Uid), int(st.Gid)) // only root can give files away
	}
	_, err = os.Lstat(m.badName())
	m.badNew = errors.Is(err, os.ErrNotExist)
	m.bad, err = os.OpenFile(m.badName(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	had, err := m.bad.Stat()
	if err == nil {
		m.badSize = had.Size()
	}
	return err
}

// flush copies the good bytes that were taken last.
func (m *mender) flush() error {
	err := m.copy(m.good, m.from, m.to-m.from)
	m.from = m.to
	return err
}

func (m *mender) copy(to *os.File, at, n int64) error {
	got, err := io.Copy(to, io.NewSectionReader(m.src, at, n))
	if err == nil && got < n {
		err = errChanged
	}
	return err
}

// repack writes a block anew, without what in it is no message. A message in
// another form than ours is put into that.
func (m *mender) repack(p piece) error {
	head, err := m.k.w.bytes(p.at, msg.HeaderSize)
	if err != nil {
		return err
	}
	if _, err := m.k.unpack(p, head[2]); err != nil {
		return err
	}
	var out bytes.Buffer
	w := frame.NewBlockWriter(&out, frame.BlockOptions{
		Size: frame.MaxBlock, Level: frame.LevelFastest,
	})
	var rec []byte
	var v msg.View
	for b := m.k.scratch; len(b) > 0; {
		n := recordLen(b)
		body := b[msg.HeaderSize:n]
		rec = append(rec[:0], b[:n]...)
		err := msg.Check(body)
		if err == msg.ErrNotCanonical {
			if rec, err = msg.Canonical(rec[:msg.HeaderSize], body); err == nil {
				msg.PutHeader(rec)
			}
		}
		if err != nil {
			if _, err := m.bad.Write(b[:n]); err != nil {
				return err
			}
		} else {
			v.Reset(rec[msg.HeaderSize:])
			if err := w.Write(rec, 1, v.Timestamp(), v.Timestamp()); err != nil {
				return err
			}
		}
		b = b[n:]
	}
	if err := w.Close(); err != nil {
		return err
	}
	_, err = m.good.Write(out.Bytes())
	return err
}

var errChanged = errors.New("the file changed meanwhile: stop what writes to it, and try again")

// commit makes what was written durable, and puts the new file in the old one's
// place.
func (m *mender) commit() error {
	if err := m.flush(); err != nil {
		return err
	}
	for _, f := range []*os.File{m.bad, m.good} {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	now, err := os.Stat(m.path)
	if err != nil {
		return err
	}
	was, err := m.src.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(now, was) || now.Size() != m.k.w.size {
		return errChanged
	}
	if err := os.Rename(m.good.Name(), m.path); err != nil {
		return err
	}
	m.done = true
	m.good.Close()
	m.bad.Close()
	dir, err := os.Open(filepath.Dir(m.path))
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("sync %s: %w", filepath.Dir(m.path), err)
	}
	return nil
}

// abandon undoes what was not committed.
func (m *mender) abandon() {
	if m.done {
		return
	}
	if m.good != nil {
		m.good.Close()
		os.Remove(m.good.Name())
	}
	if m.bad != nil {
		m.bad.Truncate(m.badSize)
		m.bad.Close()
		if m.badNew {
			os.Remove(m.badName())
		}
	}
}
