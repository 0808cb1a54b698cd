package report

import (
	"io"
	"math"
	"strconv"
	"strings"

	"heka/cmd/hekad/api"
)

// MetricsType is the Content-Type of what Metrics writes.
const MetricsType = "text/plain; version=0.0.4; charset=utf-8"

// states are all that a node can be in, for hekad_node_state.
var states = []api.NodeState{
	api.Starting, api.Running, api.Waiting, api.Failed, api.Ended, api.Stopping,
}

// Metrics writes the numbers of st to w in Prometheus's text format, version 0.0.4: those
// of the daemon as hekad_*, those of nodes as hekad_node_* with the label node. The state
// of a node is hekad_node_state{node="a",state="running"} 1, with 0 for the other states.
func Metrics(st api.Status, w io.Writer) error {
	dst := make([]byte, 0, 4096+4096*len(st.Nodes))
	dst = family(dst, "hekad_info", "The version of the daemon, and its host.", false)
	dst = append(dst, "hekad_info"...)
	dst = append(label(append(dst, '{'), "version", st.Version), ',')
	dst = append(label(dst, "hostname", st.Hostname), "} 1\n"...)
	for i := range daemonNumbers {
		n := &daemonNumbers[i]
		name := "hekad_" + n.metric
		dst = family(dst, name, n.help, n.counter)
		dst = sample(append(dst, name...), n.value(&st))
	}
	if len(st.Nodes) == 0 {
		_, err := w.Write(dst)
		return err
	}
	for i := range nodeNumbers {
		n := &nodeNumbers[i]
		name := "hekad_node_" + n.metric
		dst = family(dst, name, n.help, n.counter)
		for j := range st.Nodes {
			dst = label(append(append(dst, name...), '{'), "node", st.Nodes[j].Name)
			dst = sample(append(dst, '}'), n.value(&st.Nodes[j]))
		}
	}
	dst = appendStates(dst, &st)
	_, err := w.Write(dst)
	return err
}

func appendStates(dst []byte, st *api.Status) []byte {
	const name = "hekad_node_state"
	dst = family(dst, name, "1 for the state the node is in, 0 for the others.", false)
	for i := range st.Nodes {
		for _, s := range states {
			dst = label(append(dst, name+"{"...), "node", st.Nodes[i].Name)
			dst = label(append(dst, ','), "state", string(s))
			dst = sample(append(dst, '}'), float64(truth(st.Nodes[i].State == s)))
		}
	}
	return dst
}

// family appends the two comment lines in front of the samples of a name.
func family(dst []byte, name, help string, counter bool) []byte {
	kind := "gauge"
	if counter {
		kind = "counter"
	}
	dst = append(dst, "# HELP "+name+" "...)
	dst = append(dst, strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(help)...)
	return append(dst, "\n# TYPE "+name+" "+kind+"\n"...)
}

// label appends a label. Its value is UTF-8, with three characters escaped.
func label(dst []byte, name, value string) []byte {
	dst = append(append(dst, name...), '=', '"')
	for _, r := range strings.ToValidUTF8(value, "\uFFFD") {
		switch r {
		case '\\', '"':
			dst = append(dst, '\\', byte(r))
		case '\n':
			dst = append(dst, `\n`...)
		default:
			dst = append(dst, string(r)...)
		}
	}
	return append(dst, '"')
}

// sample appends the value of a sample, and ends its line.
func sample(dst []byte, v float64) []byte {
	dst = append(dst, ' ')
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		dst = strconv.AppendInt(dst, int64(v), 10)
	} else {
		dst = strconv.AppendFloat(dst, v, 'g', -1, 64)
	}
	return append(dst, '\n')
}
