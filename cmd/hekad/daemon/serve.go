package daemon

import (
	"context"
	"os"
	"slices"
	"time"

	"heka/cmd/hekad/report"
	"heka/cmd/hekad/service"
	"heka/lib/frame"
	"heka/lib/msg"
)

type gap = frame.Gap

// signer returns who signed a message, as its listener found.
func signer(v *msg.View) string {
	f, _ := v.Field("heka.signer", 0)
	return string(f.Text())
}

// serve does what is to be done each second, and what signals ask for, until the daemon
// is to stop.
func (d *Daemon) serve() {
	s := d.opt.Signals
	if s == nil {
		s = &service.Signals{}
	}
	second := time.NewTicker(time.Second)
	defer second.Stop()
	var done <-chan time.Time
	if d.opt.UntilDone {
		t := time.NewTicker(20 * time.Millisecond)
		defer t.Stop()
		done = t.C
	}
	d.tick(time.Now()) // who asks in the first second is told how things stand
	for {
		select {
		case now := <-second.C:
			d.tick(now)
		case <-done:
			if d.finished() {
				return
			}
		case <-s.Drain:
			return
		case <-d.quit:
			return
		case <-s.Reload:
			go d.Reload(context.Background())
		case <-s.Report:
			report.Text(d.Status(), os.Stderr)
		}
	}
}

// tick is called each second.
func (d *Daemon) tick(now time.Time) {
	d.saveMarks()
	d.tellUnused(now)
	st := d.Status()
	d.self.Second(&st, d.events.say)
	d.opt.Notify.Status(report.Summary(st, d.self.Watch.Stuck()))
	if d.opt.Flush != nil {
		d.opt.Flush(now)
	}
	if report.Healthy(st, &d.self.Watch) {
		d.opt.Notify.Alive(now)
	}
}

// finished reports whether all sources have come to their end, and all is delivered.
func (d *Daemon) finished() bool {
	for _, n := range d.all() {
		if n.spec.Source() {
			select {
			case <-n.done:
			default:
				return false
			}
		}
	}
	return true
}

// Stop implements api.Daemon.
func (d *Daemon) Stop() { d.quitOnce.Do(func() { close(d.quit) }) }

// Drain implements api.Daemon.
func (d *Daemon) Drain(ctx context.Context) error {
	d.draining.Store(true)
	for _, n := range d.all() {
		if n.spec.Source() {
			n.end()
		}
	}
	for _, n := range d.all() {
		if n.spec.Source() {
			select {
			case <-n.done:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	for _, n := range d.all() {
		if err := n.empty(ctx); err != nil {
			return err
		}
	}
	return nil
}

// empty waits until nothing waits for the node.
func (n *node) empty(ctx context.Context) error {
	if err := n.port.Idle(ctx); err != nil {
		return err
	}
	t := time.NewTicker(10 * time.Millisecond)
	defer t.Stop()
	for n.spool != nil && n.spool.Stats().Bytes > 0 {
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// stopAll ends the nodes: the sources, then those that read, when what is for them has
// come and gone. What takes longer than the grace is cut off; a second signal does so
// at once.
func (d *Daemon) stopAll() {
	d.change.Lock()
	defer d.change.Unlock()
	d.draining.Store(true)
	ctx, cancel := context.WithTimeout(d.kill, d.config().Hekad.Grace)
	defer cancel()
	if s := d.opt.Signals; s != nil {
		go func() {
			select {
			case <-s.Quit:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	all := d.all()
	for _, n := range all {
		if n.spec.Source() {
			n.end()
		}
	}
	for _, n := range all {
		if n.spec.Source() {
			n.wait(ctx)
		}
	}
	for _, n := range d.order(all) {
		d.stopReader(ctx, n)
	}
	if ctx.Err() != nil {
		d.late.Store(true)
	}
}

// stopReader ends a node that reads, when nothing is left for it.
func (d *Daemon) stopReader(ctx context.Context, n *node) {
	if d.opt.UntilDone {
		n.empty(ctx)
	}
	n.port.Idle(ctx)
	n.end()
	n.port.Close()
	n.wait(ctx)
	if n.spool != nil && n.spool.Stats().Bytes > 0 {
		d.late.Store(true)
	}
}

// order returns the nodes that read, those first that others are fed by.
func (d *Daemon) order(all []*node) []*node {
	rank := map[string]int{}
	for i, p := range d.bus.Order() {
		rank[p] = i
	}
	var readers []*node
	for _, n := range all {
		if !n.spec.Source() {
			readers = append(readers, n)
		}
	}
	last := func(n *node) int {
		if job, err := d.builder().job(&n.spec); err == nil && job.Ends() {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(readers, func(a, b *node) int {
		if c := last(a) - last(b); c != 0 {
			return c
		}
		return rank[a.spec.Name] - rank[b.spec.Name]
	})
	return readers
}
