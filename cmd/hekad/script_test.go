package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"heka/cmd/hekad/api"
)

// TestScripts runs the scripts of testdata/script: daemons, and what one does with them.
// Beside the commands of testscript there are
//
//	await NODE FIELD OP VALUE   waits until a node of the daemon, as ps -o json shows it, is
//	                            such; hekad instead of a node is the daemon itself
//	awaitfile FILE REGEXP       waits until a file has something in it
//	status N COMMAND...         runs a command that is to exit with N
func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await":     await,
			"awaitfile": awaitFile,
			"status":    wantStatus,
		},
		Setup: func(env *testscript.Env) error {
			for _, v := range environment() {
				name, value, _ := strings.Cut(v, "=")
				if strings.HasPrefix(name, "HEKA_") || name == "NO_COLOR" || name == "COLUMNS" || name == "TZ" ||
					name == "LC_ALL" || name == "PATH" || name == "GORACE" {
					env.Setenv(name, value)
				}
			}
			env.Setenv("HEKA_STATE", filepath.Join(env.WorkDir, "state"))
			env.Setenv("EXAMPLES", filepath.Join(root, "examples"))
			return os.CopyFS(env.WorkDir, os.DirFS(filepath.Join(root, "cmd/hekad/testdata/logs")))
		},
	})
}

// until calls done until it says yes, and fails after a while with what it says.
func until(ts *testscript.TestScript, what []string, done func() (bool, string)) {
	limit := time.Now().Add(patience)
	for {
		yes, last := done()
		if yes {
			return
		}
		if time.Now().After(limit) {
			ts.Fatalf("%s: not so after %v: %s", strings.Join(what, " "), patience, last)
		}
		time.Sleep(50 * time.Millisecond) // between two looks: a daemon answers 50 times a second
	}
}

func await(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 4 || neg {
		ts.Fatalf("want NODE FIELD OP VALUE")
	}
	until(ts, args, func() (bool, string) {
		c, err := api.Dial(ts.Getenv("HEKA_STATE"))
		if err != nil {
			return false, err.Error()
		}
		defer c.Close()
		st, err := c.Status(context.Background())
		if err != nil {
			return false, err.Error()
		}
		var thing any = st
		if args[0] != "hekad" {
			thing = nil
			for i := range st.Nodes {
				if st.Nodes[i].Name == args[0] {
					thing = st.Nodes[i]
				}
			}
		}
		text, _ := json.Marshal(thing)
		var fields map[string]any
		json.Unmarshal(text, &fields) // of a node that is not there: none
		return is(fields[args[1]], args[2], args[3]), string(text)
	})
}

// is compares what a field has with a value; one that is not there is empty.
func is(have any, op, want string) bool {
	text := fmt.Sprint(have)
	if have == nil {
		text = ""
	}
	n, _ := have.(float64)
	w, err := strconv.ParseFloat(want, 64)
	switch {
	case op == "==" && err == nil && have != nil:
		return n == w
	case op == "==":
		return text == want
	case op == "!=":
		return text != want
	case op == ">=":
		return err == nil && n >= w
	case op == "<":
		return err == nil && n < w
	case op == "has":
		return strings.Contains(text, want)
	}
	panic("no such operator: " + op)
}

func awaitFile(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg {
		ts.Fatalf("want FILE REGEXP")
	}
	re := regexp.MustCompile("(?m)" + args[1])
	until(ts, args, func() (bool, string) {
		b, err := os.ReadFile(ts.MkAbs(args[0]))
		return err == nil && re.Match(b), string(b)
	})
}

func wantStatus(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("want STATUS COMMAND...")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := err.(*exec.ExitError)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("%s: status %d, want %s", strings.Join(args[1:], " "), got, args[0])
	}
}
