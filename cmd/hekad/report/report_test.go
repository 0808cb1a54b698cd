package report

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heka/cmd/hekad/api"
	"heka/lib/msg"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s: want (-), got (+):\n%s", name, d)
	}
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// standing is a daemon of four nodes, one of each role, with every number another one.
func standing() api.Status {
	st := api.Status{
		Pid: 77, Version: "1.0", Hostname: "web-1", State: "/var/lib/hekad", Started: noon,
		Now: noon.Add(90 * time.Second), Memory: 30 << 20, CPU: 1.5, Goroutine: 42,
		Reloads: 3, Refused: 1, Ready: true, Nodes: []api.Node{
			{Name: "nginx", State: api.Running, Run: "heka-tail -f a.log | heka-decode nginx",
				Out: 1000, OutBytes: 500000, Lag: 4096, Gaps: 1, GapBytes: 12, Blocked: true,
				BlockedBy: "store", BlockedS: 2.25},
			{Name: "again", State: api.Running, Run: "heka decode json", From: []string{"nginx"},
				In: 10, Out: 9, Errors: 1},
			{Name: "status", State: api.Waiting, Why: "x.lua:3: attempt to index a nil value",
				Run: "heka-filter lua x.lua", Match: `Type == "nginx.access"`, Restarts: 2, Looped: 5},
			{Name: "store", State: api.Running, Run: "heka-filter cut .a | heka-out out.json",
				Match: "TRUE", Isolated: true, Memory: 9 << 20, CPU: 0.125},
		},
	}
	for i, p := range []*int64{
		&st.Nodes[3].In, &st.Nodes[3].InBytes, &st.Nodes[3].Out, &st.Nodes[3].OutBytes, &st.Nodes[3].Errors,
		&st.Nodes[3].Dropped, &st.Nodes[3].Looped, &st.Nodes[3].Dead, &st.Nodes[3].Skipped,
		&st.Nodes[3].Restarts, &st.Nodes[3].Queue, &st.Nodes[3].QueueMax, &st.Nodes[3].Spool,
		&st.Nodes[3].SpoolMax, &st.Nodes[3].Damaged, &st.Nodes[3].Lag,
	} {
		*p = int64(101 + i)
	}
	st.Nodes[3].SpoolAge, st.Nodes[3].Blocks = 12.5, 0.75
	return st
}

// read returns the message that b holds.
func read(t *testing.T, b *msg.Builder) msg.Message {
	t.Helper()
	v, err := msg.Parse(b.Append(nil)[msg.HeaderSize:])
	if err != nil {
		t.Fatal(err)
	}
	return v.Message()
}

// show renders a message for a golden file, a field a line.
func show(m msg.Message) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %d %s %d %d %q\n", m.Type, m.Logger, m.Severity, m.Hostname, m.Pid,
		m.Timestamp, m.Payload)
	for _, f := range m.Fields {
		fmt.Fprintf(&b, "%s = %v %s\n", f.Name, f.Value, f.Rep)
	}
	return b.String()
}

func TestAllReport(t *testing.T) {
	var b msg.Builder
	AllReport(standing(), &b)
	m := read(t, &b)
	var report map[string][]map[string]any
	if err := json.Unmarshal([]byte(m.Payload), &report); err != nil {
		t.Fatal(err)
	}
	text, _ := json.MarshalIndent(report, "", " ")
	golden(t, "all-report.json", string(text)+"\n")
	m.Payload = ""
	golden(t, "all-report.txt", show(m))
	for list, all := range report {
		for _, one := range all {
			name, ok := one["Name"].(string)
			if !ok || name == "" {
				t.Errorf("%s: an element without a Name", list)
			}
			for field, v := range one {
				if field == "Name" {
					continue
				}
				o, _ := v.(map[string]any)
				_, hasRep := o["representation"].(string)
				if len(o) != 2 || !hasRep || o["value"] == nil {
					t.Errorf("%s %s %s: %v is not {value, representation}", list, name, field, v)
				}
			}
		}
	}
}

// TestHostileText wants names and errors of any bytes to leave the JSON whole.
func TestHostileText(t *testing.T) {
	const nasty = "\"</script>\n\x1b[31m\x00\xff\u202e"
	st := api.Status{Nodes: []api.Node{{Name: nasty, Why: nasty, Run: "'" + nasty, Match: nasty}}}
	var b msg.Builder
	AllReport(st, &b)
	if m := read(t, &b); !json.Valid([]byte(m.Payload)) {
		t.Errorf("no JSON: %s", m.Payload)
	}
	var w strings.Builder
	if err := Text(st, &w); err != nil || strings.ContainsAny(w.String(), "\x1b\x00\u202e") {
		t.Errorf("%v, %q", err, w.String())
	}
	for _, line := range NotReady(st, []Stuck{{Node: nasty, Why: nasty}}) {
		if strings.ContainsAny(line, "\n\x1b\x00\u202e") {
			t.Errorf("%q", line)
		}
	}
}

func TestNodeReport(t *testing.T) {
	var b msg.Builder
	st := standing()
	NodeReport(st, &st.Nodes[3], &b)
	golden(t, "node-report.txt", show(read(t, &b)))
}

// TestNumbers wants each number to be one in each form, under names of its own, and no
// number of a node to be forgotten.
func TestNumbers(t *testing.T) {
	for _, r := range []Role{Input, Decoder, Filter, Output} {
		seen := map[string]bool{}
		for i := range nodeNumbers {
			n := &nodeNumbers[i]
			if (n.whole == nil) == (n.real == nil) {
				t.Errorf("%s: not one of whole and real", n.field)
			}
			if n.counter != strings.HasSuffix(n.metric, "_total") {
				t.Errorf("%s: a counter's name ends in _total", n.metric)
			}
			for form, name := range []string{hekaName(n, r), n.field, n.metric} {
				key := fmt.Sprint(form, name)
				if name == "" || seen[key] {
					t.Errorf("%s %s: %q is empty or stands twice", r, n.field, name)
				}
				seen[key] = true
			}
		}
	}
	b, _ := json.Marshal(api.Node{})
	var fields map[string]any
	_ = json.Unmarshal(b, &fields)
	for i := range nodeNumbers {
		if _, ok := fields[nodeNumbers[i].field]; !ok {
			t.Errorf("%s is no key of api.Node", nodeNumbers[i].field)
		}
		delete(fields, nodeNumbers[i].field)
	}
	for _, text := range []string{"name", "state", "run", "since", "progress", "blocked_by"} {
		delete(fields, text)
	}
	for name := range fields {
		t.Errorf("api.Node has %s, which is in no report", name)
	}
}

func TestRoleOf(t *testing.T) {
	f := func(want Role, run string) {
		t.Helper()
		if got := RoleOf(&api.Node{Run: run, Match: "TRUE"}); got != want {
			t.Errorf("%s: %s, want %s", run, got, want)
		}
	}
	f(Output, "heka-out x.json")
	f(Output, "heka-filter head 3 | heka out x.json")
	f(Decoder, "heka-decode json | heka decode nginx")
	f(Filter, "heka-decode json | heka-filter head 3")
	f(Filter, "./mine.py 'heka-out'")
	f(Filter, "")
	f(Filter, "'heka-out")
	if got := RoleOf(&api.Node{Run: "heka-tail a | heka-out b"}); got != Input {
		t.Errorf("a source that is a whole pipeline: %s", got)
	}
}

func TestMemStat(t *testing.T) {
	var b msg.Builder
	MemStat(standing(), &runtime.MemStats{
		HeapSys: 1, HeapAlloc: 2, HeapIdle: 3, HeapInuse: 4, HeapReleased: 5, HeapObjects: 6,
	}, &b)
	m := read(t, &b)
	want := []msg.Field{
		{Name: "HeapSys", Value: int64(1), Rep: "B"}, {Name: "HeapAlloc", Value: int64(2), Rep: "B"},
		{Name: "HeapIdle", Value: int64(3), Rep: "B"}, {Name: "HeapInuse", Value: int64(4), Rep: "B"},
		{Name: "HeapReleased", Value: int64(5), Rep: "B"},
		{Name: "HeapObjects", Value: int64(6), Rep: "count"},
	}
	if d := cmp.Diff(want, m.Fields); d != "" || m.Type != "heka.memstat" || m.Logger != "hekad" {
		t.Errorf("%s %s\n%s", m.Type, m.Logger, d)
	}
}

func TestText(t *testing.T) {
	var w strings.Builder
	if err := Text(standing(), &w); err != nil {
		t.Fatal(err)
	}
	golden(t, "text.txt", w.String())
}

// TestManual wants hekad(8) to have each type of message, and each field of those that
// tell of numbers.
func TestManual(t *testing.T) {
	b, err := os.ReadFile("../../../man/hekad.8.md")
	if err != nil {
		t.Fatal(err)
	}
	row := func(typ string) string {
		_, rest, ok := strings.Cut(string(b), "\n| `"+typ+"` |")
		if !ok {
			t.Errorf("no %s", typ)
		}
		rest, _, _ = strings.Cut(rest, "\n")
		return rest
	}
	for _, typ := range []string{
		TypeNode, TypeSandbox, TypeTerminated, TypeReload, TypeStuck, TypeSpoolFull, TypeGap, TypeMemStat,
	} {
		row(typ)
	}
	words := func(s string) map[string]bool {
		all := map[string]bool{}
		for _, w := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,;.|`", r) }) {
			all[w] = true
		}
		return all
	}
	daemon, node := words(row(TypeAllReport)), words(row(TypeNodeReport))
	for i := range daemonNumbers {
		if !daemon[daemonNumbers[i].field] {
			t.Errorf("%s has no %s", TypeAllReport, daemonNumbers[i].field)
		}
	}
	for i := range nodeNumbers {
		if !node[nodeNumbers[i].field] {
			t.Errorf("%s has no %s", TypeNodeReport, nodeNumbers[i].field)
		}
	}
}
