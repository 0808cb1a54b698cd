package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// idle has a daemon with 20 nodes wait for lines that don't come.
func idle(g ground) *scene {
	memory := &row{name: "idle, 20 nodes: memory", unit: "MB", aim: &aim{bound: 40}}
	cpu := &row{name: "idle, 20 nodes: CPU", unit: "%", aim: &aim{bound: 0.5}}
	const watch = 20 * time.Second
	s := &scene{name: "idle", rows: []*row{memory, cpu}}
	s.about = fmt.Sprintf("idle: resident when it ends, and what it used of a core in %v", watch)
	s.setup = func() error {
		log := g.path("files")
		if err := os.WriteFile(log, []byte("a line\n"), 0o644); err != nil {
			return err
		}
		var b strings.Builder
		fmt.Fprintf(&b, "[source]\nrun = %q\n", "heka-tail -f "+log+" | heka-decode nginx")
		for i := range 9 {
			fmt.Fprintf(&b, "[count%d]\nmatch = \"Type == 'nginx.access' && .status == %d\"\n", i, 200+i)
			b.WriteString("run = \"heka-filter count by .status every 10s\"\n")
		}
		for i := range 10 {
			fmt.Fprintf(&b, "[out%d]\nfrom = [\"source\"]\nmatch = \"Type == 'type%d'\"\n", i, i)
			fmt.Fprintf(&b, "run = %q\n", "heka-out -o json "+g.path("state")+"/out.json")
		}
		_, err := g.configure("%s", b.String())
		return err
	}
	s.run = func() error {
		if _, err := g.fresh("state"); err != nil {
			return err
		}
		d, err := g.daemon()
		if err != nil {
			return err
		}
		defer d.stop()
		if err := d.awaitReady(); err != nil {
			return err
		}
		time.Sleep(3 * time.Second)
		share, err := d.share(func() { time.Sleep(watch) })
		if err != nil {
			return err
		}
		now, err := d.resident()
		memory.add(float64(now)/1e6, 0, 0)
		cpu.add(share, 0, 0)
		return err
	}
	return s
}
