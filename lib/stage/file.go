package stage

import (
	"context"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"heka/lib/frame"
)

// drainIdle is how long a pipe may be silent after a stop before it counts as
// drained: long enough for the program before it to end as well.
const drainIdle = 300 * time.Millisecond

// fileReader reads a file, pipe, socket or terminal so that waiting for it can be
// cut short: by a context at once, by stop when what others have written is read. A
// regular file keeps what is not read, and stop ends it at once, too. What ends at
// once ends with frame.ErrCut.
type fileReader struct {
	f     *os.File
	fds   [2]unix.PollFd // of f and of wakeR, whose Fd would be a system call each
	ctx   context.Context
	stop  <-chan struct{}
	waits bool // a read may block: not a regular file
	wakeR *os.File
	wakeW *os.File
	done  chan struct{}
	gone  chan struct{}
}

func newFileReader(ctx context.Context, f *os.File, stop <-chan struct{}) (*fileReader, error) {
	r := &fileReader{f: f, ctx: ctx, stop: stop}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, unix.EISDIR
	}
	if info.Mode().IsRegular() {
		return r, nil
	}
	r.waits = true
	if r.wakeR, r.wakeW, err = os.Pipe(); err != nil {
		return nil, err
	}
	r.fds[0] = unix.PollFd{Fd: int32(f.Fd()), Events: unix.POLLIN}
	r.fds[1] = unix.PollFd{Fd: int32(r.wakeR.Fd()), Events: unix.POLLIN}
	r.done, r.gone = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(r.gone)
		select {
		case <-ctx.Done():
		case <-stop:
		case <-r.done:
		}
		r.wakeW.Close()
	}()
	return r, nil
}

// Close gives up what waiting needed; the file stays open.
func (r *fileReader) Close() {
	if r.waits {
		close(r.done)
		<-r.gone
		r.wakeR.Close()
	}
}

// Ready reports whether Read would return at once.
func (r *fileReader) Ready() bool {
	return !r.waits || r.poll(0)&1 != 0
}

// Read implements io.Reader.
func (r *fileReader) Read(p []byte) (int, error) {
	if !r.waits {
		if r.stopped() {
			return 0, frame.ErrCut
		}
		return r.f.Read(p)
	}
	for {
		got := r.poll(-1)
		if r.ctx.Err() != nil {
			return 0, frame.ErrCut
		}
		if got&2 != 0 && r.poll(int(drainIdle/time.Millisecond))&1 == 0 {
			return 0, io.EOF
		}
		if got&3 != 0 {
			return r.f.Read(p)
		}
	}
}

func (r *fileReader) stopped() bool {
	select {
	case <-r.ctx.Done():
	case <-r.stop:
	default:
		return false
	}
	return true
}

// poll waits up to timeout ms, for ever if negative, and returns 1 if the file
// can be read, plus 2 if the wait was cut short; with a timeout of 0 or more it
// looks at the file alone.
func (r *fileReader) poll(timeout int) int {
	fds := r.fds[:]
	if timeout >= 0 {
		fds = fds[:1]
	}
	for {
		fds[0].Revents, fds[len(fds)-1].Revents = 0, 0
		_, err := unix.Poll(fds, timeout)
		if err == unix.EINTR {
			continue
		}
		got := 0
		if fds[0].Revents != 0 || err != nil {
			got = 1
		}
		if len(fds) > 1 && fds[1].Revents != 0 {
			got |= 2
		}
		return got
	}
}
