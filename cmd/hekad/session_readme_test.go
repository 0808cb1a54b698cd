package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"heka/lib/session"
)

// looks are commands that may be given again and again until they show what is wanted:
// a daemon that has just been started is not there at once.
var looks = regexp.MustCompile(`^(hekad (ps|reload \| tail)|cut|cat|head) `)

// TestReadme runs the blocks of "shell-session" of our README, as written.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/logs")); err != nil {
		t.Fatal(err)
	}
	all := blocks(string(text), "shell-session")
	if len(all) < 15 {
		t.Fatalf("%d commands", len(all))
	}
	env := environment()
	for _, l := range all {
		if exported, ok := strings.CutPrefix(l.text, "export "); ok {
			env = append(env, strings.ReplaceAll(exported, "$PWD", dir))
			continue
		}
		limit := time.Now().Add(patience)
		got := shell(t, dir, env, l.text)
		for got != l.want && looks.MatchString(l.text) && time.Now().Before(limit) {
			time.Sleep(100 * time.Millisecond) // between two looks
			got = shell(t, dir, env, l.text)
		}
		if got != l.want {
			log, _ := os.ReadFile(filepath.Join(dir, "hekad.log"))
			t.Fatalf("%s\n%s%s", l.text, session.Diff(l.want, got, false), log)
		}
	}
}

// shell runs a line and returns what it wrote, stderr too. What it leaves in the
// background is killed at the end of the test.
func shell(t *testing.T, dir string, env []string, line string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	f, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := exec.CommandContext(ctx, "sh", "-c", line)
	c.Dir, c.Env, c.Stdout, c.Stderr = dir, env, f, f // a file: nobody waits for what goes on
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = c.Run()
	if strings.HasSuffix(line, "&") {
		t.Cleanup(func() { syscall.Kill(-c.Process.Pid, syscall.SIGKILL) })
	}
	if ctx.Err() != nil {
		syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		t.Fatalf("%s: %v", line, ctx.Err())
	}
	out, rerr := os.ReadFile(f.Name())
	if rerr != nil {
		t.Fatal(err, rerr)
	}
	return string(out)
}
