package modules_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"heka/lib/msg"
	"heka/lib/sandbox"
	"heka/lib/sandbox/host"
	"heka/lib/sandbox/modules"
)

// fixed is the message that testdata/stub.lua has, too.
func fixed() *msg.View {
	m := msg.Message{
		Uuid: [16]byte([]byte("0123456789abcdef")), Timestamp: 54321e9, Type: "TEST",
		Logger: "my logger", Hostname: "host.example", Severity: 6, Pid: 42, Payload: "text",
		EnvVersion: "0.8",
		Fields: []msg.Field{
			{Name: "int", Value: []any{int64(999), int64(123)}},
			{Name: "str", Value: "a b"},
			{Name: "str", Value: []any{"second", `say "x"`, "third"}},
			{Name: "double", Value: 99.5},
			{Name: "negative", Value: int64(-5)},
			{Name: "large", Value: int64(12345678901234)},
			{Name: "yes", Value: true},
			{Name: "no", Value: false},
			{Name: "dotted.name", Value: int64(7)},
		},
	}
	var v msg.View
	v.Reset(m.Append(nil)[msg.HeaderSize:])
	return &v
}

// limits are those of a filter, but for the instructions and the output: a session
// is many calls in one.
func limits() host.Limits {
	l := sandbox.DefaultLimits
	l.Instructions = 100_000_000
	l.Output = 0
	return l
}

// transcript gathers what a script injects as the stub prints it.
type transcript struct{ strings.Builder }

func (tr *transcript) inject(b *msg.Builder) error {
	var v msg.View
	v.Reset(b.Append(nil)[msg.HeaderSize:])
	m := v.Message()
	kind := ""
	for _, f := range m.Fields {
		if f.Name == "payload_type" {
			kind, _ = f.Value.(string)
		}
	}
	switch {
	case kind == "answer":
		tr.WriteString(m.Payload + "\n" + between)
	case kind != "":
		tr.WriteString("payload " + kind + ": " + m.Payload + "\n")
	default:
		tr.WriteString("message " + strings.TrimPrefix(m.Type, "heka.sandbox.") + ": " + m.Payload + "\n")
	}
	return nil
}

// TestSandbox runs the sessions in our sandbox, as a filter.
func TestSandbox(t *testing.T) {
	show := readFile(t, "testdata/show.lua")
	for _, file := range sessionFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".repl"), func(t *testing.T) {
			s := readSession(t, file)
			say := "local function say(s) inject_payload('answer', '', s) end\n"
			source := s.script(show+say, "say") + "function process_message() answer() return 0 end\n"
			var out transcript
			run(t, source, &out)
			s.compare(t, split(out.String()))
		})
	}
}

func run(t *testing.T, source string, out *transcript) {
	t.Helper()
	script, err := sandbox.Compile("session.lua", source)
	if err != nil {
		t.Fatal(err)
	}
	sb, err := script.New(sandbox.Config{
		Use: sandbox.Filter, Name: "session", Limits: limits(), Inject: out.inject,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sb.Close()
	if _, err := sb.Process(fixed()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
}

// TestEach requires each module alone, in a filter with Heka's limits.
func TestEach(t *testing.T) {
	for _, name := range modules.Names() {
		source := "local m = require '" + name + "'\n" +
			"function process_message() assert(type(m) == 'table') return 0 end\n"
		script, err := sandbox.Compile("each.lua", source)
		if err != nil {
			t.Fatal(err)
		}
		sb, err := script.New(sandbox.Config{Use: sandbox.Filter, Limits: sandbox.DefaultLimits})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := sb.Process(fixed()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if used := sb.Meter().Peak().Memory; used > 2<<20 {
			t.Errorf("%s: %d bytes", name, used)
		}
		sb.Close()
	}
}

// TestState keeps the times of alerts and the annotations over a restart.
func TestState(t *testing.T) {
	script, err := sandbox.Compile("state.lua", `
local alert = require "alert"
local annotation = require "annotation"
require "string"
function process_message()
    local ns = read_message("Timestamp")
    local sent = alert.send(ns, "alert")
    annotation.add("graph", ns, 1, "A", "text")
    local n = #_ANNOTATIONS.graph.annotations
    annotation.prune("graph", ns)
    return -1, string.format("%s %d %d", tostring(sent), n, #_ANNOTATIONS.graph.annotations)
end`)
	if err != nil {
		t.Fatal(err)
	}
	const hour = 3600e9
	var state []byte
	f := func(ns int64, want string) {
		t.Helper()
		var out transcript
		sb, err := script.New(sandbox.Config{
			Use: sandbox.Filter, Limits: sandbox.DefaultLimits, Inject: out.inject, State: state,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer sb.Close()
		m := msg.Message{Timestamp: ns}
		var v msg.View
		v.Reset(m.Append(nil)[msg.HeaderSize:])
		r, err := sb.Process(&v)
		if err != nil {
			t.Fatal(err)
		}
		if r.Text != want {
			t.Errorf("at %d: %s, want %s", ns, r.Text, want)
		}
		if state, err = sb.Save(nil); err != nil {
			t.Fatal(err)
		}
	}
	f(2*hour, "true 1 1")
	f(2*hour+1, "false 2 2")
	f(4*hour, "true 3 3")
	f(26*hour, "true 4 2")
}

// accessLog is the log of the examples; HEKA_ACCESS_LOG names a larger one.
func accessLog(tb testing.TB) []string {
	tb.Helper()
	name := "../../../cmd/heka/testdata/access.log"
	if log := os.Getenv("HEKA_ACCESS_LOG"); log != "" {
		name = log
	}
	b, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	return slices.Collect(strings.Lines(string(b)))
}

// combined returns a sandbox that parses lines of Apache's combined format.
func combined(tb testing.TB) *sandbox.Sandbox {
	tb.Helper()
	script, err := sandbox.Compile("log.lua", `
local clf = require "common_log_format"
local grammar = clf.build_apache_grammar('%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\"')
function process_message()
    return grammar:match(read_message("Payload")) and 0 or -1
end`)
	if err != nil {
		tb.Fatal(err)
	}
	sb, err := script.New(sandbox.Config{Use: sandbox.Filter, Limits: sandbox.DefaultLimits})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(sb.Close)
	return sb
}

func payload(line string) *msg.View {
	m := msg.Message{Payload: line}
	var v msg.View
	v.Reset(m.Append(nil)[msg.HeaderSize:])
	return &v
}

func TestAccessLog(t *testing.T) {
	sb := combined(t)
	lines := accessLog(t)
	not := 0
	for _, line := range lines {
		r, err := sb.Process(payload(line))
		if err != nil {
			t.Fatal(err)
		}
		if r.Code != 0 {
			t.Logf("does not fit: %s", line)
			not++
		}
	}
	if not > len(lines)/1000 {
		t.Errorf("%d of %d lines do not fit", not, len(lines))
	}
}

func BenchmarkAccessLog(b *testing.B) {
	sb := combined(b)
	line := accessLog(b)[0]
	v := payload(line)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if r, err := sb.Process(v); err != nil || r.Code != 0 {
			b.Fatal(r, err)
		}
	}
}
