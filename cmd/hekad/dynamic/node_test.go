package dynamic

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/config"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/oneliner"
)

func TestNode(t *testing.T) {
	l := Loaded{
		Filter: api.Filter{
			Name: "slow", Match: ".ms > 5 || TRUE", Every: "10s", Preserve: true, Memory: "4MiB",
			Config: map[string]string{"rows": "5"}, TimerAtEnd: true,
		},
		Script: "/var/lib/hekad/loaded/slow.0123456789abcdef.lua",
		State:  "/var/lib/hekad/loaded/slow.fedcba9876543210.state/data",
	}
	g := &config.Global{
		Allow: "Type == 'a'", Memory: 64 << 20, Queue: 1 << 20, ModuleDirs: []string{"/a b"},
	}
	want := config.Node{
		Name: "slow",
		Run: "heka-filter lua /var/lib/hekad/loaded/slow.0123456789abcdef.lua --name slow " +
			"--timer-at-end=true --preserve /var/lib/hekad/loaded/slow.fedcba9876543210.state/data " +
			"--memory 4194304 --module-dir '/a b'",
		Match: "Type == 'a' && (Fields[ms] > 5 || TRUE)", Every: 10 * time.Second,
		Config: map[string]string{"rows": "5"}, Queue: 1 << 20, Full: config.DropNew, Isolate: true,
		Memory: 64 << 20, Loaded: true, File: "/var/lib/hekad/loaded/slow.json", Line: 1, Col: 1,
	}
	if d := cmp.Diff(want, Node(l, g), cmpopts.IgnoreUnexported(config.Node{})); d != "" {
		t.Error(d)
	}
	l.Filter.Memory, g.Memory = "512MiB", 64<<20
	if n := Node(l, g); !strings.Contains(n.Run, "--memory 67108864 ") {
		t.Error("more memory than the daemon allows:", n.Run)
	}
	g.Allow = "nonsense"
	if n := Node(l, g); n.Match != "FALSE" {
		t.Error("without a right to see it:", n.Match)
	}
}

// TestRuns wants the program to take the command line that Node makes.
func TestRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds heka-filter")
	}
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", bin, "heka/heka-filter")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	s := mustOpen(t, filepath.Join(t.TempDir(), "it's a $HOME *"))
	f := filter("kept")
	f.Script = "n = 0\nfunction process_message() n = n + 1 return 0 end\n" +
		"function timer_event() inject_payload('txt', 'n', read_config('x'), n) end\n"
	f.Preserve, f.TimerAtEnd, f.Memory, f.Every = true, true, "1MiB", ""
	n := Node(mustAdd(t, s, f), &config.Global{Memory: 64 << 20})
	for _, want := range []string{"5:1\n", "5:2\n"} { // the state is kept
		c := exec.Command("sh", "-c", "echo x | "+n.Run+" --config x='\"5:\"' -o text")
		c.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
		if out, err := c.CombinedOutput(); err != nil || string(out) != want {
			t.Errorf("%s: %v %q", n.Run, err, out)
		}
	}
	if err := s.Remove("kept"); err != nil || len(names(t, s.path)) > 0 {
		t.Error(err, names(t, s.path))
	}
}

// FuzzQuoted wants each text to be one word of a command line, and that word.
func FuzzQuoted(f *testing.F) {
	for _, text := range []string{"", "a b", "'", `\`, `a'; rm -rf / #`, "$(x)", "`x`", "\n", "*", "~", "é", "'\\''"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !speakable(text) {
			return
		}
		c, err := oneliner.Parse("a " + quoted(text) + " b")
		if err != nil || len(c) != 1 || !slices.Equal(c[0].Words, []string{"a", text, "b"}) {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	})
}

// views are messages on which expressions are tried.
func views(t testing.TB) []msg.View {
	t.Helper()
	var all []msg.View
	for _, m := range []msg.Message{
		{}, {Type: "a"}, {Type: "b"}, {Type: "a", Fields: []msg.Field{{Name: "x", Value: int64(1)}}},
		{Type: "b", Severity: 3, Fields: []msg.Field{{Name: "x", Value: "text"}}},
		{Type: "secret", Payload: "p", Hostname: "h", Fields: []msg.Field{{Name: "x", Value: true}}},
	} {
		v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// joins wants what Join makes of two expressions to be true where both are.
func joins(t testing.TB, allow, expr string) {
	t.Helper()
	a, err := match.Compile(allow)
	if err != nil {
		return
	}
	e, err := match.Compile(expr)
	both, jerr := Join(allow, expr)
	if err != nil {
		if jerr == nil {
			t.Errorf("%q is no expression, and was joined to %q", expr, both)
		}
		return
	}
	if jerr != nil {
		return // longer or deeper than an expression may be: nothing is selected
	}
	m, err := match.Compile(both)
	if err != nil {
		t.Fatalf("%q: %v", both, err)
	}
	for i, v := range views(t) {
		if m.Match(&v) != (a.Match(&v) && e.Match(&v)) {
			t.Errorf("message %d: %q and %q gave %q", i, allow, expr, both)
		}
	}
}

func TestJoin(t *testing.T) {
	f := func(allow, expr, want string) {
		t.Helper()
		got, err := Join(allow, expr)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q, %q: got %s, want %s", allow, expr, got, want)
		}
		joins(t, allow, expr)
	}
	f("", "Type == 'b'", "Type == 'b'")
	f("Type == 'a'", "TRUE", "Type == 'a' && TRUE")
	f("Type == 'a'", "TRUE || TRUE", "Type == 'a' && (TRUE || TRUE)")
	f("Type == 'a' || Type == 'b'", "!(Type == 'c')", "(Type == 'a' || Type == 'b') && !(Type == 'c')")
	f("Type == 'a'", "TRUE) || (TRUE", "error")
	f("Type == 'a'", "TRUE) || TRUE || (TRUE", "error")
	f("Type == 'a'", "TRUE)", "error")
	f("Type == 'a'", "Type == 'x' ' || TRUE", "error")
	f("Type == 'a'", "Type == ') || TRUE || ('", "Type == 'a' && Type == ') || TRUE || ('")
	f("Type == 'a'", `Payload =~ /\/) || TRUE || (/`, "error")
	f("Type == 'a'", "Fields[) || TRUE || (] == 'x'", "Type == 'a' && Fields[) || TRUE || (] == 'x'")
	f("Type == 'a'", "", "error")
	f("Type == 'a'", "TRUE\n|| TRUE # ", "error")
	f("nonsense", "TRUE", "error")
	f("TRUE", strings.Repeat("(", 999)+"TRUE"+strings.Repeat(")", 999), "TRUE && TRUE")
}

func FuzzJoin(f *testing.F) {
	f.Add("Type == 'a'", "TRUE) || (TRUE")
	f.Add("Type == 'a' || .x == 1", "Type == 'x' || !(.x != NIL)")
	f.Add("Type =~ /a/", `Payload =~ /\/) || TRUE || (/`)
	f.Fuzz(func(t *testing.T, allow, expr string) { joins(t, allow, expr) })
}
