package report

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"heka/cmd/hekad/api"
	"heka/lib/msg"
)

// oneLine renders a message in a line: type, severity, payload, fields.
func oneLine(m msg.Message) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d %q", m.Type, m.Severity, m.Payload)
	for _, f := range m.Fields {
		fmt.Fprintf(&b, " %s=%v", f.Name, f.Value)
	}
	return b.String()
}

func TestEvents(t *testing.T) {
	st := standing()
	f := func(want string, fill func(b *msg.Builder)) {
		t.Helper()
		var b msg.Builder
		fill(&b)
		m := read(t, &b)
		if got := oneLine(m); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
		if m.Logger != "hekad" || m.Hostname != "web-1" || m.Pid != 77 || m.Timestamp != st.Now.UnixNano() {
			t.Errorf("%s: envelope %+v", m.Type, m)
		}
	}
	f(`heka.reload 5 "reload took: added a b, removed c" took=true ms=12.5 added=[a b] removed=[c]`,
		func(b *msg.Builder) {
			Reloaded(st, &api.Outcome{Took: true, Added: []string{"a", "b"}, Removed: []string{"c"}, Millis: 12.5}, b)
		})
	f(`heka.reload 5 "reload took: nothing changed" took=true ms=0`, func(b *msg.Builder) {
		Reloaded(st, &api.Outcome{Took: true}, b)
	})
	f(`heka.reload 4 "reload refused: a:1:2: x; b:3:4: y" took=false ms=0 errors=[a:1:2: x b:3:4: y]`,
		func(b *msg.Builder) {
			Reloaded(st, &api.Outcome{Errors: []string{"a:1:2: x", "b:3:4: y"}}, b)
		})
	f(`heka.sandbox-terminated 3 "process_message() x.lua:1: bad" plugin=status`, func(b *msg.Builder) {
		Terminated(st, "status", "process_message() x.lua:1: bad", true, b)
	})
	f(`heka.terminated 3 "store terminated. Error: exit status 78" plugin=store`, func(b *msg.Builder) {
		Terminated(st, "store", "exit status 78", false, b)
	})
	f(`heka.gap 3 "truncated" offset=7 bytes=9 file=/a.log node=nginx`, func(b *msg.Builder) {
		Lost(st, &Gap{Node: "nginx", Source: "/a.log", Offset: 7, Bytes: 9, Reason: "truncated"}, b)
	})
	f(`heka.node 4 "status: waiting: x.lua:3: attempt to index a nil value" node=status state=waiting was=running `+
		`why=x.lua:3: attempt to index a nil value restarts=2`, func(b *msg.Builder) {
		NodeChanged(st, &st.Nodes[2], api.Running, b)
	})
}

// TestChanges plays Statuses one after another, and wants the messages of each step.
func TestChanges(t *testing.T) {
	var c Changes
	st := api.Status{Now: noon, Nodes: []api.Node{
		{Name: "a", State: api.Starting}, {Name: "b", State: api.Running, SpoolMax: 100},
	}}
	a, b := &st.Nodes[0], &st.Nodes[1]
	step := func(want ...string) {
		t.Helper()
		var got []string
		var builder msg.Builder
		err := c.Next(st, &builder, func(m *msg.Builder) error {
			got = append(got, oneLine(read(t, m)))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
			t.Errorf("got\n%s\nwant\n%s", g, w)
		}
	}
	step(`heka.node 6 "a: starting" node=a state=starting was= restarts=0`,
		`heka.node 6 "b: running" node=b state=running was= restarts=0`)
	step()
	a.State = api.Running
	step(`heka.node 6 "a: running" node=a state=running was=starting restarts=0`)
	a.Restarts = 1 // it failed and came back between two looks
	step(`heka.node 6 "a: running" node=a state=running was=running restarts=1`)
	b.Spool = 94
	step()
	b.Spool = 95
	step(`heka.spool-full 4 "b: the spool is full" node=b full=true spool=95 spool_max=100 dropped=0`)
	b.Spool = 80
	step()
	b.Spool = 79
	step(`heka.spool-full 5 "b: the spool has room again" node=b full=false spool=79 spool_max=100 dropped=0`)
	b.Damaged = 2
	step(`heka.gap 3 "the spool was damaged in 2 places" node=b`)
	st.Stuck = []string{"b"}
	step(`heka.stuck 3 "b: stuck: input waits, and nothing is done" node=b stuck=true queue=0 spool=79 lag=0`)
	step()
	st.Stuck = nil
	step(`heka.stuck 5 "b: goes on" node=b stuck=false queue=0 spool=79 lag=0`)
	a.State, a.Why = api.Failed, "no such file"
	step(`heka.node 3 "a: failed: no such file" node=a state=failed was=running why=no such file restarts=1`)
	st.Nodes = nil
	step(`heka.node 6 "a: removed" node=a state=removed was=failed restarts=1`,
		`heka.node 6 "b: removed" node=b state=removed was=running restarts=0`)
	step()
}

func TestChangesError(t *testing.T) {
	var c Changes
	var b msg.Builder
	full := errors.New("full")
	st := api.Status{Nodes: []api.Node{{Name: "a", State: api.Running}}}
	if err := c.Next(st, &b, func(*msg.Builder) error { return full }); err != full {
		t.Errorf("got %v", err)
	}
}
