package report

import (
	"strconv"
	"strings"

	"heka/cmd/hekad/api"
	"heka/lib/msg"
)

// Reloaded makes b the message heka.reload of what a reload did: took, ms, and the names
// in added, changed, removed, or the mistakes in errors. The payload says it in a line.
func Reloaded(st api.Status, o *api.Outcome, b *msg.Builder) {
	severity := int64(severityNotice)
	if !o.Took {
		severity = severityWarning
	}
	start(b, &st, TypeReload, severity)
	b.Payload = []byte(ReloadText(o))
	b.Name([]byte("took"))
	b.Bool(o.Took)
	b.Name([]byte("ms"))
	b.Float(o.Millis)
	b.Rep("ms")
	texts(b, "added", o.Added)
	texts(b, "changed", o.Changed)
	texts(b, "removed", o.Removed)
	texts(b, "errors", o.Errors)
}

// ReloadText says in a line what a reload did: "reload took: added a, changed b".
func ReloadText(o *api.Outcome) string {
	if !o.Took {
		return "reload refused: " + strings.Join(o.Errors, "; ")
	}
	var parts []string
	for _, p := range []struct {
		what  string
		names []string
	}{{"added ", o.Added}, {"changed ", o.Changed}, {"removed ", o.Removed}} {
		if len(p.names) > 0 {
			parts = append(parts, p.what+strings.Join(p.names, " "))
		}
	}
	if parts == nil {
		return "reload took: nothing changed"
	}
	return "reload took: " + strings.Join(parts, ", ")
}

// Terminated makes b the message of a node that ended and will not be started again by
// itself: heka.sandbox-terminated of a Lua script, with the error as the payload, as
// Heka's; heka.terminated of another. Fields[plugin] names the node.
func Terminated(st api.Status, node, why string, sandbox bool, b *msg.Builder) {
	if sandbox {
		start(b, &st, TypeSandbox, severityError)
		b.Payload = []byte(why)
	} else {
		start(b, &st, TypeTerminated, severityError)
		b.Payload = []byte(node + " terminated. Error: " + why)
	}
	str(b, "plugin", node)
}

// Gap says that bytes are known to be lost.
type Gap struct {
	Node   string
	Source string // file, peer or folder
	Offset int64  // where in it; -1: not known
	Bytes  int64  // how many; -1: not known
	Reason string
}

// Lost makes b the message heka.gap of g, with the fields that the sources' own have:
// file, offset, bytes; and node.
func Lost(st api.Status, g *Gap, b *msg.Builder) {
	start(b, &st, TypeGap, severityError)
	b.Payload = []byte(g.Reason)
	if g.Offset >= 0 {
		integer(b, "offset", g.Offset, "")
	}
	if g.Bytes >= 0 {
		integer(b, "bytes", g.Bytes, "B")
	}
	if g.Source != "" {
		str(b, "file", g.Source)
	}
	str(b, "node", g.Node)
}

// NodeChanged makes b the message heka.node of n: its state, the one before in was, and
// why. An empty was: the node is new.
func NodeChanged(st api.Status, n *api.Node, was api.NodeState, b *msg.Builder) {
	severity := int64(severityInfo)
	switch n.State {
	case api.Failed:
		severity = severityError
	case api.Waiting:
		severity = severityWarning
	}
	start(b, &st, TypeNode, severity)
	text := n.Name + ": " + string(n.State)
	if n.Why != "" && n.State != api.Running {
		text += ": " + n.Why
	}
	b.Payload = []byte(text)
	str(b, "node", n.Name)
	str(b, "state", string(n.State))
	str(b, "was", string(was))
	if n.Why != "" {
		str(b, "why", n.Why)
	}
	integer(b, "restarts", n.Restarts, "count")
}

// nodeRemoved makes b the message heka.node of a node that is no more.
func nodeRemoved(st *api.Status, n *api.Node, b *msg.Builder) {
	start(b, st, TypeNode, severityInfo)
	b.Payload = []byte(n.Name + ": removed")
	str(b, "node", n.Name)
	str(b, "state", "removed")
	str(b, "was", string(n.State))
	integer(b, "restarts", n.Restarts, "count")
}

// spoolFull makes b the message heka.spool-full of n, whose spool is full, or has room
// again.
func spoolFull(st *api.Status, n *api.Node, full bool, b *msg.Builder) {
	severity, text := int64(severityWarning), n.Name+": the spool is full"
	if !full {
		severity, text = severityNotice, n.Name+": the spool has room again"
	}
	start(b, st, TypeSpoolFull, severity)
	b.Payload = []byte(text)
	str(b, "node", n.Name)
	b.Name([]byte("full"))
	b.Bool(full)
	integer(b, "spool", n.Spool, "B")
	integer(b, "spool_max", n.SpoolMax, "B")
	integer(b, "dropped", n.Dropped, "count")
}

// stuckChanged makes b the message heka.stuck: node is stuck, or is no longer.
func stuckChanged(st *api.Status, node string, stuck bool, b *msg.Builder) {
	severity, text := int64(severityError), node+": stuck: input waits, and nothing is done"
	if !stuck {
		severity, text = severityNotice, node+": goes on"
	}
	start(b, st, TypeStuck, severity)
	b.Payload = []byte(text)
	str(b, "node", node)
	b.Name([]byte("stuck"))
	b.Bool(stuck)
	for i := range st.Nodes {
		if n := &st.Nodes[i]; n.Name == node {
			integer(b, "queue", n.Queue, "B")
			integer(b, "spool", n.Spool, "B")
			integer(b, "lag", n.Lag, "B")
		}
	}
}

// spoolDamaged makes b the heka.gap of places where a spool was damaged.
func spoolDamaged(st *api.Status, n *api.Node, places int64, b *msg.Builder) {
	text := "the spool was damaged in 1 place"
	if places != 1 {
		text = "the spool was damaged in " + strconv.FormatInt(places, 10) + " places"
	}
	Lost(*st, &Gap{Node: n.Name, Offset: -1, Bytes: -1, Reason: text}, b)
}
