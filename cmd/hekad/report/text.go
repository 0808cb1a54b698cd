package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"heka/cmd/hekad/api"
)

// Text writes to w for people how everything stands, headed as Heka's: what the signal
// USR1 asks for. Numbers that are 0 are left out; control characters are escaped.
func Text(st api.Status, w io.Writer) error {
	var b strings.Builder
	b.WriteString("========[heka.all-report]========\n")
	fmt.Fprintf(&b, "hekad: pid %d, version %s, state %s, up %v\n",
		st.Pid, visible(st.Version), visible(st.State), st.Now.Sub(st.Started).Truncate(time.Second))
	for i := range daemonNumbers {
		line(&b, daemonNumbers[i].heka, &daemonNumbers[i], &st)
	}
	for _, list := range lists[1:] {
		first := true
		for i := range st.Nodes {
			n := &st.Nodes[i]
			role := RoleOf(n)
			if string(role) != list {
				continue
			}
			if first {
				b.WriteString("====" + list + "====\n")
				first = false
			}
			textNode(&b, n, role)
		}
	}
	b.WriteString("========\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func textNode(b *strings.Builder, n *api.Node, role Role) {
	b.WriteString(visible(n.Name + ": " + string(n.State) + because(n.Why)))
	if n.Blocked {
		b.WriteString(visible(", waits for " + n.BlockedBy))
	}
	b.WriteByte('\n')
	for i := range nodeNumbers {
		line(b, hekaName(&nodeNumbers[i], role), &nodeNumbers[i], n)
	}
}

func line[T any](b *strings.Builder, name string, n *number[T], of *T) {
	if v := n.value(of); v != 0 {
		unit := ""
		if n.rep != "count" {
			unit = " " + n.rep
		}
		fmt.Fprintf(b, "    %s: %s%s\n", name, strings.TrimSpace(string(sample(nil, v))), unit)
	}
}
