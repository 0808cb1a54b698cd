package source

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"heka/heka-tail/internal/packed"
	"heka/lib/pollfd"
)

// Input is a descriptor that is read from start to end. A wait for a pipe, socket
// or terminal ends with the context at once, and with stop once what was written
// is read.
type Input struct {
	Status

	name    string
	fd      int
	own     bool // the descriptor is ours to close
	ctx     context.Context
	stop    <-chan struct{}
	head    []byte // read already
	read    atomic.Int64
	stopped bool           // the end that Read told was that of stop
	waiter  *pollfd.Waiter // nil for a regular file
}

// Open opens path. A FIFO's writer is waited for in Read.
func Open(ctx context.Context, stop <-chan struct{}, path string) (*Input, error) {
	fd, err := openFd(path)
	if err != nil {
		return nil, err
	}
	in, err := NewInput(ctx, stop, fd, path)
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	in.own = true
	return in, nil
}

// NewInput returns the Input of a descriptor, which stays the caller's.
func NewInput(ctx context.Context, stop <-chan struct{}, fd int, name string) (*Input, error) {
	in := &Input{name: name, fd: fd, ctx: ctx, stop: stop}
	st, err := statFd(uintptr(fd))
	if err == nil && st.Dir() {
		err = unix.EISDIR
	}
	if err != nil {
		return nil, in.failed(err)
	}
	in.Status = st
	if st.Regular() {
		return in, nil
	}
	if in.waiter, err = pollfd.New(ctx, stop, fd); err != nil {
		return nil, fmt.Errorf("wait for %s: %w", name, err)
	}
	return in, nil
}

// Close gives up what waiting needed, and the descriptor if Open made it.
func (in *Input) Close() {
	if in.waiter != nil {
		in.waiter.Close()
	}
	if in.own {
		unix.Close(in.fd)
	}
}

// Count returns how many bytes were read.
func (in *Input) Count() int64 { return in.read.Load() }

// Ready reports whether Read would return at once.
func (in *Input) Ready() bool {
	return in.waiter == nil || len(in.head) > 0 || in.waiter.Ready()
}

// ReadyWithin is Ready, but waits so long for it.
func (in *Input) ReadyWithin(d time.Duration) bool {
	return in.Ready() || in.waiter.ReadyWithin(d)
}

// Read implements io.Reader. After a stop it returns io.EOF; errors name the file.
func (in *Input) Read(p []byte) (int, error) {
	if len(in.head) > 0 {
		n := copy(p, in.head)
		in.head = in.head[n:]
		return n, nil
	}
	for {
		if err := in.wait(); err != nil {
			return 0, err
		}
		n, err := unix.Read(in.fd, p)
		switch {
		case err == unix.EINTR || err == unix.EAGAIN && !in.Regular():
			continue
		case err != nil:
			return 0, in.failed(err)
		case n == 0:
			return 0, io.EOF
		}
		in.read.Add(int64(n))
		return n, nil
	}
}

// wait returns when there is something to read.
func (in *Input) wait() error {
	if in.waiter != nil {
		ready, err := in.waiter.Wait()
		if err == nil && !ready {
			in.stopped = true
			err = io.EOF
		}
		return err
	}
	if err := in.ctx.Err(); err != nil {
		return err
	}
	select {
	case <-in.stop:
		in.stopped = true
		return io.EOF
	default:
		return nil
	}
}

// form reads as much as tells how the content is stored.
func (in *Input) form() (form, error) {
	var b [packed.HeadLen]byte
	n := 0
	var f form
	for {
		var sure, also bool
		f.format, sure = packed.Detect(b[:n])
		f.encoding, also = packed.DetectText(b[:n])
		if sure && also || n == len(b) {
			break
		}
		k, err := in.Read(b[n:])
		n += k
		if err == io.EOF {
			break
		}
		if err != nil {
			return f, err
		}
	}
	in.head = append([]byte(nil), b[:n]...)
	return f.plainUTF8(), nil
}

// seek goes to an offset of a regular file, and starts to count there.
func (in *Input) seek(at int64) error {
	if _, err := unix.Seek(in.fd, at, io.SeekStart); err != nil {
		return in.failed(err)
	}
	in.head = nil
	in.read.Store(at)
	return nil
}

func (in *Input) failed(err error) error {
	return &os.PathError{Op: "read", Path: in.name, Err: err}
}
