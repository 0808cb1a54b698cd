package report

import (
	"slices"
	"sync"
	"time"

	"heka/cmd/hekad/api"
)

// Limit is how long a node with input pending may do nothing until it is stuck. It is a
// second less than the 30 s within which that is to be told, since it is looked once a
// second.
const Limit = 29 * time.Second

// step is the longest time that passes from one Status to the next, as Watch counts: a
// daemon that was stopped, or a clock that was set, makes no node stuck.
const step = 5 * time.Second

// Stuck is a node that does nothing although there is input for it or for those that
// wait for it.
type Stuck struct {
	Node    string
	For     time.Duration // since it did something last
	State   api.NodeState
	Why     string // its last error
	Queue   int64  // bytes that wait for it
	Spool   int64
	Lag     int64
	Waiting []string // nodes that do nothing since they wait for it
}

// Watch finds nodes that are stuck, from one Status to the next. Fed with a Status each
// second, it counts for each node how long it has done nothing: neither has its Progress
// moved, nor is there more of what it emitted, could not process or put with its dead
// letters. What it was given, what was dropped in front of it, and that it was started
// again, is nothing of its doing.
//
// A node is pending while it has a queue, a spool or a lag. If it has been pending and
// done nothing for Limit, whoever it waits for is looked at, and so on; the last of that
// chain is stuck, if it has done nothing for as long: a node that is slow is not. Nodes
// that only wait stand in Waiting.
//
// The zero Watch is ready. Its methods may be called by any number of goroutines; Feed
// by one at a time.
type Watch struct {
	mu    sync.Mutex
	last  time.Time
	clock time.Duration // time that passed, by steps
	nodes map[string]*pace
	stuck []Stuck
}

// pace is what Watch knows of a node; times are of Watch's clock.
type pace struct {
	done    [4]int64
	moved   time.Time     // Node.Progress
	since   time.Duration // it has done nothing since
	pending time.Duration // it has been pending since; meaningless unless it is
	is      bool          // it is pending
	fed     time.Duration // it was in a Status last
}

// Feed takes a Status, and returns the nodes that are stuck, in the order of the Status.
// The slice is the caller's.
func (w *Watch) Feed(st api.Status) []Stuck {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.nodes == nil {
		w.nodes, w.last = map[string]*pace{}, st.Now
	}
	w.clock += min(max(st.Now.Sub(w.last), 0), step)
	w.last = st.Now
	for i := range st.Nodes {
		w.look(&st.Nodes[i], st.Draining)
	}
	for name, p := range w.nodes {
		if p.fed != w.clock {
			delete(w.nodes, name)
		}
	}
	w.stuck = w.find(&st)
	return slices.Clone(w.stuck)
}

// look notes what n has done.
func (w *Watch) look(n *api.Node, draining bool) {
	done := [...]int64{n.Out, n.OutBytes, n.Errors, n.Dead}
	p := w.nodes[n.Name]
	if p == nil {
		p = &pace{since: w.clock, done: done, moved: n.Progress}
		w.nodes[n.Name] = p
	}
	if done != p.done || !n.Progress.Equal(p.moved) {
		p.since = w.clock
	}
	is := pending(n, draining)
	if is && !p.is {
		p.pending = w.clock
	}
	p.done, p.moved, p.is, p.fed = done, n.Progress, is, w.clock
}

// pending reports whether there is something that n should do.
func pending(n *api.Node, draining bool) bool {
	if n.Queue > 0 || n.Spool > 0 {
		return true
	}
	return n.Lag > 0 && !draining && n.State != api.Ended && n.State != api.Stopping
}

// find returns the nodes that are stuck.
func (w *Watch) find(st *api.Status) []Stuck {
	at := make(map[string]int, len(st.Nodes))
	for i := range st.Nodes {
		at[st.Nodes[i].Name] = i
	}
	waiting := map[int][]string{}
	for i := range st.Nodes {
		p := w.nodes[st.Nodes[i].Name]
		if !p.is || w.clock-max(p.since, p.pending) < Limit {
			continue
		}
		j := end(st.Nodes, at, i)
		if w.clock-w.nodes[st.Nodes[j].Name].since < Limit {
			continue
		}
		if j != i {
			waiting[j] = append(waiting[j], st.Nodes[i].Name)
		} else if waiting[j] == nil {
			waiting[j] = []string{}
		}
	}
	var all []Stuck
	for i := range st.Nodes {
		n := &st.Nodes[i]
		if names, ok := waiting[i]; ok {
			all = append(all, Stuck{
				Node: n.Name, For: w.clock - w.nodes[n.Name].since, State: n.State, Why: n.Why,
				Queue: n.Queue, Spool: n.Spool, Lag: n.Lag, Waiting: names,
			})
		}
	}
	return all
}

// end returns the node at the end of the chain of those that wait for each other, from
// i on. Of a ring it is the one that comes first in the Status, whoever asks.
func end(nodes []api.Node, at map[string]int, i int) int {
	seen := []int{i}
	for nodes[i].Blocked {
		next, ok := at[nodes[i].BlockedBy]
		if !ok {
			return i
		}
		if k := slices.Index(seen, next); k >= 0 {
			return slices.Min(seen[k:])
		}
		seen, i = append(seen, next), next
	}
	return i
}

// Stuck returns what the last Feed found.
func (w *Watch) Stuck() []Stuck {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.stuck)
}

// Fed returns the time of the last Status, the zero time before there was one.
func (w *Watch) Fed() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// Mark sets Stuck and Ready of st by what the last Feed found.
func (w *Watch) Mark(st *api.Status) {
	stuck := w.Stuck()
	st.Stuck = make([]string, 0, len(stuck))
	for _, s := range stuck {
		st.Stuck = append(st.Stuck, s.Node)
	}
	st.Ready = len(NotReady(*st, stuck)) == 0
}
