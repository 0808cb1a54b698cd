package main

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// restart follows a log, is stopped or killed, and says how long it takes until lines
// come again: the first, which may be one that came before, and one written since.
func restart(g ground) *scene {
	stopped := &row{name: "stopped: first line", unit: "ms"}
	killed := &row{name: "kill -9: first line", unit: "ms", versus: stopped}
	stoppedNew := &row{name: "stopped: new line", unit: "ms"}
	killedNew := &row{name: "kill -9: new line", unit: "ms", versus: stoppedNew}
	killed.aim, killedNew.aim = &aim{bound: 1000}, &aim{bound: 1000}
	s := &scene{name: "kill", rows: []*row{stopped, killed, stoppedNew, killedNew}}
	s.setup = func() error { return nil }
	s.run = func() error {
		if err := g.restarted(unix.SIGTERM, stopped, stoppedNew); err != nil {
			return err
		}
		return g.restarted(unix.SIGKILL, killed, killedNew)
	}
	return s
}

func (g ground) restarted(sig syscall.Signal, first, fresh *row) error {
	state, err := g.fresh("state")
	if err != nil {
		return err
	}
	log, err := lines(g.bin, g.path("files"), g.size/10, 3)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(log.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	args := []string{"-f", "--state", state, log.path}
	p, err := launch(g.bin, "heka-tail", args...)
	if err != nil {
		return err
	}
	err = p.reach(f)
	p.end(sig)
	if err != nil {
		return err
	}
	if _, err := f.Write(appendMark(nil, 1)); err != nil {
		return err
	}
	if p, err = launch(g.bin, "heka-tail", args...); err != nil {
		return err
	}
	defer p.end(unix.SIGTERM)
	at, err := p.await(1, time.Minute)
	if err != nil {
		return err
	}
	_, began := p.output()
	first.add(began.Sub(p.began).Seconds()*1e3, 0, 0)
	fresh.add(at.Sub(p.began).Seconds()*1e3, 0, 0)
	return nil
}
