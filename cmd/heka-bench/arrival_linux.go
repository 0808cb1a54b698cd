package main

import (
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// arrivals is how many lines are timed.
const arrivals = 1000

// arrival follows a file and says how long lines take from there to the output. They
// are appended every 5 ms, whether those before them have come or not.
func arrival(g ground) *scene {
	pair := func(name string) []*row {
		return []*row{{name: name, unit: "ms"}, {name: name + ", 99 %", unit: "ms"}}
	}
	ref, watched, polled := pair("a line, tail -f"), pair("a line"), pair("a line, --poll")
	for i, r := range ref {
		watched[i].versus = r
	}
	watched[0].aim, watched[0].shown = &aim{bound: 2}, "heka-tail -f --state s f"
	s := &scene{
		name: "latency", rows: slices.Concat(ref, watched, polled),
		setup: func() error { return nil },
	}
	s.run = func() error {
		path := g.path("files")
		if err := g.arrive(ref, "tail", "-c", "+1", "-f", path); err != nil {
			return err
		}
		state, err := g.fresh("state")
		if err != nil {
			return err
		}
		if err := g.arrive(watched, "heka-tail", "-f", "--state", state, path); err != nil {
			return err
		}
		if state, err = g.fresh("state"); err != nil {
			return err
		}
		return g.arrive(polled, "heka-tail", "-f", "--poll", "--state", state, path)
	}
	return s
}

// arrive times lines: the median goes to the first of rows, and what 99 % of them need
// to the second.
func (g ground) arrive(rows []*row, name string, args ...string) error {
	f, err := os.OpenFile(g.path("files"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	p, err := launch(g.bin, name, args...)
	if err != nil {
		return err
	}
	defer p.end(unix.SIGTERM)
	if err := p.reach(f); err != nil {
		return err
	}
	var wrote [arrivals]time.Time
	began := time.Now()
	for i := range wrote {
		time.Sleep(time.Until(began.Add(time.Duration(i) * 5 * time.Millisecond)))
		line := appendMark(nil, i)
		wrote[i] = time.Now()
		if _, err := f.Write(line); err != nil {
			return err
		}
	}
	var took []float64
	for i, at := range wrote {
		came, err := p.await(i, 10*time.Second)
		if err != nil {
			return err
		}
		took = append(took, came.Sub(at).Seconds()*1e3)
	}
	slices.Sort(took)
	rows[0].add(took[arrivals/2], 0, 0)
	rows[1].add(took[arrivals*99/100], 0, 0)
	return nil
}
