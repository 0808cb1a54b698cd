package service

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// Signals is what a daemon is asked by signals. Each channel is ready on its own, so that
// whoever is busy with one still hears of another.
type Signals struct {
	Drain  <-chan struct{} // closed by the first INT or TERM: deliver what was read, and end
	Quit   <-chan struct{} // closed by the second: end now
	Reload <-chan struct{} // HUP; those that come while one waits are one
	Report <-chan struct{} // USR1: how things stand, on stderr; likewise

	ch   chan os.Signal
	done chan struct{}
	wg   sync.WaitGroup
}

// Listen begins to take signals. PIPE is taken and does nothing: a write that fails says
// so itself, and what a daemon ignores its children would ignore too.
func Listen() *Signals {
	s := &Signals{ch: make(chan os.Signal, 16), done: make(chan struct{})}
	drain, quit := make(chan struct{}), make(chan struct{})
	reload, report := make(chan struct{}, 1), make(chan struct{}, 1)
	s.Drain, s.Quit, s.Reload, s.Report = drain, quit, reload, report
	signal.Notify(s.ch, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGPIPE)
	s.wg.Go(func() {
		next := []chan struct{}{drain, quit}
		for {
			select {
			case <-s.done:
				return
			case sig := <-s.ch:
				switch {
				case sig == syscall.SIGHUP:
					offer(reload)
				case sig == syscall.SIGUSR1:
					offer(report)
				case sig != syscall.SIGPIPE && len(next) > 0:
					close(next[0])
					next = next[1:]
				}
			}
		}
	})
	return s
}

func offer(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Close gives the signals back to the system.
func (s *Signals) Close() {
	signal.Stop(s.ch)
	close(s.done)
	s.wg.Wait()
}
