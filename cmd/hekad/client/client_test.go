package client

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"go.uber.org/goleak"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/api/apitest"
)

func TestMain(m *testing.M) {
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "HEKA_") {
			os.Unsetenv(name)
		}
	}
	os.Setenv("TERM", "xterm")
	os.Unsetenv("NO_COLOR")
	goleak.VerifyTestMain(m)
}

// serve serves d, and returns its state folder, whose name is short enough for a
// socket's address.
func serve(t *testing.T, d *apitest.Daemon) (state string, s *api.Server) {
	t.Helper()
	state, err := os.MkdirTemp("", "h5-D")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(state) })
	s, err = api.Serve(context.Background(), d, api.ServeOptions{State: state})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return state, s
}

// output is where a command writes to in a test.
func output(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func content(t *testing.T, f *os.File) string {
	t.Helper()
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// hekad runs a command line, and returns its exit status and what it wrote.
func hekad(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	out, errs := output(t), output(t)
	code = execute(context.Background(), Options{Stdin: os.Stdin, Stdout: out, Stderr: errs}, args)
	return code, content(t, out), content(t, errs)
}

// execute runs a command line as hekad's main does.
func execute(ctx context.Context, opt Options, args []string) int {
	root := &cobra.Command{Use: "hekad", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(Commands(opt)...)
	root.SetOut(opt.Stdout)
	root.SetArgs(args)
	c, err := root.ExecuteContextC(ctx)
	return Report(opt.Stderr, "hekad "+c.Name(), err)
}

// want compares what a command wrote, with blanks at line ends left out.
func want(t *testing.T, what, got, want string) {
	t.Helper()
	lines := strings.Split(got, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	got = strings.Join(lines, "\n")
	if diff := cmp.Diff(strings.TrimLeft(want, "\n"), got); diff != "" {
		t.Errorf("%s: (-want +got)\n%s\n%s", what, diff, got)
	}
}

var started = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// troubled is a daemon at which much is wrong, some time after its start.
func troubled(up time.Duration) api.Status {
	n := int64(up / time.Second)
	return api.Status{
		Pid: 4242, Version: "5.0", Hostname: "web1", State: "/var/lib/hekad",
		Config: "/etc/hekad.toml", Started: started, Now: started.Add(up), Memory: 38 << 20,
		CPU: up.Seconds() / 10, Stuck: []string{"store"},
		Nodes: []api.Node{
			{
				Name: "nginx", State: api.Running, Since: started,
				Run: "heka-tail -f /var/log/nginx/*.log | heka-decode nginx",
				Out: n * 12_000, OutBytes: n * 5 << 20, Lag: 123 << 20, Gaps: 2, GapBytes: 70_000,
				Blocked: true, BlockedBy: "store", BlockedS: 75,
			},
			{
				Name: "status", State: api.Running, Since: started, Match: "Type == 'nginx.access'",
				Run: "heka-filter lua http_status.lua", In: n * 11_000, InBytes: n * 4 << 20,
				Out: n / 10, Errors: 3,
			},
			{
				Name: "store", State: api.Running, Since: started, From: []string{"nginx"},
				Run: "heka-out https://search.example:9200", In: n * 1000, InBytes: n << 19,
				Out: n * 500, OutBytes: n << 18, Queue: 15 << 20, QueueMax: 16 << 20,
				Spool: 990 << 20, SpoolMax: 1 << 30, SpoolAge: 4000, Restarts: 3, Dead: 17, CPU: up.Seconds() / 4,
			},
			{
				Name: "mail", State: api.Failed, Since: started, Match: "TRUE",
				Run: "heka-out smtp:x", Why: "dial \x1b[2Jmail.example: refused", Dropped: 1_234_567,
			},
		},
	}
}

// quiet is a daemon at which all is well.
func quiet(up time.Duration) api.Status {
	s := troubled(up)
	s.Stuck, s.Ready = nil, true
	s.Nodes = s.Nodes[:2]
	s.Nodes[0] = api.Node{Name: "nginx", State: api.Running, Out: 100, Since: started}
	s.Nodes[1].Errors = 0
	return s
}

// clock returns a status function whose time goes on by a second with each call.
func clock(f func(time.Duration) api.Status) func() api.Status {
	up := time.Hour
	return func() api.Status {
		up += time.Second
		return f(up)
	}
}

func TestNoDaemon(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{
		{"ps"}, {"top"}, {"tap", "x"}, {"reload"}, {"unload", "x"}, {"graph"}, {"to-shell", "x"},
		{"drain"}, {"stop"},
	} {
		code, out, errs := hekad(t, append(args, "--state", dir)...)
		if code != 69 || out != "" {
			t.Errorf("%v: status %d, %q", args, code, out)
		}
		want(t, args[0], errs, "hekad "+args[0]+": no daemon runs in "+dir+
			"; start one with hekad run FILE, or name its folder with --state\n")
	}
}

// TestMistakes makes mistakes in command lines: all are found before anything is asked.
func TestMistakes(t *testing.T) {
	script := filepath.Join(t.TempDir(), "slow.lua")
	if err := os.WriteFile(script, []byte("function process_message( return 0 end"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := func(line string, code int, text string) {
		t.Helper()
		args := strings.Fields(strings.ReplaceAll(line, "SCRIPT", script))
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "_", " ")
		}
		got, out, errs := hekad(t, append(args, "--state", "/nowhere")...)
		if code == 2 && !strings.HasPrefix(text, "no such file") {
			text += "\nhekad " + args[0] + " --help tells what it takes"
		}
		if got != code || out != "" {
			t.Errorf("%s: status %d, %q", line, got, out)
		}
		want(t, line, strings.ReplaceAll(errs, script, "SCRIPT"), "hekad "+args[0]+": "+text+"\n")
	}
	f("ps x", 2, `"x": no words are taken, but flags`)
	f("ps --al", 2, "unknown flag: --al; did you mean --all?")
	f("ps -o tabel", 2, "-o tabel; want table, csv or json")
	f("ps --over 1", 2, "--over 1: want a duration like 500ms, 10s or 1h")
	f("ps --over -1s", 2, "--over -1s; want 0 to 1h")
	f("ps --color red", 2, "--color red: want auto, always or never")
	f("top --every 1ms", 2, "--every 1ms; want 50ms to 1h")
	f("top --count x", 2, "--count x: want a whole number")
	f("top --sort eror", 2, "--sort eror: no such column; did you mean errors?")
	f("tap", 2, "want a node, and perhaps an expression; hekad ps lists the nodes")
	f("tap a b c", 2, "want a node, and perhaps an expression; hekad ps lists the nodes")
	f("tap nginx Typ_==_1", 2, "character 1: there is no variable Typ\n    Typ == 1\n    ^ did you mean Type?")
	f("tap nginx -o jsno", 2, `-o jsno: unknown format "jsno" (did you mean "json"?); `+
		"there are json, logfmt, csv, tsv, text, payload, template, protobuf")
	f("tap nginx --limit -1", 2, "--limit -1; want 0 (none) or more")
	f("tap nginx --tz Mars", 2, "--tz Mars: no such time zone; want a name like Europe/Berlin, UTC or Local")
	f("load", 2, "want the file of a Lua script; hekad load slow.lua --match TRUE")
	f("load SCRIPT", 2, "want --match EXPR: the messages that it is given; --match TRUE gives it all")
	f("load SCRIPT --match Typ", 2, "match: character 1: there is no variable Typ\n    Typ\n    ^ did you mean Type?")
	f("load SCRIPT --match TRUE --every 5", 2, "--every 5: want a duration like 500ms, 10s or 1h")
	f("load SCRIPT --match TRUE --every -5s", 2, `every "-5s": want a duration like 500ms, 10s or 1h`)
	f("load SCRIPT --match TRUE --config x", 2, "--config x: want NAME=VALUE")
	f("load SCRIPT --match TRUE --config x=1 --config x=2", 2, "--config x=2: there are two of x")
	f("load SCRIPT --match TRUE --memory lots", 2, `memory "lots": want a size like 8MiB`)
	f("load SCRIPT --match TRUE --name a/b", 2, "a/b is no name of a node: "+
		"want a-z, 0-9, _ and -, and a letter or digit first; did you mean a-b?")
	f("load SCRIPT --match TRUE", 65, "slow.lua:1: syntax error near 'return'")
	f("unload", 2, "want the name of a loaded filter; hekad ps lists the nodes")
	f("graph -o svg", 2, "-o svg; want mermaid, dot or toml")
	f("drain --timeout 0", 2, "--timeout 0s; want up to 24h")
	f("stop --timeout 48h", 2, "--timeout 48h0m0s; want up to 24h")
	f("doctor -o csv", 2, "-o csv; want table or json")
	code, _, errs := hekad(t, "load", "/nowhere.lua", "--match", "TRUE")
	if code != 2 {
		t.Errorf("status %d", code)
	}
	want(t, "a file that is not there", errs,
		"hekad load: open /nowhere.lua: no such file or directory\n")
}

// TestHelp wants each help to fit a screen, with an example in it.
func TestHelp(t *testing.T) {
	for _, c := range Commands(Options{}) {
		_, out, _ := hekad(t, c.Name(), "--help")
		if n := strings.Count(out, "\n"); n > 24 {
			t.Errorf("%s --help has %d lines", c.Name(), n)
		}
		for _, l := range strings.Split(out, "\n") {
			if len(l) > 110 {
				t.Errorf("%s --help: %d columns: %s", c.Name(), len(l), l)
			}
		}
		if !strings.Contains(out, "\n    $ hekad "+c.Name()) || !strings.Contains(out, "--state DIR") {
			t.Errorf("%s --help:\n%s", c.Name(), out)
		}
	}
}

func TestEnvironment(t *testing.T) {
	state, _ := serve(t, &apitest.Daemon{OnStatus: clock(quiet)})
	t.Setenv("HEKA_STATE", state)
	if code, _, errs := hekad(t, "ps", "--over", "0"); code != 0 {
		t.Errorf("HEKA_STATE: status %d: %s", code, errs)
	}
	t.Setenv("HEKA_OVER", "x")
	code, _, errs := hekad(t, "ps")
	if code != 2 {
		t.Errorf("status %d", code)
	}
	want(t, "HEKA_OVER", errs, "hekad ps: HEKA_OVER=x in the environment: want a duration like 500ms, "+
		"10s or 1h\nhekad ps --help tells what it takes\n")
}

func TestDefaultState(t *testing.T) {
	if os.Geteuid() == 0 {
		if got := DefaultState(); got != "/var/lib/hekad" {
			t.Errorf("root: %s", got)
		}
		return
	}
	f := func(xdg, home, want string) {
		t.Helper()
		t.Setenv("XDG_STATE_HOME", xdg)
		t.Setenv("HOME", home)
		if got := DefaultState(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	f("", "/home/x", "/home/x/.local/state/hekad")
	f("/s", "/home/x", "/s/hekad")
	f("s", "/home/x", "/home/x/.local/state/hekad")
}
