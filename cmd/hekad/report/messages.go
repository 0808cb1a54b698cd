package report

import (
	"runtime"
	"strconv"

	"heka/cmd/hekad/api"
	"heka/lib/encode"
	"heka/lib/msg"
)

// lists are the keys of heka.all-report, all of which are always there.
var lists = []string{
	"globals", string(Input), "splitters", string(Decoder), "encoders", string(Filter), string(Output),
}

// AllReport makes b the message heka.all-report of st: how everything stands, in the
// payload as JSON in the shape of Heka's. Each key (globals, inputs, splitters, decoders,
// encoders, filters, outputs) has a list of objects with Name, and for each number
// {"value": ..., "representation": ...}. Nodes stand under what they are, RoleOf; the
// daemon stands in globals, as hekad. The numbers of the daemon are fields besides.
func AllReport(st api.Status, b *msg.Builder) {
	start(b, &st, TypeAllReport, severityInfo)
	b.Payload = appendReport(nil, &st)
	for i := range daemonNumbers {
		field(b, &daemonNumbers[i], &st)
	}
}

// NodeReport makes b the message heka.node-report of n, a node of st: its numbers as
// fields, for expressions and filters: Type == 'heka.node-report' && Fields[lag] > 1e9.
func NodeReport(st api.Status, n *api.Node, b *msg.Builder) {
	start(b, &st, TypeNodeReport, severityInfo)
	str(b, "node", n.Name)
	str(b, "role", string(RoleOf(n)))
	str(b, "state", string(n.State))
	str(b, "blocked_by", n.BlockedBy)
	for i := range nodeNumbers {
		field(b, &nodeNumbers[i], n)
	}
}

// MemStat makes b the message heka.memstat of m, with Heka's fields: the heap of the
// daemon, its child processes not among it.
func MemStat(st api.Status, m *runtime.MemStats, b *msg.Builder) {
	start(b, &st, TypeMemStat, severityInfo)
	for _, f := range []struct {
		name string
		n    uint64
	}{
		{"HeapSys", m.HeapSys}, {"HeapAlloc", m.HeapAlloc}, {"HeapIdle", m.HeapIdle},
		{"HeapInuse", m.HeapInuse}, {"HeapReleased", m.HeapReleased},
	} {
		integer(b, f.name, int64(f.n), "B")
	}
	integer(b, "HeapObjects", int64(m.HeapObjects), "count")
}

// field adds a number to b.
func field[T any](b *msg.Builder, n *number[T], of *T) {
	b.Name([]byte(n.field))
	if n.whole != nil {
		b.Int(n.whole(of))
	} else {
		b.Float(n.real(of))
	}
	b.Rep(n.rep)
}

func appendReport(dst []byte, st *api.Status) []byte {
	roles := make([]Role, len(st.Nodes))
	for i := range st.Nodes {
		roles[i] = RoleOf(&st.Nodes[i])
	}
	dst = append(dst, '{')
	for i, list := range lists {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(quoted(dst, list), ":["...)
		first := true
		if list == "globals" {
			dst, first = appendGlobals(dst, st, roles), false
		}
		for i := range st.Nodes {
			if string(roles[i]) != list {
				continue
			}
			if !first {
				dst = append(dst, ',')
			}
			dst, first = appendNode(dst, &st.Nodes[i], roles[i]), false
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// appendGlobals appends the daemon, and Heka's Router, which has seen all messages that
// nodes emitted to others.
func appendGlobals(dst []byte, st *api.Status, roles []Role) []byte {
	dst = quoted(append(dst, `{"Name":`...), "hekad")
	for i := range daemonNumbers {
		dst = appendNumber(dst, daemonNumbers[i].heka, &daemonNumbers[i], st)
	}
	dst = appendText(dst, "Version", st.Version)
	routed := int64(0)
	for i := range st.Nodes {
		if roles[i] != Output {
			routed += st.Nodes[i].Out
		}
	}
	dst = quoted(append(dst, `},{"Name":`...), "Router")
	dst = append(dst, `,"ProcessMessageCount":{"value":`...)
	dst = strconv.AppendInt(dst, routed, 10)
	return append(dst, `,"representation":"count"}}`...)
}

func appendNode(dst []byte, n *api.Node, role Role) []byte {
	dst = quoted(append(dst, `{"Name":`...), n.Name)
	dst = appendText(dst, "State", string(n.State))
	for i := range nodeNumbers {
		dst = appendNumber(dst, hekaName(&nodeNumbers[i], role), &nodeNumbers[i], n)
	}
	for _, t := range [][2]string{
		{"BlockedBy", n.BlockedBy}, {"Error", n.Why}, {"Matcher", n.Match}, {"Run", n.Run},
	} {
		if t[1] != "" {
			dst = appendText(dst, t[0], t[1])
		}
	}
	return append(dst, '}')
}

func appendNumber[T any](dst []byte, name string, n *number[T], of *T) []byte {
	dst = append(quoted(append(dst, ','), name), `:{"value":`...)
	if n.whole != nil {
		dst = strconv.AppendInt(dst, n.whole(of), 10)
	} else {
		dst = encode.AppendFloat(dst, n.real(of))
	}
	dst = quoted(append(dst, `,"representation":`...), n.rep)
	return append(dst, '}')
}

func appendText(dst []byte, name, s string) []byte {
	dst = append(quoted(append(dst, ','), name), `:{"value":`...)
	dst = quoted(dst, s)
	return append(dst, `,"representation":""}`...)
}

func quoted(dst []byte, s string) []byte { return encode.AppendJSONString(dst, []byte(s)) }
