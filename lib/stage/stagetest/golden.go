package stagetest

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"heka/lib/oneliner"
	"heka/lib/session"
)

// Update tells Golden to rewrite sessions with what came out. Test packages that
// call Golden bind it to a flag.
func Update(fs *flag.FlagSet) *bool {
	return fs.Bool("update", false, "rewrite the sessions with what comes out")
}

// Golden runs the sessions of a Markdown file: the fenced blocks of "console", in
// which each line "$ command" is followed by what it writes, up to the next. The
// commands run by sh in a copy of the folder data, with bin first on the PATH, and
// what they write must be what stands there. A command that is a pipeline of our
// programs alone runs a second time, fused by heka run, and must say the same.
// With update the file is rewritten.
func Golden(t *testing.T, file, data, bin string, update bool) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := os.Stat(data); err == nil {
		if err := os.CopyFS(dir, os.DirFS(data)); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	rest := string(text)
	for {
		before, block, ok := strings.Cut(rest, "```console\n")
		out.WriteString(before)
		if !ok {
			break
		}
		var body string
		body, rest, _ = strings.Cut(block, "```")
		out.WriteString("```console\n" + runBlock(t, body, dir, bin) + "```")
	}
	if got := out.String(); got != string(text) && update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != string(text) {
		t.Errorf("%s: got\n%s", file, firstDifference(string(text), got))
	}
}

// runBlock runs the commands of one block and returns it with what came out.
func runBlock(t *testing.T, block, dir, bin string) string {
	t.Helper()
	var out strings.Builder
	for _, line := range strings.Split(block, "\n") {
		cmd, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue
		}
		got := shell(t, dir, bin, cmd, true)
		if fusible(cmd) {
			piped := shell(t, dir, bin, cmd, false)
			fused := shell(t, dir, bin, "heka run "+session.Quote(cmd), false)
			if piped != fused {
				t.Errorf("%s\nby pipes:\n%s\nfused:\n%s", cmd, piped, fused)
			}
		}
		out.WriteString(line + "\n" + got)
		if got != "" && !strings.HasSuffix(got, "\n") {
			out.WriteString("\n")
		}
	}
	return out.String()
}

// fusible reports whether heka run can do what the line does, to the letter: our
// programs alone, and nothing left behind that a second run would find.
func fusible(line string) bool {
	calls, err := oneliner.Parse(line)
	if err != nil || !session.Fusible(line) {
		return false
	}
	for _, c := range calls {
		if c.Out != "" {
			return false
		}
		for _, w := range c.Words[1:] {
			if w == "--fail" || w == "--to" || strings.HasPrefix(w, "--rotate") {
				return false
			}
		}
		if last := c.Words[len(c.Words)-1]; c.Words[0] == "heka-out" && strings.Contains(last, ".") {
			return false
		}
	}
	return true
}

// patience is how long a command of a session may take.
const patience = 30 * time.Second

// shell runs a command line and returns what it writes, stderr too if both is
// true, without what differs from run to run.
func shell(t *testing.T, dir, bin, line string, both bool) string {
	t.Helper()
	sh := session.Shell{
		Dir: dir, Timeout: patience, Merged: both,
		Env: append(os.Environ(), "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"),
			"HEKA_HOSTNAME=host.example", "TZ=UTC", "LC_ALL=C", "COLUMNS=100"),
	}
	// A status that is not 0 may be the point: sessions show it with echo $?
	r := sh.Run(context.Background(), "sh", "-c", line)
	if r.Failure != nil {
		t.Errorf("%s: %v", line, r.Failure)
	}
	return session.Plain(r.Out)
}

// firstDifference shows the lines around the first that differs.
func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range g {
		if i >= len(w) || w[i] != g[i] {
			return strings.Join(g[max(0, i-3):min(len(g), i+8)], "\n") +
				"\n--- want\n" + strings.Join(w[max(0, min(i, len(w))-3):min(len(w), i+8)], "\n")
		}
	}
	return "less than wanted"
}
