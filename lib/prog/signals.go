package prog

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// signals gives the signals their meaning: the first INT or TERM ends the sources
// and lets what was read go through, for as long as --grace; the second ends the
// process. USR1 asks for a line on stderr. PIPE is left to the write that fails.
type signals struct {
	stop  chan struct{}
	ch    chan os.Signal
	done  chan struct{}
	wg    sync.WaitGroup
	late  atomic.Bool
	grace time.Duration
	s     *session
}

func newSignals(s *session) *signals {
	g := &signals{
		stop: make(chan struct{}), ch: make(chan os.Signal, 4), done: make(chan struct{}), s: s,
	}
	for _, c := range s.commands {
		g.grace = max(g.grace, c.opt.grace)
	}
	return g
}

// start begins to listen. cancel kills the pipeline.
func (g *signals) start(cancel context.CancelFunc) {
	signal.Notify(g.ch, syscall.SIGINT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGPIPE)
	g.wg.Add(1)
	go func() {
		defer g.wg.Done()
		g.listen(cancel)
	}()
}

// stuck is how long a pipeline may take to end once it is killed. A write that
// nobody reads can't be called back: it ends with the process.
const stuck = time.Second

func (g *signals) listen(cancel context.CancelFunc) {
	var grace, killed <-chan time.Time
	for {
		select {
		case sig := <-g.ch:
			switch {
			case sig == syscall.SIGPIPE:
			case sig == syscall.SIGUSR1:
				for _, c := range g.s.commands {
					fmt.Fprintln(os.Stderr, c.statsLine(time.Since(g.s.started)))
				}
			case grace != nil:
				os.Exit(ExitUnfinished)
			default:
				close(g.stop)
				t := time.NewTimer(g.grace)
				defer t.Stop()
				grace = t.C
			}
		case <-grace:
			g.late.Store(true)
			cancel()
			t := time.NewTimer(stuck)
			defer t.Stop()
			killed = t.C
		case <-killed:
			g.s.unfinished()
			os.Exit(ExitUnfinished)
		case <-g.done:
			return
		}
	}
}

// timedOut says whether the grace was over before the pipeline was.
func (g *signals) timedOut() bool { return g.late.Load() }

func (g *signals) close() {
	signal.Stop(g.ch)
	close(g.done)
	g.wg.Wait()
}

// watchReader calls gone when stdout is a pipe and its reader has left, so that a
// program that waits for input ends at once, not at its next write. What it
// returns ends the watch.
func watchReader(stdout *os.File, gone func()) (stop func()) {
	info, err := stdout.Stat()
	if err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return func() {}
	}
	wakeR, wakeW, err := os.Pipe()
	if err != nil {
		return func() {}
	}
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		fds := []unix.PollFd{{Fd: int32(stdout.Fd())}, {Fd: int32(wakeR.Fd()), Events: unix.POLLIN}}
		for {
			if _, err := unix.Poll(fds, -1); err == unix.EINTR {
				continue
			}
			break
		}
		if fds[0].Revents&unix.POLLERR != 0 && fds[1].Revents == 0 {
			gone()
		}
	}()
	return func() {
		wakeW.Close()
		wg.Wait()
		wakeR.Close()
	}
}
