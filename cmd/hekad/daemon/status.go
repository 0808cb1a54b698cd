package daemon

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"heka/cmd/hekad/api"
	"heka/lib/match"
	"heka/lib/stage"
	"heka/lib/supervise"
)

// Status implements api.Daemon.
func (d *Daemon) Status() api.Status {
	now := time.Now()
	st := api.Status{
		Pid: os.Getpid(), Version: version(), Hostname: d.hostname(), State: d.state,
		Config: d.opt.Path, Started: d.started, Now: now, Memory: resident(), CPU: processorTime(),
		Goroutine: runtime.NumGoroutine(), Reloads: d.reloads.Load(), Refused: d.refused.Load(),
		Draining: d.draining.Load(), Ready: true, Stuck: []string{},
	}
	for _, n := range d.all() {
		s := n.status()
		st.Ready = st.Ready && (s.State == api.Running || s.State == api.Ended)
		st.Nodes = append(st.Nodes, s)
	}
	d.self.Watch.Mark(&st)
	return st
}

// status says how the node stands.
func (n *node) status() api.Node {
	p := n.port.Stats()
	n.mu.Lock()
	defer n.mu.Unlock()
	s := api.Node{
		Name: n.spec.Name, State: n.state, Why: n.why, Run: n.spec.Written(), Match: n.spec.Match,
		From: n.spec.From, Loaded: n.spec.Loaded, Isolated: n.isolated(), Since: n.since,
		In: p.In, InBytes: p.InBytes, Out: p.Out, OutBytes: p.OutBytes,
		Errors: n.total.bad.Load(), Dropped: p.Dropped + n.total.dropped.Load(), Looped: p.Looped,
		Dead: n.letters.n.Load(), Skipped: p.Skipped, Restarts: n.restarts.Load(),
		Queue: p.Queue, QueueMax: n.spec.Queue,
		Gaps: n.total.gaps.Load(), GapBytes: n.total.gapBytes.Load(),
		Blocked: p.BlockedBy != "", BlockedBy: p.BlockedBy, BlockedS: p.Blocked.Seconds(),
		Blocks: p.Blocks.Seconds(), Progress: p.Progress, CPU: float64(n.used.Load()) / 1e9,
	}
	if s.QueueMax == 0 && !n.spec.Source() {
		s.QueueMax = n.d.config().Hekad.Queue
	}
	out, outBytes := n.total.out.Load(), n.total.outBytes.Load()
	for i, e := range n.envs {
		if i == 0 {
			if n.spec.Source() {
				s.In, s.InBytes = e.Stats.In.Load(), e.Stats.InBytes.Load()
			}
			s.Lag = e.Stats.Lag.Load()
			s.Gaps += e.Stats.Gaps.Load()
			s.GapBytes += e.Stats.GapBytes.Load()
		}
		if i == len(n.envs)-1 {
			out += e.Stats.Out.Load()
			outBytes += e.Stats.OutBytes.Load()
		}
		s.Errors += e.Stats.Bad.Load()
		s.Dropped += e.Stats.Dropped.Load() + e.Stats.Refused.Load()
	}
	if n.spec.Source() {
		s.In += n.total.in.Load()
		s.InBytes += n.total.inBytes.Load()
		if s.In == 0 { // of a source that does not count what it reads
			s.In, s.InBytes = s.Out, s.OutBytes
		}
	}
	if s.Out == 0 { // it delivers
		s.Out, s.OutBytes = out, outBytes
		if n.spool == nil && !n.spec.Source() {
			s.Out = min(out, p.Done)
		}
	}
	if out > n.seen {
		n.seen = out
		n.port.Alive()
	}
	if n.spool != nil {
		sp := n.spool.Stats()
		s.Spool, s.SpoolMax, s.Damaged, s.Dropped = sp.Bytes, sp.Max, sp.Damaged, s.Dropped+sp.Dropped
		if !sp.Oldest.IsZero() && sp.Bytes > 0 {
			s.SpoolAge = time.Since(sp.Oldest).Seconds()
		}
	}
	for pid := range n.pids {
		s.Pids = append(s.Pids, pid)
		u := supervise.Used(pid)
		s.CPU += u.CPU
		s.Memory += u.Memory
	}
	slices.Sort(s.Pids)
	return s
}

// processorTime returns the seconds that this process has used.
func processorTime() float64 {
	var r unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return ""
}

// Tap implements api.Daemon.
func (d *Daemon) Tap(ctx context.Context, t api.TapRequest) (api.Tap, error) {
	n := d.node(t.Node)
	port := d.events.port
	if t.Node != Self {
		if n == nil {
			var names []string
			for _, n := range d.all() {
				names = append(names, n.spec.Name)
			}
			return nil, api.NotFound("node", t.Node, append(names, Self))
		}
		port = n.port
	}
	var m *match.Matcher
	if t.Match != "" {
		var err error
		if m, err = match.Compile(t.Match); err != nil {
			return nil, &stage.UsageError{Msg: err.Error()}
		}
	}
	if t.In {
		return tap{port.TapIn(m)}, nil
	}
	return tap{port.Tap(m)}, nil
}

// Configuration implements api.Daemon.
func (d *Daemon) Configuration() api.Configuration {
	c := d.running()
	g := api.Configuration{TOML: c.TOML(), Mermaid: c.Mermaid(), Dot: c.Dot(), Shell: map[string]string{}}
	for i := range c.Nodes {
		if line, err := c.ToShell(c.Nodes[i].Name); err == nil {
			g.Shell[c.Nodes[i].Name] = line
		}
	}
	return g
}
