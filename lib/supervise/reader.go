package supervise

import (
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// pollable is a socket or pipe that a process has the other end of.
type pollable interface {
	io.Reader
	syscall.Conn
	SetReadDeadline(time.Time) error
}

// reader reads from a process: to the end, or for as long as the process lives and what
// it wrote then, or until it has been silent for too long. It is for one goroutine, but
// for drain and hurry.
type reader struct {
	conn pollable
	fd   syscall.RawConn

	wait  atomic.Int64 // nanoseconds that a read may take; 0: any
	ended atomic.Bool  // the other end is gone: nothing comes but what is there
	busy  func() bool  // asked when a read took too long: whether to go on; nil: no

	try  func(fd uintptr) bool // reads into p without waiting
	look func(fd uintptr)      // sets n to whether something is there
	p    []byte
	n    int
	err  error
}

func newReader(conn pollable) (*reader, error) {
	fd, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	r := &reader{conn: conn, fd: fd}
	r.try = func(fd uintptr) bool {
		for {
			r.n, r.err = syscall.Read(int(fd), r.p)
			if r.err != syscall.EINTR {
				return true
			}
		}
	}
	r.look = func(fd uintptr) {
		fds := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		r.n, r.err = unix.Poll(fds[:], 0)
	}
	return r, nil
}

// Ready reports whether Read would return at once.
func (r *reader) Ready() bool { return r.fd.Control(r.look) != nil || r.n > 0 || r.ended.Load() }

// drain bounds from now on how long a read waits for the other end: os.ErrDeadlineExceeded
// then.
func (r *reader) drain(d time.Duration) {
	r.wait.Store(int64(d))
	r.conn.SetReadDeadline(time.Now().Add(d))
	if r.ended.Load() {
		r.hurry()
	}
}

// hurry makes the end of what is there the end: the other end is gone.
func (r *reader) hurry() {
	r.ended.Store(true)
	r.conn.SetReadDeadline(time.Unix(1, 0))
}

// Read reads once, and waits for that: until the end, or os.ErrDeadlineExceeded.
func (r *reader) Read(p []byte) (int, error) {
	for {
		ended := r.ended.Load()
		if n, err := r.readNow(p); n > 0 || err != nil {
			return n, err
		}
		if ended {
			return 0, io.EOF
		}
		if d := r.wait.Load(); d > 0 {
			r.drain(time.Duration(d))
		} else if r.ended.Load() {
			continue
		}
		n, err := r.conn.Read(p)
		if n > 0 || err == nil {
			return n, nil
		}
		if os.IsTimeout(err) && (r.ended.Load() || r.busy != nil && r.busy()) {
			continue
		}
		return 0, closed(err)
	}
}

// readNow reads what is there: 0 and nil if nothing is.
func (r *reader) readNow(p []byte) (int, error) {
	r.p = p
	err := r.fd.Read(r.try)
	r.p = nil
	switch {
	case err != nil && os.IsTimeout(err): // one of an earlier read
		r.conn.SetReadDeadline(time.Now().Add(time.Hour))
		return r.readNow(p)
	case err != nil:
		return 0, closed(err)
	case r.err == syscall.EAGAIN:
		return 0, nil
	case r.err != nil:
		return 0, closed(r.err)
	case r.n == 0:
		return 0, io.EOF
	}
	return r.n, nil
}
