package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// cold reads a large file to its end, with positions and without.
func cold(g ground) *scene {
	f := file{path: g.path("files")}
	cat := &row{name: "cold, cat", unit: "MB/s", per: "s/GB"}
	wc := &row{name: "cold, wc -l", unit: "MB/s", per: "s/GB"}
	raw := &row{name: "cold", unit: "MB/s", per: "s/GB", versus: cat, shown: "heka-tail f >/dev/null"}
	state := &row{
		name: "cold, positions", unit: "MB/s", per: "s/GB", versus: raw,
		aim: &aim{bound: 0.8, least: true, ratio: true}, shown: "heka-tail --state s f >/dev/null",
	}
	warm := &row{name: "warm", unit: "MB/s", per: "s/GB"}
	warmState := &row{
		name: "warm, positions", unit: "MB/s", per: "s/GB", versus: warm,
		aim: &aim{bound: 0.8, least: true, ratio: true},
	}
	tail := []string{"heka-tail", f.path}
	positions := []string{"heka-tail", "--state", g.path("state"), f.path}
	s := &scene{name: "cold", rows: []*row{cat, wc, raw, state, warm, warmState}}
	s.setup = func() (err error) {
		f, err = lines(g.bin, f.path, g.size, 2)
		return err
	}
	measure := func(r *row, cold bool, words []string) error {
		if _, err := g.fresh("state"); err != nil {
			return err
		}
		if cold {
			if err := uncache(f.path); err != nil {
				return err
			}
		}
		w := workload{in: f, pipe: [][]string{words}}
		res, err := w.run(g.bin)
		if err != nil {
			return err
		}
		if disk := float64(res.disk) / float64(f.bytes); cold && disk < 0.9 {
			fmt.Fprintf(os.Stderr, "%s: %.0f %% came from the cache\n", r.name, 100-100*disk)
		}
		size := float64(f.bytes)
		r.add(size/1e6/res.wall.Seconds(), res.cpu.Seconds()/(size/1e9), res.peak)
		return nil
	}
	s.run = func() error {
		for _, t := range []struct {
			row   *row
			cold  bool
			words []string
		}{
			{cat, true, []string{"cat", f.path}}, {wc, true, []string{"wc", "-l", f.path}},
			{raw, true, tail}, {state, true, positions},
			{warm, false, tail}, {warmState, false, positions},
		} {
			if err := measure(t.row, t.cold, t.words); err != nil {
				return err
			}
		}
		return nil
	}
	return s
}

// uncache makes the kernel forget the bytes of a file.
func uncache(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return err
	}
	return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}
