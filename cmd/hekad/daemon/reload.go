package daemon

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/config"
	"heka/cmd/hekad/dynamic"
	"heka/lib/stage"
)

// reloads lets those who ask for a reload while one runs share the next.
type reloads struct {
	mu      sync.Mutex
	running bool
	next    *reload
}

// reload is one that somebody waits for.
type reload struct {
	done    chan struct{}
	outcome api.Outcome
}

// Reload implements api.Daemon.
func (d *Daemon) Reload(ctx context.Context) (api.Outcome, error) {
	q := &d.reload
	q.mu.Lock()
	if q.next == nil {
		q.next = &reload{done: make(chan struct{})}
		if !q.running {
			q.running = true
			go d.reloadAll()
		}
	}
	r := q.next
	q.mu.Unlock()
	select {
	case <-r.done:
		return r.outcome, nil
	case <-ctx.Done():
		return api.Outcome{}, ctx.Err()
	}
}

// reloadAll reloads as long as somebody has asked for it.
func (d *Daemon) reloadAll() {
	for {
		q := &d.reload
		q.mu.Lock()
		r := q.next
		if q.next = nil; r == nil {
			q.running = false
			q.mu.Unlock()
			return
		}
		q.mu.Unlock()
		d.opt.Notify.Reloading()
		begun := time.Now()
		r.outcome = d.reloadOnce()
		r.outcome.Millis = float64(time.Since(begun).Microseconds()) / 1000
		d.opt.Notify.Ready(fmt.Sprintf("%d nodes", len(d.all())))
		d.events.reloaded(&r.outcome)
		close(r.done)
	}
}

// reloadOnce makes the configuration as it is on disk run.
func (d *Daemon) reloadOnce() (o api.Outcome) {
	fail := func(err error) api.Outcome {
		d.refused.Add(1)
		d.log.Error("reload refused", "err", err)
		return api.Outcome{Errors: lines(err)}
	}
	d.change.Lock()
	defer d.change.Unlock()
	if d.draining.Load() {
		return fail(errors.New("the daemon drains: start it again"))
	}
	old := d.config()
	c, err := Load(d.opt.Wings, d.opt.Path, d.state)
	if err != nil {
		return fail(err)
	}
	if err := d.fits(old, c); err != nil {
		return fail(err)
	}
	o.Added, o.Changed, o.Removed = config.Diff(old, c)
	for _, n := range d.all() { // a script that changed changes its node
		name := n.spec.Name
		if n.scripts != scripts(&n.spec) && !n.spec.Loaded && !slices.Contains(o.Changed, name) && !slices.Contains(o.Removed, name) {
			o.Changed = append(o.Changed, name)
		}
	}
	d.conf.Store(c)
	d.loaded.SetMax(c.Hekad.MaxFilters)
	d.configure(&c.Hekad)
	o.Changed = append(o.Changed, d.loadedChanged()...)
	if err := d.apply(c, &o); err != nil {
		d.conf.Store(old)
		d.configure(&old.Hekad)
		back := api.Outcome{Added: o.Removed, Changed: o.Changed, Removed: o.Added}
		if rerr := d.apply(old, &back); rerr != nil {
			err = errors.Join(err, fmt.Errorf("and what ran before does not, either: %w", rerr))
		}
		return fail(err)
	}
	o.Took = true
	d.reloads.Add(1)
	d.log.Info("reloaded", "added", o.Added, "changed", o.Changed, "removed", o.Removed)
	return o
}

// fits reports what of a new configuration needs a start.
func (d *Daemon) fits(old, c *config.Config) error {
	switch o, n := &old.Hekad, &c.Hekad; {
	case n.State != o.State && d.opt.State == "":
		return errors.New("[hekad] state: it can't be changed while the daemon runs: stop it, and start it again")
	case n.Listen != o.Listen, n.TokenFile != o.TokenFile, n.Isolate != o.Isolate, n.Keys != o.Keys, n.MaxFilters != o.MaxFilters:
		return errors.New("[hekad] listen, token_file, isolate, keys and max_filters can't be changed while the daemon runs: stop it, and start it again")
	case n.Control != o.Control, n.ControlListen != o.ControlListen, n.ControlCert != o.ControlCert,
		n.Control != "" && (n.Hostname != o.Hostname || !slices.Equal(n.OldHmac, o.OldHmac)):
		return errors.New("[hekad] control, control_listen, control_cert, and with control hostname and old_hmac can't be changed while the daemon runs: stop it, and start it again")
	}
	for _, n := range d.all() {
		if n.spec.Loaded && c.Node(n.spec.Name) != nil {
			return fmt.Errorf("[%s] has the name of a loaded filter: hekad unload %s, or give it another name", n.spec.Name, n.spec.Name)
		}
	}
	return nil
}

// settle is how long a new node has to run to be taken for one that does.
const settle = 300 * time.Millisecond

// apply makes the nodes that o names as c has them: what is removed ends, what is changed
// is succeeded, what is added begins.
func (d *Daemon) apply(c *config.Config, o *api.Outcome) error {
	ctx, cancel := context.WithTimeout(d.kill, c.Hekad.Grace)
	defer cancel()
	var fresh []*node
	specs := map[string]*config.Node{}
	for i := range c.Nodes {
		specs[c.Nodes[i].Name] = &c.Nodes[i]
	}
	for _, spec := range d.loadedSpecs() {
		specs[spec.Name] = &spec
	}
	for _, name := range o.Removed {
		if n := d.node(name); n != nil {
			d.remove(ctx, n)
		}
	}
	for _, name := range o.Changed {
		if specs[name] == nil { // [hekad]
			continue
		}
		n, err := d.succeed(ctx, d.node(name), specs[name])
		if err != nil {
			return fmt.Errorf("node %s: %w", name, err)
		}
		fresh = append(fresh, n)
	}
	for _, name := range o.Added {
		n, err := d.add(specs[name])
		if err != nil {
			return fmt.Errorf("node %s: %w", name, err)
		}
		fresh = append(fresh, n)
	}
	if err := d.vouch(); err != nil {
		return err
	}
	d.arrange(c)
	for _, n := range fresh {
		n.start(d.kill)
	}
	return settled(fresh)
}

// settled waits until nodes run, or one does not.
func settled(fresh []*node) error {
	if len(fresh) == 0 {
		return nil
	}
	until := time.Now().Add(settle)
	for {
		up := 0
		for _, n := range fresh {
			n.mu.Lock()
			s, why, since := n.state, n.why, n.since
			n.mu.Unlock()
			switch {
			case s == api.Waiting || s == api.Failed:
				return fmt.Errorf("node %s does not start: %s", n.spec.Name, why)
			case s == api.Ended, s == api.Running && time.Since(since) > settle/3:
				up++
			}
		}
		if up == len(fresh) || time.Now().After(until) {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// add makes a node, which is not started yet.
func (d *Daemon) add(spec *config.Node) (*node, error) {
	p, err := d.newPlace(spec)
	if err != nil {
		return nil, err
	}
	n := d.newNode(*spec, p)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.nodes = append(d.nodes, n)
	return n, nil
}

// remove ends a node, when what it was given is delivered, or ctx ends.
func (d *Daemon) remove(ctx context.Context, n *node) {
	n.set(api.Stopping, nil)
	if !n.spec.Source() {
		d.bus.Stop(n.port)
		n.empty(ctx)
	}
	n.end()
	n.port.Close()
	n.wait(ctx)
	n.place.leave(d)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.nodes = slices.DeleteFunc(d.nodes, func(m *node) bool { return m == n })
}

// succeed ends n and makes its successor, which is not started yet. The port, with what
// is in its queue, or the spool, passes on to it, if it is of the same sort.
func (d *Daemon) succeed(ctx context.Context, n *node, spec *config.Node) (*node, error) {
	if n == nil {
		return d.add(spec)
	}
	n.mu.Lock()
	gone := n.state == api.Failed || n.state == api.Ended && !n.spec.Source()
	n.mu.Unlock()
	if gone || n.spec.Source() != spec.Source() || n.spec.Spool != spec.Spool || n.spec.Full != spec.Full && spec.Spool > 0 ||
		n.spec.Sync != spec.Sync || n.spec.Retain != spec.Retain {
		d.remove(ctx, n)
		return d.add(spec)
	}
	o, err := d.offer(spec)
	if err != nil {
		return nil, err
	}
	if n.spool != nil {
		o.Spool = spooled{n.spool}
	}
	n.set(api.Stopping, nil)
	n.end()
	n.port.Pause()
	n.wait(ctx)
	n.port.Reopen()
	if spec.Source() {
		d.bus.Again() // what was cut off comes a second time
	}
	d.bus.Change(n.port, o)
	next := d.newNode(*spec, n.place)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.nodes[slices.Index(d.nodes, n)] = next
	return next, nil
}

// arrange puts the nodes into the order of the configuration.
func (d *Daemon) arrange(c *config.Config) {
	rank := map[string]int{}
	for i := range c.Nodes {
		rank[c.Nodes[i].Name] = i - len(c.Nodes)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	slices.SortStableFunc(d.nodes, func(a, b *node) int { return rank[a.spec.Name] - rank[b.spec.Name] })
}

// running returns the configuration that runs, with what was loaded.
func (d *Daemon) running() *config.Config {
	c := *d.config()
	c.Nodes = slices.Clone(c.Nodes)
	for _, n := range d.all() {
		if n.spec.Loaded {
			c.Nodes = append(c.Nodes, n.spec)
		}
	}
	return &c
}

// lines returns the lines of the errors that err is made of.
func lines(err error) []string {
	var es *config.Errors
	if errors.As(err, &es) {
		var all []string
		for _, m := range es.All {
			all = append(all, m.Error())
		}
		return all
	}
	return []string{err.Error()}
}

// loadedSpecs returns the nodes of the filters that were loaded and can be started.
func (d *Daemon) loadedSpecs() (all []config.Node) {
	for _, l := range d.loaded.All() {
		switch name := l.Filter.Name; {
		case l.Problem != "":
		case d.config().Node(name) != nil:
			d.log.Error("a loaded filter is not started: a node of the configuration has its name", "filter", name)
		default:
			all = append(all, d.loadedSpec(l))
		}
	}
	return all
}

// loadedChanged returns the names of loaded filters for whose nodes [hekad] says something
// else than when they were made: what they are allowed to see, say.
func (d *Daemon) loadedChanged() (names []string) {
	for _, spec := range d.loadedSpecs() {
		if n := d.node(spec.Name); n != nil && !reflect.DeepEqual(n.spec, spec) {
			names = append(names, spec.Name)
		}
	}
	return names
}

// loadedSpec returns the node of a filter that was loaded.
func (d *Daemon) loadedSpec(l dynamic.Loaded) config.Node {
	spec := dynamic.Node(l, &d.config().Hekad)
	spec.Loaded, spec.Lua = true, true
	return spec
}

// Load implements api.Daemon.
func (d *Daemon) Load(ctx context.Context, f api.Filter) error {
	d.change.Lock()
	defer d.change.Unlock()
	if d.draining.Load() {
		return api.Unavailable("the daemon drains", "")
	}
	name := dynamic.Name(f.Name)
	switch n := d.node(name); {
	case name == Self:
		return api.Conflict(Self+" is the name of the daemon itself", "give the filter another name")
	case n == nil:
	case !n.spec.Loaded:
		return api.Conflict("there is a node "+name+" in the configuration", "give the filter another name")
	case !f.Replace:
		return api.Conflict(name+" is already running", "unload it, or replace it")
	}
	l, err := d.loaded.Add(f)
	if err != nil {
		return err
	}
	if err = d.begin(ctx, l); err == nil {
		d.loaded.Settle(l.Filter.Name)
		return nil
	}
	old, was, uerr := d.loaded.Undo(l.Filter.Name)
	if was && uerr == nil {
		uerr = d.begin(ctx, old) // what ran before
	}
	return errors.Join(&stage.UsageError{Msg: err.Error()}, uerr)
}

// begin starts the node of a filter that was loaded, in the place of one of its name. If
// it does not start, there is none.
func (d *Daemon) begin(ctx context.Context, l dynamic.Loaded) error {
	spec := d.loadedSpec(l)
	var n *node
	var err error
	if old := d.node(spec.Name); old != nil {
		n, err = d.succeed(ctx, old, &spec)
	} else {
		n, err = d.add(&spec)
	}
	if err != nil {
		return err
	}
	n.start(d.kill)
	if err = settled([]*node{n}); err != nil {
		stop, cancel := context.WithCancel(ctx)
		cancel()
		d.remove(stop, n)
	}
	return err
}

// Unload implements api.Daemon.
func (d *Daemon) Unload(ctx context.Context, name string) error {
	d.change.Lock()
	defer d.change.Unlock()
	n := d.node(dynamic.Name(name))
	if n == nil || !n.spec.Loaded {
		if _, ok := d.loaded.Get(dynamic.Name(name)); !ok {
			return d.loaded.Unknown(name)
		}
		return d.loaded.Remove(dynamic.Name(name))
	}
	stop, cancel := context.WithTimeout(ctx, d.config().Hekad.Grace)
	defer cancel()
	d.remove(stop, n)
	return d.loaded.Remove(n.spec.Name)
}
