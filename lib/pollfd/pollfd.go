// Package pollfd waits until a descriptor can be read, so that the wait can be cut
// short: by a context at once; by a stop once what others have written is read. It is
// for pipes, sockets and terminals: a regular file can always be read.
package pollfd

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Idle is how long a descriptor may be silent after a stop before it counts as
// drained: long enough for the program before it to end as well.
const Idle = 300 * time.Millisecond

// Waiter waits for one descriptor. It is for one goroutine.
type Waiter struct {
	ctx  context.Context
	fds  [2]unix.PollFd // the descriptor's, and that of wake
	wake *os.File       // closed at its other end when a wait is to end
	done chan struct{}
	gone chan struct{}
}

// New returns a Waiter for fd, which stays the caller's. Close ends what it starts.
func New(ctx context.Context, stop <-chan struct{}, fd int) (*Waiter, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p := &Waiter{ctx: ctx, wake: r, done: make(chan struct{}), gone: make(chan struct{})}
	p.fds[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
	p.fds[1] = unix.PollFd{Fd: int32(r.Fd()), Events: unix.POLLIN}
	go func() {
		defer close(p.gone)
		select {
		case <-ctx.Done():
		case <-stop:
		case <-p.done:
		}
		w.Close()
	}()
	return p, nil
}

// Close gives up what waiting needed.
func (p *Waiter) Close() {
	close(p.done)
	<-p.gone
	p.wake.Close()
}

// Ready reports whether the descriptor can be read, or has ended.
func (p *Waiter) Ready() bool { return p.poll(0) }

// ReadyWithin is Ready, but waits so long for it. It is true at once when the context
// has ended or there was a stop.
func (p *Waiter) ReadyWithin(d time.Duration) bool { return poll(p.fds[:], d) }

// Wait returns when the descriptor can be read, or has ended. It returns false when
// there was a stop and the descriptor has been silent since, and the context's error
// once that has ended.
func (p *Waiter) Wait() (ready bool, err error) {
	for {
		p.fds[0].Revents, p.fds[1].Revents = 0, 0
		_, err := unix.Poll(p.fds[:], -1)
		if err == unix.EINTR {
			continue
		}
		if err := p.ctx.Err(); err != nil {
			return false, err
		}
		if p.fds[1].Revents != 0 {
			return p.poll(Idle), nil
		}
		return true, nil
	}
}

// poll looks at the descriptor alone, for as long as timeout.
func (p *Waiter) poll(timeout time.Duration) bool { return poll(p.fds[:1], timeout) }

// poll reports whether one of fds is ready in time.
func poll(fds []unix.PollFd, timeout time.Duration) bool {
	for {
		n, err := unix.Poll(fds, int(timeout/time.Millisecond))
		if err != unix.EINTR {
			return n > 0 || err != nil
		}
	}
}
