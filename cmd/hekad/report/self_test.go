package report

import (
	"errors"
	"strings"
	"testing"
	"time"

	"heka/cmd/hekad/api"
	"heka/lib/msg"
)

// TestSelf plays half a minute of a daemon whose output gets stuck.
func TestSelf(t *testing.T) {
	s := Self{Every: 5 * time.Second}
	st := api.Status{Now: noon, Nodes: []api.Node{
		{Name: "tail", State: api.Running}, {Name: "store", State: api.Running, Queue: 5},
	}}
	types := map[string]int{}
	var order []string
	for i := range 36 {
		st.Now = noon.Add(time.Duration(i)*time.Second - time.Duration(i%3)*10*time.Millisecond)
		err := s.Second(&st, func(b *msg.Builder) error {
			m := read(t, b)
			if types[m.Type]++; m.Type == TypeStuck {
				order = append(order, m.Payload)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if st.Ready != (i < 30) {
			t.Errorf("second %d: ready %v", i, st.Ready)
		}
	}
	want := map[string]int{
		TypeNode: 2, TypeAllReport: 8, TypeNodeReport: 16, TypeMemStat: 8, TypeStuck: 1,
	}
	for typ, n := range want {
		if types[typ] != n {
			t.Errorf("%s: %d, want %d", typ, types[typ], n)
		}
	}
	if len(types) != len(want) || strings.Join(order, "") != "store: stuck: input waits, and nothing is done" {
		t.Errorf("%v %v", types, order)
	}
}

func TestSelfSilent(t *testing.T) {
	var s Self
	st := api.Status{Now: noon}
	n := 0
	for range 100 {
		st.Now = st.Now.Add(time.Second)
		if err := s.Second(&st, func(*msg.Builder) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if n != 0 {
		t.Errorf("%d messages of a daemon without nodes or reports", n)
	}
}

// TestSelfError wants an error to come back, and the Watch to have been fed before.
func TestSelfError(t *testing.T) {
	s := Self{Every: time.Second}
	full := errors.New("full")
	st := api.Status{Now: noon}
	if err := s.Second(&st, func(*msg.Builder) error { return full }); err != full || !s.Watch.Fed().Equal(noon) {
		t.Errorf("%v, fed %v", err, s.Watch.Fed())
	}
}

func TestSummary(t *testing.T) {
	f := func(want string, st api.Status) {
		t.Helper()
		if got := Summary(st, nil); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	run := api.Node{Name: "a", State: api.Running}
	bad := api.Node{Name: "b", State: api.Waiting, Why: "no route"}
	f("1 node runs", api.Status{Nodes: []api.Node{run}})
	f("2 nodes run", api.Status{Nodes: []api.Node{run, run}})
	f("b: waiting: no route", api.Status{Nodes: []api.Node{run, bad}})
	f("b: waiting: no route (and 1 more)", api.Status{Nodes: []api.Node{bad, bad}})
}
