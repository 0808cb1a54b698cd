package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/api/apitest"
)

func TestReload(t *testing.T) {
	outcome := api.Outcome{}
	var failure error
	state, _ := serve(t, &apitest.Daemon{OnReload: func(context.Context) (api.Outcome, error) {
		return outcome, failure
	}})
	f := func(code int, stdout, stderr string) {
		t.Helper()
		got, out, errs := hekad(t, "reload", "--state", state)
		if got != code {
			t.Errorf("status %d, want %d", got, code)
		}
		want(t, "stdout", out, stdout)
		want(t, "stderr", errs, stderr)
	}
	outcome = api.Outcome{Took: true, Millis: 12.34}
	f(0, "reloaded in 12.3ms: nothing has changed\n", "")
	outcome = api.Outcome{Took: true, Millis: 1500, Added: []string{"a", "b"},
		Changed: []string{"c"}, Removed: []string{"d\x1b[2J"}}
	f(0, `
reloaded in 1.5s
+ a added
+ b added
~ c changed
- d\x1b[2J removed
`, "")
	outcome = api.Outcome{Errors: []string{
		"hekad.toml:3:1: no key mtach\n    mtach = 'x'\n    ^ did you mean match?",
		"hekad.toml:7:1: \x1b[2J",
	}}
	f(78, "", `
hekad.toml:3:1: no key mtach
    mtach = 'x'
    ^ did you mean match?
hekad.toml:7:1: \x1b[2J
hekad reload: refused; what ran before runs on
`)
	failure = errors.New("the daemon is going down")
	f(69, "", "hekad reload: the daemon is going down\n")
}

func TestLoad(t *testing.T) {
	script := filepath.Join(t.TempDir(), "slow.lua")
	const source = "function process_message() return 0 end\n"
	if err := os.WriteFile(script, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	var got api.Filter
	state, _ := serve(t, &apitest.Daemon{
		OnStatus: func() api.Status {
			return api.Status{Nodes: []api.Node{{Name: "slow", Loaded: true}, {Name: "store"}}}
		},
		OnLoad: func(f api.Filter) error {
			if got = f; f.Name == "store" {
				return api.Conflict("there is a node store", "choose another --name")
			}
			return nil
		},
	})
	code, out, errs := hekad(t, "load", script, "--match", "Type == 'x'", "--every", "10s", "--config", "a=b=c",
		"--config", "n=1", "--preserve", "--memory", "64MiB", "--replace", "--state", state)
	if code != 0 || errs != "" || out != "loaded slow; hekad tap slow shows what it emits\n" {
		t.Errorf("status %d, %q, %q", code, out, errs)
	}
	filter := api.Filter{
		Name: "slow", Script: source, Match: "Type == 'x'", Every: "10s", Preserve: true,
		Config: map[string]string{"a": "b=c", "n": "1"}, Memory: "64MiB", Replace: true,
	}
	if diff := cmp.Diff(filter, got); diff != "" {
		t.Errorf("the daemon got (-want +got)\n%s", diff)
	}
	f := func(code int, stdout, stderr string, args ...string) {
		t.Helper()
		got, out, errs := hekad(t, append(args, "--state", state)...)
		if got != code {
			t.Errorf("%v: status %d, want %d", args, got, code)
		}
		want(t, args[0], out, stdout)
		want(t, args[0], errs, stderr)
	}
	f(1, "", "hekad load: there is a node store; choose another --name\n",
		"load", script, "--match", "TRUE", "--name", "store")
	f(0, "unloaded slow\n", "", "unload", "slow")
	f(1, "", "hekad unload: node \"store\" stands in the configuration; take it out there, and reload\n",
		"unload", "store")
	f(2, "", "hekad unload: no loaded filter \"slo\"; did you mean slow?\n", "unload", "slo")
}

func TestGraph(t *testing.T) {
	state, _ := serve(t, &apitest.Daemon{OnStatus: clock(troubled), Config: api.Configuration{
		TOML: "[a]\n", Mermaid: "graph LR\n\ta\x1b\n", Dot: "digraph {}\n",
		Shell: map[string]string{"store": "heka-tail x | heka-out y\n"},
	}})
	f := func(stdout, stderr string, args ...string) {
		t.Helper()
		_, out, errs := hekad(t, append(args, "--state", state)...)
		want(t, args[0], out, stdout)
		want(t, args[0], errs, stderr)
	}
	f("graph LR\n\ta\\x1b\n", "", "graph")
	f("digraph {}\n", "", "graph", "-o", "dot")
	f("[a]\n", "", "graph", "-o", "toml")
	f("heka-tail x | heka-out y\n", "", "to-shell", "store")
	f("hekad tap --in status --state "+state+" | heka-filter lua http_status.lua\n", "",
		"to-shell", "status", "--tap")
	f("hekad tap --in mail --state "+state+" | heka-out smtp:x\n", "", "to-shell", "mail")
	f("", "hekad to-shell: no node \"stroe\"; did you mean store?\nhekad to-shell --help tells what it takes\n",
		"to-shell", "stroe")
	f("", "hekad to-shell: nginx is a source: it is given nothing; leave --tap out\n"+
		"hekad to-shell --help tells what it takes\n", "to-shell", "nginx", "--tap")
}

// TestGraphFile works on files, without a daemon.
func TestGraphFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hekad.toml")
	if err := os.WriteFile(file, []byte(`[nginx]
run = "heka-tail -f access.log | heka-decode nginx"
[store]
run = "heka-out out.json"
match = "Fields[status] >= 500"
`), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := hekad(t, "graph", "--config", file)
	if code != 0 || errs != "" || !strings.Contains(out, "heka-decode nginx") {
		t.Errorf("status %d, %s%s", code, out, errs)
	}
	code, out, errs = hekad(t, "to-shell", "store", "--config", file)
	if code != 0 || errs != "" || !strings.Contains(out,
		"heka-tail -f access.log | heka-decode nginx | heka-route 'Fields[status] >= 500' | heka-out out.json") {
		t.Errorf("status %d, %s%s", code, out, errs)
	}
	if err := os.WriteFile(file, []byte("[nginx]\nrnu = 'x'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs = hekad(t, "graph", "--config", file)
	if code != 78 || out != "" || !strings.Contains(errs, "hekad.toml:2:1") || !strings.Contains(errs, "did you mean run?") {
		t.Errorf("status %d, %s%s", code, out, errs)
	}
}

func TestDrain(t *testing.T) {
	state, _ := serve(t, &apitest.Daemon{OnDrain: func(ctx context.Context) error {
		if d, ok := ctx.Deadline(); !ok || time.Until(d) > 20*time.Second {
			<-ctx.Done()
			return ctx.Err()
		}
		if d, _ := ctx.Deadline(); time.Until(d) < 100*time.Millisecond {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}})
	code, out, errs := hekad(t, "drain", "--state", state)
	if code != 0 || errs != "" || out != "drained: the sources have ended, and all is delivered\n" {
		t.Errorf("status %d, %q, %q", code, out, errs)
	}
	code, out, errs = hekad(t, "drain", "--timeout", "1ms", "--state", state)
	if code != 75 || out != "" {
		t.Errorf("status %d, %q", code, out)
	}
	want(t, "drain", errs, "hekad drain: not all was delivered within 1ms; "+
		"the sources have ended, and delivery goes on: hekad ps shows what is left\n")
}

// TestStop stops a daemon whose process goes with its socket, one whose process stays,
// and one that does not end at all.
func TestStop(t *testing.T) {
	process := exec.Command("sleep", "1000")
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	pid := process.Process.Pid
	var state string
	var s *api.Server
	var ends atomic.Bool
	told := make(chan struct{}, 3) // which may be behind the answer
	stopped := make(chan struct{})
	d := &apitest.Daemon{
		OnStatus: func() api.Status { return api.Status{Pid: pid} },
		OnStop: func() {
			if ends.Load() {
				go func() {
					defer close(stopped)
					s.Close()
					process.Process.Kill()
				}()
			}
			told <- struct{}{}
		},
	}
	state, s = serve(t, d)
	code, out, errs := hekad(t, "stop", "--timeout", "100ms", "--state", state)
	if code != 75 || out != "" {
		t.Errorf("status %d, %q", code, out)
	}
	want(t, "stop", errs, fmt.Sprintf("hekad stop: hekad %d is stopping still after 100ms\n", pid))
	code, out, _ = hekad(t, "stop", "--timeout", "0", "--state", state)
	if code != 0 || out != fmt.Sprintf("hekad %d is stopping\n", pid) {
		t.Errorf("status %d, %q", code, out)
	}
	<-told
	<-told
	ends.Store(true)
	code, out, errs = hekad(t, "stop", "--timeout", "1m", "--state", state) // what it leaves is a zombie: we have not waited
	if code != 0 || errs != "" || out != fmt.Sprintf("hekad %d has stopped\n", pid) {
		t.Errorf("status %d, %q, %q", code, out, errs)
	}
	<-stopped
	process.Wait()
}
