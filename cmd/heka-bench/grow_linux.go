package main

import (
	"bytes"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// pace is how many bytes a second a file grows by, and chunk how many at once.
const (
	pace  = 500e6
	chunk = 1e6
)

// grow follows a file that grows fast, and says how far behind its end the output is
// when the last of it was written. The file is in memory where it can be: a disk may
// be slower than that.
func grow(g ground) *scene {
	alone := &row{name: "grow, nobody follows: written", unit: "MB/s"}
	ref := growth{
		wrote: &row{name: "grow, tail -f: written", unit: "MB/s", versus: alone},
		late:  &row{name: "grow, tail -f: behind", unit: "ms", per: "s/GB"},
		less:  &row{name: "grow, tail -f: behind", unit: "MB"},
	}
	ours := growth{
		wrote: &row{name: "grow: written", unit: "MB/s", versus: alone,
			aim: &aim{bound: 0.95, least: true, ratio: true}},
		late: &row{
			name: "grow: behind", unit: "ms", per: "s/GB", versus: ref.late,
			aim: &aim{bound: 100}, shown: "heka-tail -f --state s f",
		},
		less: &row{name: "grow: behind", unit: "MB", versus: ref.less},
	}
	s := &scene{name: "grow", setup: func() error { return nil }, rows: []*row{
		alone, ref.wrote, ours.wrote, ref.late, ours.late, ref.less, ours.less,
	}}
	s.run = func() error {
		dir, err := os.MkdirTemp(memory(g.dir), "heka-bench")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		path := filepath.Join(dir, "log")
		took, err := written(path, 2*g.size)
		if err != nil {
			return err
		}
		alone.add(2*float64(g.size)/1e6/took.Seconds(), 0, 0)
		if err := g.grown(ref, path, "tail", "-c", "+1", "-f", path); err != nil {
			return err
		}
		state, err := g.fresh("state")
		if err != nil {
			return err
		}
		return g.grown(ours, path, "heka-tail", "-f", "--state", state, path)
	}
	return s
}

// growth is what is measured of a file that grows: what was written a second, and how
// much the output is behind then, in time and bytes.
type growth struct{ wrote, late, less *row }

// memory returns a folder that is in memory; dir if there is none.
func memory(dir string) string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return dir
}

// written writes a file that nobody follows.
func written(path string, total int64) (time.Duration, error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer os.Remove(path)
	defer f.Close()
	return writeAt(f, total)
}

// grown lets a program follow a file that grows to twice the size of the ground's.
func (g ground) grown(to growth, path, name string, args ...string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer os.Remove(path)
	defer f.Close()
	p, err := launch(g.bin, name, args...)
	if err != nil {
		return err
	}
	defer p.end(unix.SIGTERM)
	if err := p.reach(f); err != nil {
		return err
	}
	before, err := p.cpu()
	if err != nil {
		return err
	}
	total := 2 * float64(g.size)
	took, err := writeAt(f, 2*g.size)
	if err != nil {
		return err
	}
	over := time.Now()
	out, _ := p.output()
	at, err := p.await(1, time.Minute)
	if err != nil {
		return err
	}
	all, _ := p.output()
	cpu, peak, err := p.spent()
	to.wrote.add(total/1e6/took.Seconds(), 0, 0)
	to.late.add(max(0, at.Sub(over).Seconds()*1e3), (cpu-before.Seconds())/(total/1e9), peak)
	to.less.add(total/1e6*(1-float64(out)/float64(all)), 0, 0)
	return err
}

// writeAt appends total bytes of lines to f, at the pace, and mark 1. It returns how
// long that took.
func writeAt(f *os.File, total int64) (time.Duration, error) {
	line := append(bytes.Repeat([]byte("a line of a log "), 13)[:199], '\n')
	block := bytes.Repeat(line, chunk/len(line))
	began := time.Now()
	for n := int64(0); n < total; n += int64(len(block)) {
		due := began.Add(time.Duration(float64(n) / pace * 1e9))
		if d := time.Until(due); d > 0 {
			time.Sleep(d)
		}
		if _, err := f.Write(block); err != nil {
			return 0, err
		}
	}
	_, err := f.Write(appendMark(nil, 1))
	return time.Since(began), err
}
