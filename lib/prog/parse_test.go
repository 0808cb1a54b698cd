package prog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"heka/lib/stage"
)

// through is a kind that lets everything through; a word "bad" is a mistake.
func through(name string) stage.Kind {
	return stage.Kind{
		Name: name,
		Doc:  "# " + name + ": lets everything through\n\n```console\n$ prog " + name + "\nx\n```\n",
		Args: "[WORD]",
		New: func(fs *pflag.FlagSet) stage.Make {
			fs.Int("depth", 3, "go `N` deep")
			return func(_ *stage.Env, args []string) (stage.Stage, error) {
				if len(args) > 0 && args[0] == "bad" {
					return nil, &stage.UsageError{Msg: name + ": bad word"}
				}
				return limiter(1), nil
			}
		},
	}
}

func wings() []Wing {
	kinds := []stage.Kind{through("alpha"), through("beta")}
	return []Wing{
		Tail(kinds[:1], "# heka-tail: makes messages\n"),
		Decode(kinds, "# heka-decode: decodes\n"),
		Filter(kinds, "# heka-filter: filters\n"),
		Out(kinds[:1], "# heka-out: delivers\n"),
	}
}

func TestParse(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		words := strings.Fields(line)
		for _, w := range wings() {
			if w.Name != words[0] {
				continue
			}
			c, err := w.Parse(words[1:], io.Discard)
			got := fmt.Sprint(err)
			if c != nil {
				got = fmt.Sprintf("%d stages", len(c.Stages))
			} else if err == nil {
				got = "help"
			}
			if got != want {
				t.Errorf("%s: got %q, want %q", line, got, want)
			}
		}
	}
	f("heka-decode alpha", "1 stages")
	f("heka-decode alpha --depth 5 -o json --limit 3", "1 stages")
	f("heka-decode --help", "help")
	f("heka-decode alpha --help", "help")
	f("heka-filter alpha then beta x then alpha", "3 stages")
	f("heka-decode", "which kind?; one of alpha, beta")
	f("heka-decode alhpa", `no kind "alhpa"; did you mean alpha?`)
	f("heka-filter alpha then bta", `no verb "bta"; did you mean beta?`)
	f("heka-filter alpha then", "nothing stands behind `then`; name a verb, like count")
	f("heka-decode alpha --dpeth 5", "unknown flag: --dpeth; did you mean --depth?")
	f("heka-decode alpha --depth x", "--depth x: want a whole number")
	f("heka-decode alpha --grace x", "--grace x: want a duration like 500ms, 10s or 1h")
	f("heka-decode alpha --max-line 0",
		"--max-line 0: want a size of 1B to 2GiB, like 65536, 64KiB or 1MB")
	f("heka-decode alpha bad --clock x --limit -1",
		"alpha: bad word\n--clock x: want wall or data\n--limit -1: want 0 (none) or more")
	f("heka-filter alpha bad then beta bad", "alpha: bad word\nbeta: bad word")
	f("heka-decode alpha --strict --fail f",
		"--strict ends at the first bad message, --fail keeps them: give one of the two")
}

func TestEnvironment(t *testing.T) {
	f := func(name, value, flag, want string) {
		t.Helper()
		t.Setenv(name, value)
		words := []string{"alpha"}
		if flag != "" {
			words = append(words, flag)
		}
		c, err := wings()[1].Parse(words, io.Discard)
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(c.opt.limit, c.opt.maxLine.Bytes, c.opt.strict)
		}
		if got != want {
			t.Errorf("%s=%s %s: got %q, want %q", name, value, flag, got, want)
		}
		os.Unsetenv(name)
	}
	f("HEKA_LIMIT", "5", "", "5 1048576 false")
	f("HEKA_LIMIT", "5", "--limit=7", "7 1048576 false")
	f("HEKA_LIMIT", "", "", "0 1048576 false")
	f("HEKA_MAX_LINE", "2KiB", "", "0 2048 false")
	f("HEKA_STRICT", "true", "", "0 1048576 true")
	f("HEKA_LIMIT", "x", "", "HEKA_LIMIT=x in the environment: want a whole number")
	f("HEKA_CLOCK", "x", "", "--clock x: want wall or data")
}

func TestParseLine(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		commands, _, err := parseLine(wings(), line)
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprintf("%d commands", len(commands))
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
	f("heka-tail x | heka-decode alpha | heka-out y", "3 commands")
	f("heka tail x | /usr/bin/heka-decode alpha", "2 commands")
	f("heka-decode alhpa | heka-filter bta", `heka-decode: no kind "alhpa"; did you mean alpha?`+
		"\n"+`heka-filter: no verb "bta"; did you mean beta?`)
	f("cat x | heka-decode alpha", "column 1: cat is none of heka's programs; "+
		"heka run joins those alone: give the line to a shell without it")
	f("heka-decode alpha | heka-tail x", "column 21: heka-tail reads no messages: it can only come first")
	f("heka-out x | heka-decode alpha", "column 1: heka-out passes nothing on: it can only come last")
	f("heka-decode alpha --help | heka-out", "heka-decode: --help stands in a pipeline; give it alone")
}

func TestExplain(t *testing.T) {
	f := Front{Wings: wings()}
	if code := f.explain([]string{"heka-tail x | nothing"}); code != ExitUsage {
		t.Errorf("explain of a mistake: status %d, want %d", code, ExitUsage)
	}
	if code := f.explain([]string{"heka-tail x | heka-decode alpha"}); code != ExitOK {
		t.Errorf("explain: status %d", code)
	}
}

func TestExitStatus(t *testing.T) {
	f := func(err error, want int) {
		t.Helper()
		if got := exitStatus(fmt.Errorf("outside: %w", err)); got != want {
			t.Errorf("%v: got %d, want %d", err, got, want)
		}
	}
	f(&stage.UsageError{Msg: "x"}, ExitUsage)
	f(fs.ErrNotExist, ExitUsage)
	f(stage.ErrBadData, ExitData)
	f(stage.ErrBug, ExitBug)
	f(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, ExitUnavailable)
	f(&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, ExitIO)
	f(io.ErrUnexpectedEOF, ExitIO)
	f(errors.New("anything else"), ExitIO)
	for _, err := range []error{nil, syscall.EPIPE, context.Canceled} {
		if got := Report("x", err); got != ExitOK {
			t.Errorf("Report of %v: got %d, want %d", err, got, ExitOK)
		}
	}
}

func TestStatsLine(t *testing.T) {
	c := &Command{Wing: wings()[1], Env: &stage.Env{}}
	c.Env.Stats.In.Store(10)
	c.Env.Stats.Bad.Store(2)
	want := "heka-decode: in 10 (0B) out 0 (0B) bad 2 in 2s, 5/s"
	if got := c.statsLine(2 * time.Second); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReadKeys(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		name := filepath.Join(t.TempDir(), "keys")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		keys, err := readKeys(name)
		got := fmt.Sprint(len(keys), " ", string(keys["ops_1"]))
		if err != nil {
			got = strings.ReplaceAll(err.Error(), name, "FILE")
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	f("", "0 ")
	f("# keys\n\nops_1   secret \nops_2 other\n", "2 secret")
	f("ops_1\n", "--keys FILE: line 1 is no SIGNER_VERSION and KEY; "+
		"write a signer, _, its version, a blank, and its key")
	if _, err := readKeys("/no/such/file"); err == nil {
		t.Error("no error of a file that is not there")
	}
	if keys, err := readKeys(""); keys != nil || err != nil {
		t.Errorf("without the flag: %v, %v", keys, err)
	}
}
