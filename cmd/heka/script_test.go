package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the scripts of testdata/script. Each has sessions in it: lines
// "$ command" for a shell, and behind each what it writes, stdout before stderr, and
// its status if it is not 0. With -update they are rewritten.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"session": func(ts *testscript.TestScript, _ bool, args []string) { session(ts, args, false) },
			"fused":   func(ts *testscript.TestScript, _ bool, args []string) { session(ts, args, true) },
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
			env.Setenv("HEKA_HOSTNAME", "host.example")
			env.Setenv("TZ", "UTC")
			env.Setenv("LC_ALL", "C")
			env.Setenv("NO_COLOR", "1")
			for _, name := range []string{"access.log", "app.log"} {
				b, err := os.ReadFile(filepath.Join("testdata", name))
				if err == nil {
					err = os.WriteFile(filepath.Join(env.WorkDir, name), b, 0o644)
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	})
}

// session runs the commands of a file and writes to the script's stdout what the file
// should be, for cmp to compare. With fused, each is run by heka run as well, and must
// give the same output and status.
func session(ts *testscript.TestScript, args []string, fused bool) {
	if len(args) != 1 {
		ts.Fatalf("want one session file")
	}
	env := os.Environ()
	for _, k := range []string{"PATH", "HEKA_HOSTNAME", "TZ", "LC_ALL", "NO_COLOR"} {
		env = append(env, k+"="+ts.Getenv(k))
	}
	for _, line := range strings.SplitAfter(ts.ReadFile(args[0]), "\n") {
		cmd, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			if strings.HasPrefix(line, "# ") || line == "\n" {
				fmt.Fprint(ts.Stdout(), line)
			}
			continue
		}
		cmd = strings.TrimSuffix(cmd, "\n")
		got := runShell(ts, env, "sh", "-c", cmd)
		if fused {
			if f := runShell(ts, env, "heka", "run", cmd); f.out != got.out || f.status != got.status {
				ts.Fatalf("%s\nby pipes: [%d]\n%s%s\nfused: [%d]\n%s%s", cmd,
					got.status, got.out, got.err, f.status, f.out, f.err)
			}
		}
		fmt.Fprintf(ts.Stdout(), "%s%s%s", line, ended(got.out), ended(got.err))
		if got.status != 0 {
			fmt.Fprintf(ts.Stdout(), "[%d]\n", got.status)
		}
	}
}

func ended(s string) string {
	if s != "" && !strings.HasSuffix(s, "\n") {
		return s + "\n"
	}
	return s
}

// result is what a command came to.
type result struct {
	out, err string
	status   int
}

// patience is how long a command may take, also on a busy machine under the race
// detector.
const patience = 60 * time.Second

func runShell(ts *testscript.TestScript, env []string, words ...string) result {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	name := words[0]
	if name == "heka" {
		name = filepath.Join(bin, name)
	}
	c := exec.CommandContext(ctx, name, words[1:]...)
	c.Dir, c.Env = ts.MkAbs("."), env
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = time.Second
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if ctx.Err() != nil || err != nil && !errors.As(err, &exit) {
		ts.Fatalf("%s: %v, %v", words, err, ctx.Err())
	}
	return result{out.String(), errs.String(), c.ProcessState.ExitCode()}
}

// TestHelp checks that the help of every program, kind and command fits a screen,
// goes to stdout, and is a success.
func TestHelp(t *testing.T) {
	const lines, columns = 45, 110
	f := func(words ...string) {
		t.Helper()
		c := exec.Command(filepath.Join(bin, words[0]), append(words[1:], "--help")...)
		var out, errs bytes.Buffer
		c.Stdout, c.Stderr = &out, &errs
		if err := c.Run(); err != nil || errs.Len() > 0 || out.Len() == 0 {
			t.Errorf("%s --help: %v, %q on stderr", words, err, errs.String())
		}
		text := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if len(text) > lines {
			t.Errorf("%s --help: %d lines, want at most %d", words, len(text), lines)
		}
		for _, l := range text {
			if n := len([]rune(l)); n > columns {
				t.Errorf("%s --help: %d columns, want at most %d: %s", words, n, columns, l)
			}
		}
	}
	f("heka")
	for _, v := range []string{"run", "explain", "demo", "test", "completion", "version"} {
		f("heka", v)
	}
	f("heka-test")
	for _, w := range front.Wings {
		f(w.Name)
		f("heka", strings.TrimPrefix(w.Name, "heka-"))
		for _, k := range w.Kinds {
			if len(w.Kinds) > 1 {
				f(w.Name, k.Name)
			}
		}
	}
}
