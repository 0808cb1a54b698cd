package client

import (
	"time"

	"heka/cmd/hekad/api"
)

// sample is how a daemon stands, and how fast things go.
type sample struct {
	api.Status
	over  time.Duration // what the rates are over
	cpu   float64       // cores of the daemon
	in    float64       // messages a second that sources made
	bytes float64       // and their bytes
	rates []rates       // of the nodes
}

// rates of a node, a second.
type rates struct{ in, inBytes, out, cpu float64 }

// newSample returns the rates between two statuses, or since the start if before is that
// of another daemon, or nil.
func newSample(before *api.Status, now api.Status) *sample {
	s := &sample{Status: now, rates: make([]rates, len(now.Nodes))}
	old := map[string]*api.Node{}
	from := now.Started
	cpu := 0.0
	if before != nil && before.Pid == now.Pid && before.Started.Equal(now.Started) &&
		now.Now.After(before.Now) {
		from, cpu = before.Now, before.CPU
		for i := range before.Nodes {
			old[before.Nodes[i].Name] = &before.Nodes[i]
		}
	}
	s.over = now.Now.Sub(from)
	secs := s.over.Seconds()
	if secs <= 0 {
		return s
	}
	s.cpu = max(now.CPU-cpu, 0) / secs
	for i := range now.Nodes {
		n, was := &now.Nodes[i], old[now.Nodes[i].Name]
		if was == nil {
			was = &api.Node{}
		}
		each := func(now, was int64) float64 { return float64(max(now-was, 0)) / secs }
		r := rates{
			in: each(n.In, was.In), inBytes: each(n.InBytes, was.InBytes),
			out: each(n.Out, was.Out), cpu: max(n.CPU-was.CPU, 0) / secs,
		}
		s.rates[i] = r
		if source(n) {
			s.in += r.out
			s.bytes += each(n.OutBytes, was.OutBytes)
		}
	}
	return s
}

// source reports whether a node makes messages of its own.
func source(n *api.Node) bool { return n.Match == "" && n.From == nil }
