package main

import (
	"fmt"
	"strings"
	"time"
)

// reloadNodes is how many nodes there are; the last of them changes.
const reloadNodes = 50

// reloaded changes one node of 50 again and again, and says how long the streams of the
// others pause.
func reloaded(g ground) *scene {
	still := &row{name: "50 nodes: longest pause", unit: "ms"}
	others := &row{name: "reload of one: longest pause of the others", unit: "ms", versus: still,
		aim: &aim{bound: 50, or: 1.2}}
	took := &row{name: "reload of one: hekad reload", unit: "ms"}
	s := &scene{name: "reload", rows: []*row{still, others, took}}
	s.about = "reload: 2000 messages a second to each of 48 outputs, of which one changes; " +
		"10 reloads in 5 s, and 5 s without"
	var out *fifos
	var d *daemon
	s.setup = func() (err error) {
		if _, err := g.fresh("state"); err != nil {
			return err
		}
		if out, err = g.fifos(reloadNodes - 2); err != nil {
			return err
		}
		return g.reloadable(out, 0)
	}
	change := 0
	s.run = func() (err error) {
		if d == nil {
			if d, err = g.daemon(); err != nil {
				return err
			}
			out.drain()
			if err := d.awaitReady(); err != nil {
				return err
			}
		}
		for over := time.Now().Add(time.Minute); !out.all(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(over) {
				return g.errDaemon("the outputs", errLate)
			}
		}
		unchanged := func(i int) bool { return i < reloadNodes-3 }
		out.mark()
		time.Sleep(5 * time.Second)
		still.add(out.longest(unchanged).Seconds()*1e3, 0, 0)
		out.mark()
		longest := time.Duration(0)
		for range 10 {
			change++
			if err := g.reloadable(out, change); err != nil {
				return err
			}
			began := time.Now()
			c := command(g.bin, "hekad", "reload", "--state", g.path("state"))
			c.Stdout = nil
			if err := c.Run(); err != nil {
				return g.errDaemon("hekad reload", err)
			}
			longest = max(longest, time.Since(began))
			time.Sleep(500*time.Millisecond - time.Since(began))
		}
		others.add(out.longest(unchanged).Seconds()*1e3, 0, 0)
		took.add(longest.Seconds()*1e3, 0, 0)
		return nil
	}
	s.done = func() {
		if d != nil {
			d.stop()
		}
		if out != nil {
			out.close()
		}
	}
	return s
}

// reloadable writes a configuration whose last node is of this version.
func (g ground) reloadable(out *fifos, version int) error {
	var b strings.Builder
	b.WriteString("[source]\nrun = \"heka-flood --rate 2000 --seed 1 --size 330 --fields 8 --ascii\"\n")
	b.WriteString("[counted]\nmatch = \"Logger == 'flood'\"\nrun = \"heka-filter count by Type every 1s\"\n")
	for i := range reloadNodes - 2 {
		expr := "Logger == 'flood'"
		if i == reloadNodes-3 {
			expr = fmt.Sprintf("Logger == 'flood' && Severity != %d", 100+version)
		}
		fmt.Fprintf(&b, "[out%d]\nmatch = %q\nrun = %q\n", i, expr, "heka-out -o text "+out.path(i))
	}
	_, err := g.configure("%s", b.String())
	return err
}
