package main

import (
	"fmt"
	"os"
	"time"
)

// spooled reads a log with positions, and delivers it through a spool on disk.
func spooled(g ground) *scene {
	mb := func(name string, versus *row) *row {
		return &row{name: name, unit: "MB/s", per: "s/GB", versus: versus}
	}
	dd := mb("spool, dd conv=fsync", nil)
	queue, spool := mb("acknowledged, no spool", dd), mb("acknowledged, spool", dd)
	synced := mb("acknowledged, no spool, --fsync 1s", dd)
	spool.aim = &aim{bound: 300, least: true, or: 1}
	spool.shown = "[tail] run = \"heka-tail f\"; [out] match = \"TRUE\", spool = \"64GiB\", run = \"" +
		discard + "\""
	s := &scene{name: "spool", rows: []*row{dd, queue, synced, spool}}
	var size int64
	s.setup = func() error {
		in, err := lines(g.bin, g.path("files"), g.size, 2)
		if err != nil {
			return err
		}
		size, err = sizeOf(command(g.bin, "heka-tail", in.path))
		s.about = fmt.Sprintf("spool: %.1f GB of messages, of %.1f GB of lines; dd writes as much",
			float64(size)/1e9, float64(in.bytes)/1e9)
		return err
	}
	s.run = func() error {
		w := workload{pipe: [][]string{{"dd", "if=/dev/zero", "of=" + g.path("dd"), "bs=1M",
			fmt.Sprintf("count=%d", size>>20), "conv=fsync", "status=none"}}}
		res, err := w.run(g.bin)
		if err != nil {
			return err
		}
		add := func(r *row, res result) {
			r.add(float64(size)/1e6/res.wall.Seconds(), res.cpu.Seconds()/(float64(size)/1e9), res.peak)
		}
		add(dd, res)
		for _, t := range []struct {
			row       *row
			out, more string
		}{
			{queue, discard, ""}, {spool, discard, "spool = \"64GiB\"\n"},
			{synced, "heka-out -o text " + g.path("out"), ""},
		} {
			os.Remove(g.path("out"))
			res, err := g.complete("[tail]\nrun = %q\n[out]\nmatch = \"TRUE\"\nrun = %q\n%s",
				"heka-tail "+g.path("files"), t.out, t.more)
			if err != nil {
				return err
			}
			add(t.row, res)
		}
		return nil
	}
	return s
}

// restored starts a daemon with a backlog that an outage and a kill have left.
func restored(g ground) *scene {
	want := min(g.backlog, room(g.dir)/2)
	gb := float64(want) / 1e9
	ready := &row{name: fmt.Sprintf("backlog of %.1f GB: ready", gb), unit: "s", aim: &aim{bound: 5}}
	first := &row{name: "backlog: first message", unit: "s", aim: &aim{bound: 5}}
	peak := &row{name: "backlog: memory", unit: "MB", aim: &aim{bound: 128}}
	s := &scene{name: "backlog", rows: []*row{ready, first, peak}}
	s.about = fmt.Sprintf("backlog: %.1f GB of spool really written, by a node whose output was down, "+
		"then kill -9", gb)
	s.setup = func() error { return g.pile(want) }
	s.run = func() error {
		bound := want * 5 / 4 >> 20
		out, err := g.fifos(1)
		if err != nil {
			return err
		}
		defer out.close()
		// The reader takes the first of it only, so that the backlog stays.
		if _, err := g.configure(backlogged, 1, bound, "heka-out -o text "+out.path(0)); err != nil {
			return err
		}
		d, err := g.daemon()
		if err != nil {
			return err
		}
		defer d.kill()
		if err := d.awaitReady(); err != nil {
			return err
		}
		ready.add(time.Since(d.began).Seconds(), 0, 0)
		at, err := out.first(0, time.Minute)
		if err != nil {
			return g.errDaemon("first message", err)
		}
		first.add(at.Sub(d.began).Seconds(), 0, 0)
		err = d.await(time.Minute, "the spool is there", func(s status) bool { return s.spool() > want*9/10 })
		if err != nil {
			return err
		}
		time.Sleep(5 * time.Second)
		_, most, err := d.spent()
		peak.add(float64(most)/1e6, 0, 0)
		return err
	}
	return s
}

// backlogged is a configuration with a spool; its verbs are how many messages come, the
// bound of the spool, and the output.
const backlogged = `[source]
run = "heka-flood --count %d --seed 1 --size 330 --fields 8"
[out]
match = "Logger == 'flood'"
spool = "%dMiB"
run = %q
`

// pile lets a spool grow to this size, and kills the daemon.
func (g ground) pile(size int64) error {
	if _, err := g.fresh("state"); err != nil {
		return err
	}
	dead, err := closedPort()
	if err != nil {
		return err
	}
	if _, err := g.configure(backlogged, int64(1)<<40, size*5/4>>20, "heka-out heka://"+dead); err != nil {
		return err
	}
	d, err := g.daemon()
	if err != nil {
		return err
	}
	defer d.kill()
	return d.await(time.Hour, "the spool grows", func(s status) bool {
		time.Sleep(100 * time.Millisecond)
		return s.spool() > size
	})
}

// spool returns the bytes of the spool that there is.
func (s status) spool() (n int64) {
	for _, node := range s.Nodes {
		n += node.Spool
	}
	return n
}
