package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Of many files a few grow, by so many lines a second each.
const (
	manyFiles = 2000
	growing   = 20
	perSecond = 10
	observed  = 3 * time.Second
)

// many follows many files and says what that costs while nothing happens, and while
// some of them grow.
func many(g ground) *scene {
	share := func(name string, versus *row) *row {
		return &row{name: name, unit: "% of a core", versus: versus}
	}
	refIdle := share("2,000 files idle, tail -F", nil)
	idle, pollIdle := share("2,000 files idle", refIdle), share("2,000 files idle, --poll", refIdle)
	refBusy := share("20 of them grow, tail -F", nil)
	busy, pollBusy := share("20 of them grow", refBusy), share("20 of them grow, --poll", refBusy)
	mem := &row{name: "2,000 files, memory", unit: "MB", aim: &aim{bound: 64}}
	idle.aim, idle.shown = &aim{bound: 2}, "heka-tail -f --state s 'dir/*.log'"
	s := &scene{name: "many", rows: []*row{refIdle, idle, pollIdle, refBusy, busy, pollBusy, mem}}
	var files []*os.File
	s.setup = func() (err error) {
		files, err = g.manyFiles()
		return err
	}
	s.run = func() error {
		names := []string{"-n", "1", "-F"}
		for _, f := range files {
			names = append(names, f.Name())
		}
		if _, err := g.follows(refIdle, refBusy, files, "tail", names...); err != nil {
			return err
		}
		state, err := g.fresh("state")
		if err != nil {
			return err
		}
		glob := g.path("files") + "/*.log"
		peak, err := g.follows(idle, busy, files, "heka-tail", "-f", "--state", state, glob)
		if err != nil {
			return err
		}
		mem.add(float64(peak)/1e6, 0, 0)
		if state, err = g.fresh("state"); err != nil {
			return err
		}
		_, err = g.follows(pollIdle, pollBusy, files, "heka-tail", "-f", "--poll", "--state", state, glob)
		return err
	}
	return s
}

// manyFiles makes the files, with a line in each; the last has mark 0.
func (g ground) manyFiles() (files []*os.File, err error) {
	dir, err := g.fresh("files")
	if err != nil {
		return nil, err
	}
	for i := range manyFiles {
		name := filepath.Join(dir, fmt.Sprintf("%04d.log", i))
		f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
		if err != nil {
			return nil, err
		}
		line := fmt.Appendf(nil, "the first line of %s\n", f.Name())
		if _, err := f.Write(line); err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// follows measures a program that follows files.
func (g ground) follows(
	idle, busy *row, files []*os.File, name string, args ...string,
) (peak int64, err error) {
	p, err := launch(g.bin, name, args...)
	if err != nil {
		return 0, err
	}
	defer p.end(unix.SIGTERM)
	if err := p.reach(files[len(files)-1]); err != nil {
		return 0, err
	}
	time.Sleep(observed / 2) // positions are saved, and memory is given back
	quiet, err := p.share(func() { time.Sleep(observed) })
	if err != nil {
		return 0, err
	}
	var werr error
	loud, err := p.share(func() { werr = writeTo(files[:growing], perSecond*growing) })
	if err == nil {
		err = werr
	}
	if err != nil {
		return 0, err
	}
	idle.add(quiet, 0, 0)
	busy.add(loud, 0, 0)
	return p.peak()
}

// share returns the share of a core that p takes while f runs, in percent.
func (p *process) share(f func()) (float64, error) {
	before, err := p.cpu()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	f()
	after, err := p.cpu()
	return 100 * (after - before).Seconds() / time.Since(began).Seconds(), err
}

// writeTo appends lines to the files in turn, so many a second.
func writeTo(files []*os.File, rate int) error {
	every := time.Second / time.Duration(rate)
	began := time.Now()
	for i := range int(observed / every) {
		time.Sleep(time.Until(began.Add(time.Duration(i) * every)))
		line := fmt.Appendf(nil, "line %d, which is as long as many lines of logs are\n", i)
		if _, err := files[i%len(files)].Write(line); err != nil {
			return err
		}
	}
	return nil
}
