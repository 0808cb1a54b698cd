package daemon

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/config"
	"heka/lib/bus"
	"heka/lib/spool"
	"heka/lib/stage"
	"heka/lib/supervise"
)

// node runs the pipelines of a section, one after the other. Its port, spool and dead
// letters outlive it if a reload puts another in its place.
type node struct {
	d       *Daemon
	spec    config.Node
	scripts string // what tells a changed script
	log     *slog.Logger
	*place

	stop   chan struct{} // closed when sources are to end, and no pipeline is to be begun
	once   sync.Once
	cancel context.CancelFunc
	done   chan struct{} // closed when it has ended

	begun bool // it was started; of whoever changes nodes

	mu       sync.Mutex
	state    api.NodeState
	why      string
	since    time.Time
	envs     []*stage.Env // of the pipeline that runs
	pids     map[int]bool
	failures int   // in a row
	seen     int64 // messages that it had delivered when looked at last
}

// place is what a node has that its successor takes over.
type place struct {
	port    *bus.Port
	spool   *spool.Spool // nil: none
	letters *letters

	restarts atomic.Int64
	used     atomic.Int64 // processor time of processes that are gone, in nanoseconds
	total    counters     // of pipelines that are gone
}

// counters are what stages count.
type counters struct{ in, inBytes, out, outBytes, bad, dropped, gaps, gapBytes atomic.Int64 }

// add adds what the stages of a pipeline counted.
func (c *counters) add(envs []*stage.Env) {
	for i, e := range envs {
		if i == 0 {
			c.in.Add(e.Stats.In.Load())
			c.inBytes.Add(e.Stats.InBytes.Load())
			c.gaps.Add(e.Stats.Gaps.Load())
			c.gapBytes.Add(e.Stats.GapBytes.Load())
		}
		if i == len(envs)-1 {
			c.out.Add(e.Stats.Out.Load())
			c.outBytes.Add(e.Stats.OutBytes.Load())
		}
		c.bad.Add(e.Stats.Bad.Load())
		c.dropped.Add(e.Stats.Dropped.Load() + e.Stats.Refused.Load())
	}
}

func (d *Daemon) newNode(spec config.Node, p *place) *node {
	return &node{
		d: d, spec: spec, scripts: scripts(&spec), place: p, log: d.log.With("node", spec.Name),
		stop: make(chan struct{}), done: make(chan struct{}), pids: map[int]bool{},
		state: api.Starting, since: time.Now(),
	}
}

// start begins to run pipelines. ctx ends them at once.
func (n *node) start(ctx context.Context) {
	n.begun = true
	ctx, n.cancel = context.WithCancel(ctx)
	go func() {
		defer close(n.done)
		defer n.cancel()
		n.loop(ctx)
	}()
}

// Times between runs of a pipeline that fails: the first, the longest, and how long one
// has to run for the next wait to be the first again.
const (
	firstWait = 100 * time.Millisecond
	longWait  = 30 * time.Second
	goodRun   = 10 * time.Second
)

// loop runs pipelines until the node is to stop, or has come to its end.
func (n *node) loop(ctx context.Context) {
	wait := firstWait
	for {
		begun, before := time.Now(), n.port.Stats()
		err := n.run(ctx)
		if n.stopping() || ctx.Err() != nil {
			n.set(api.Ended, err)
			return
		}
		if err == nil {
			n.ended()
			return
		}
		if n.final(err) {
			return
		}
		if crashed(err) {
			n.port.Died()
		}
		now := n.port.Stats()
		if time.Since(begun) > goodRun {
			wait, n.failures = firstWait, 0
		}
		if now.Dead > before.Dead { // one of those that killed it is out of the way
			wait = firstWait
		}
		n.restarts.Add(1)
		n.set(api.Waiting, err)
		n.log.Warn("failed, and will be started again", "err", err, "in", wait.String())
		select {
		case <-n.stop:
			n.set(api.Ended, nil)
			return
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, longWait)
		if n.spec.Source() {
			n.d.bus.Again()
		}
	}
}

// ended notes that the node has done all that it does: nothing is kept for it any more.
func (n *node) ended() {
	n.set(api.Ended, nil)
	n.log.Info("came to its end")
	if !n.spec.Source() {
		n.d.bus.Detach(n.port)
	}
}

// final reports whether a node that ended with err is not to be started again: a script
// that broke its limits, or a node that failed as often as its section allows.
func (n *node) final(err error) bool {
	var permanent stage.Permanent
	if n.failures++; n.spec.Restarts > 0 && n.failures > n.spec.Restarts {
	} else if !n.spec.Lua || !errors.As(err, &permanent) {
		return false
	}
	n.set(api.Failed, err)
	n.log.Error("failed, and is not started again", "err", err)
	n.d.events.terminated(n.spec.Name, err.Error(), n.spec.Lua)
	n.d.bus.Detach(n.port)
	return true
}

// crashed reports whether what ended a pipeline may have been one of its messages.
func crashed(err error) bool {
	var died *supervise.Died
	return errors.Is(err, stage.ErrBug) || errors.As(err, &died)
}

// run runs one pipeline to its end.
func (n *node) run(ctx context.Context) error {
	env := &stage.Env{
		Name: "hekad", Log: n.log, Pool: n.d.pool, Stop: n.stop, Hostname: n.d.hostname(),
		Stdin: n.d.null, Stdout: os.Stdout, Fail: n.letters.put, Listen: n.d.opt.Sockets.At,
	}
	job, err := n.d.builder().job(&n.spec)
	if err != nil {
		return stage.Permanent{Err: err}
	}
	var stages []stage.Stage
	if !n.spec.Source() {
		stages = append(stages, n.port.Inlet(env))
	}
	envs := []*stage.Env{env}
	var child process
	if n.isolated() {
		if err := n.reaches(job); err != nil {
			return err
		}
		if child, err = n.child(env); err != nil {
			return err
		}
		stages = append(stages, child)
	} else {
		job.Setup(env)
		own, err := job.Stages(foreign(env, n.d.log, &n.spec, n.began, n.gone))
		if err != nil {
			return err
		}
		stages, envs = append(stages, own...), job.Envs()
		if len(envs) == 0 {
			envs = []*stage.Env{env}
		}
	}
	if !job.Ends() {
		stages = append(stages, n.port.Outlet())
	}
	n.mu.Lock()
	n.envs = envs
	n.mu.Unlock()
	run := ctx
	if child == nil {
		n.set(api.Running, nil)
	} else {
		var over context.CancelFunc
		run, over = context.WithCancel(ctx)
		told := make(chan struct{})
		n.set(api.Starting, nil)
		go func() {
			defer close(told)
			n.ready(run, child)
		}()
		defer func() {
			over()
			<-told
		}()
	}
	err = stage.Run(run, job.RunEnv(env), stages...)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.total.add(n.envs)
	n.envs = nil
	return err
}

// ready notes when the node's process says that its pipeline runs.
func (n *node) ready(ctx context.Context, child process) {
	select {
	case <-child.Ready():
		n.set(api.Running, nil)
	case <-ctx.Done():
	}
}

func (n *node) isolated() bool { return n.spec.Isolate || n.d.config().Hekad.Isolate }

func (n *node) stopping() bool {
	select {
	case <-n.stop:
		return true
	default:
		return false
	}
}

// end tells the node to stop: a source ends, and what it has read goes through. A node
// that reads goes on until its port is closed, or its spool's reader hears of it.
func (n *node) end() { n.once.Do(func() { close(n.stop) }) }

// wait waits until the node has ended, or ctx ends: it is killed then.
func (n *node) wait(ctx context.Context) {
	if !n.begun {
		return
	}
	select {
	case <-n.done:
		return
	case <-ctx.Done():
	}
	n.cancel()
	<-n.done
}

func (n *node) set(s api.NodeState, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.state != s {
		n.since = time.Now()
	}
	n.state, n.why = s, ""
	if err != nil && !errors.Is(err, context.Canceled) {
		n.why = err.Error()
	}
}

// began and gone are told of the node's processes.
func (n *node) began(pid int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.pids[pid] = true
}

func (n *node) gone(pid int, u supervise.Usage) {
	n.used.Add(int64(u.CPU * 1e9))
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.pids, pid)
}

// newPlace makes what a node of spec needs, and puts it on the bus.
func (d *Daemon) newPlace(spec *config.Node) (*place, error) {
	p := &place{letters: &letters{path: filepath.Join(d.state, "dead", spec.Name+".heka")}}
	if err := d.builder().folders(spec); err != nil {
		return nil, err
	}
	o, err := d.offer(spec)
	if err != nil {
		return nil, err
	}
	if spec.Spool > 0 {
		p.spool, err = spool.Open(filepath.Join(d.state, "spool", spec.Name), spool.Options{
			Max: spec.Spool, Full: spoolFull(spec.Full), Sync: spec.Sync, Retain: spec.Retain,
			Log: d.log.With("node", spec.Name),
		})
		if err != nil {
			return nil, err
		}
		o.Spool = spooled{p.spool}
	}
	p.port = d.bus.Attach(spec.Name, o, p.letters.bury(spec.Name))
	return p, nil
}

// offer returns what the node of spec is offered.
func (d *Daemon) offer(spec *config.Node) (bus.Offer, error) {
	if spec.Source() {
		return bus.Offer{None: true, Ordered: d.builder().ordered(spec)}, nil
	}
	e, err := expr(spec)
	o := bus.Offer{
		Match: e, From: spec.From, Queue: spec.Queue, Full: bus.Full(spec.Full),
		Ordered: d.builder().ordered(spec),
	}
	if spec.Signer != "" {
		o.From = d.vouching(spec.From)
	}
	if o.Queue == 0 {
		o.Queue = d.config().Hekad.Queue
	}
	if o.Full == "" {
		o.Full = bus.Block
	}
	return o, err
}

func spoolFull(f config.Full) spool.Full {
	switch f {
	case config.DropNew:
		return spool.DropNew
	case config.DropOld:
		return spool.DropOld
	}
	return spool.Block
}

// spooled is a spool as the bus sees it.
type spooled struct{ *spool.Spool }

// Waiting implements bus.Spool.
func (s spooled) Waiting() (bytes int64, full bool) {
	st := s.Stats()
	return st.Bytes, st.Full
}

// leave takes the place away for good.
func (p *place) leave(d *Daemon) {
	d.bus.Detach(p.port)
	p.close(d)
}

// close gives up what the place has open.
func (p *place) close(d *Daemon) {
	if p.spool != nil {
		if err := p.spool.Close(); err != nil {
			d.log.Error("spool could not be closed", "err", err)
		}
	}
	p.letters.close()
}
