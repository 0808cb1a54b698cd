package report

import (
	"maps"
	"slices"

	"heka/cmd/hekad/api"
	"heka/lib/msg"
)

// Bounds between which a spool keeps to what was last said of it, in percent: so that
// one that goes up and down at its bound is not told of each second.
const (
	fullAbove = 95
	roomBelow = 80
)

// Changes makes messages of what has changed from one Status to the next: heka.node,
// heka.stuck, heka.spool-full, and heka.gap for damage in spools. The zero Changes has
// seen nothing. It is for one goroutine.
type Changes struct {
	seen  bool
	nodes map[string]*before
	stuck []string
}

// before is what is remembered of a node.
type before struct {
	state   api.NodeState
	restart int64
	damaged int64
	full    bool
	round   bool // which Status it was last in
}

// Next calls emit for each message of what is different in st; b is where they are made.
// An error of emit ends it and is returned; what was not told by then is lost. The first
// Status tells how each node stands.
func (c *Changes) Next(st api.Status, b *msg.Builder, emit func(*msg.Builder) error) error {
	if c.nodes == nil {
		c.nodes = map[string]*before{}
	}
	c.seen = !c.seen
	for i := range st.Nodes {
		if err := c.node(&st, &st.Nodes[i], b, emit); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.nodes)) {
		old := c.nodes[name]
		if old.round == c.seen {
			continue
		}
		delete(c.nodes, name)
		n := api.Node{Name: name, State: old.state, Restarts: old.restart}
		nodeRemoved(&st, &n, b)
		if err := emit(b); err != nil {
			return err
		}
	}
	return c.stuckNodes(&st, b, emit)
}

// node tells of one node. A node that was restarted between two Statuses is in the state
// it was in, and told of all the same.
func (c *Changes) node(
	st *api.Status, n *api.Node, b *msg.Builder, emit func(*msg.Builder) error,
) error {
	old := c.nodes[n.Name]
	if old == nil {
		old = &before{}
		c.nodes[n.Name] = old
	}
	was := *old
	*old = before{
		state: n.State, restart: n.Restarts, damaged: n.Damaged, round: c.seen,
		full: isFull(n, was.full),
	}
	if n.State != was.state || n.Restarts != was.restart {
		NodeChanged(*st, n, was.state, b)
		if err := emit(b); err != nil {
			return err
		}
	}
	if n.Damaged > was.damaged {
		spoolDamaged(st, n, n.Damaged-was.damaged, b)
		if err := emit(b); err != nil {
			return err
		}
	}
	if old.full != was.full {
		spoolFull(st, n, old.full, b)
		return emit(b)
	}
	return nil
}

func isFull(n *api.Node, was bool) bool {
	if n.SpoolMax <= 0 {
		return false
	}
	percent := float64(n.Spool) * 100 / float64(n.SpoolMax)
	if was {
		return percent >= roomBelow
	}
	return percent >= fullAbove
}

func (c *Changes) stuckNodes(st *api.Status, b *msg.Builder, emit func(*msg.Builder) error) error {
	was := c.stuck
	c.stuck = slices.Clone(st.Stuck)
	for _, name := range st.Stuck {
		if slices.Contains(was, name) {
			continue
		}
		stuckChanged(st, name, true, b)
		if err := emit(b); err != nil {
			return err
		}
	}
	for _, name := range was {
		if slices.Contains(st.Stuck, name) {
			continue
		}
		stuckChanged(st, name, false, b)
		if err := emit(b); err != nil {
			return err
		}
	}
	return nil
}
