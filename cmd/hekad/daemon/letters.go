package daemon

import (
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"heka/lib/msg"
	"heka/lib/stage"
)

// letters are the dead letters of a node: a capture, made when the first comes.
type letters struct {
	path string
	n    atomic.Int64

	mu sync.Mutex
	f  *os.File
}

// put appends a record, which is whole on disk when it returns.
func (l *letters) put(record []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil {
		if err := os.MkdirAll(filepath.Dir(l.path), 0o700); err != nil {
			return err
		}
		f, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		l.f = f
	}
	if _, err := l.f.Write(record); err != nil {
		return err
	}
	l.n.Add(1)
	return l.f.Sync()
}

// bury puts a record there, marked with why.
func (l *letters) bury(by string) func(record []byte, why string) error {
	return func(record []byte, why string) error {
		var v msg.View
		v.Reset(record[msg.HeaderSize:])
		var b msg.Builder
		b.Copy(&v)
		stage.Mark(&b, by, reason(why))
		return l.put(b.Append(nil))
	}
}

// reason is a text as an error.
type reason string

func (r reason) Error() string { return string(r) }

func (l *letters) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f != nil {
		l.f.Close()
		l.f = nil
	}
}
