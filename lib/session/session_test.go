package session

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func parse(t *testing.T, text string) *Session {
	t.Helper()
	s, err := Parse("a.session", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParse(t *testing.T) {
	f := func(text string, want ...Command) {
		t.Helper()
		got := parse(t, text).Commands
		if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Command{})); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
	f("$ a\n", Command{Line: 1, Text: "a"})
	f("$ a", Command{Line: 1, Text: "a"})
	f("# about\n\n$ a b\nx\ny\n", Command{Line: 3, Text: "a b", Want: "x\ny\n"})
	f("$ a\nx", Command{Line: 1, Text: "a", Want: "x\n"})
	f("$ a\nx\n[status 65]\n", Command{Line: 1, Text: "a", Want: "x\n", Status: 65})
	f("$ a\n[status 1]\n\n", Command{Line: 1, Text: "a", Status: 1})
	f("$ a\n[status 1]\nx\n", Command{Line: 1, Text: "a", Want: "[status 1]\nx\n"})
	f("$ a\n[status 0]\n", Command{Line: 1, Text: "a", Want: "[status 0]\n"})
	f("$ a\n[status 256]\n", Command{Line: 1, Text: "a", Want: "[status 256]\n"})
	f("$ a\nx\n\n# b\n\n$ b\n\ny\n\n", Command{Line: 1, Text: "a", Want: "x\n"},
		Command{Line: 6, Text: "b", Want: "\ny\n"})
	f("$ a\n# x\ny\n", Command{Line: 1, Text: "a", Want: "# x\ny\n"})
	f("$ a\ny\n\\# x\n\\\n", Command{Line: 1, Text: "a", Want: "y\n# x\n\n"})
	f("$ a\n\\$ b\n\\-- x --\n\\\\\n\\[status 3]\n",
		Command{Line: 1, Text: "a", Want: "$ b\n-- x --\n\\\n[status 3]\n"})
	f("$ a \\\n> | b\nx\n", Command{Line: 1, Text: "a \\\n| b", Want: "x\n"})
	f("$ a\n$b\n$\n", Command{Line: 1, Text: "a", Want: "$b\n$\n"})
	f("$ a\n--  --\n", Command{Line: 1, Text: "a", Want: "--  --\n"})
	f("$ a\n-- f --\n$ b\n", Command{Line: 1, Text: "a"})
}

func TestParseFiles(t *testing.T) {
	got := parse(t, "$ a\nx\n\n-- f --\n1\n\n# 2\n$ 3\n-- d/g --\n-- h --\n4").Files
	want := []File{{"f", []byte("1\n\n# 2\n$ 3\n")}, {"d/g", []byte{}}, {"h", []byte("4")}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestParseMistakes(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		_, err := Parse("d/a.session", []byte(text))
		if err == nil || err.Error() != strings.Join(want, "\n") {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	f("", `d/a.session:1: there is no command: a command starts with "$ "`)
	f("# x\n", `d/a.session:1: there is no command: a command starts with "$ "`)
	f("\nx\ny\n$ a\n", `d/a.session:2: "x" stands in front of the first command: comments start with #`)
	f("$ a\n$  \n", "d/a.session:2: there is no command behind the $")
	f("$ a\r\nx\r\n", "d/a.session:1: the line ends in CR LF: want LF alone")
	f("$ a\x00\n", "d/a.session:1: there is a NUL in the command")
	f("$ a \\\nx\n",
		`d/a.session:1: the command ends in a backslash: it goes on in a line that starts with "> "`)
	f("$ a\n-- ../f --\n-- /f --\n-- ./f --\n",
		`d/a.session:2: "../f" is no name of a file below the session's folder`,
		`d/a.session:3: "/f" is no name of a file below the session's folder`,
		`d/a.session:4: "./f" is no name of a file below the session's folder`)
	f("$ a\n-- f --\n-- f --\n", `d/a.session:3: there are two files "f"`)
	f(strings.Repeat("#", MaxSize+1), "d/a.session: more than 4194304 bytes are no session")
}

func TestUpdate(t *testing.T) {
	f := func(text, want string, got ...Result) {
		t.Helper()
		if d := cmp.Diff(want, string(parse(t, text).Update(got))); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
	x := Result{Out: "x\n"}
	f("$ a", "$ a\nx\n", x)
	f("$ a", "$ a", Result{})
	f("$ a\nx", "$ a\nx", x)
	f("$ a\ny", "$ a\nx\n", x)
	f("# c\n\n$ a\ny\n[status 3]\n\n# d\n$ b\n-- f --\nz",
		"# c\n\n$ a\nx\n\n# d\n$ b\nx\n[status 4]\n-- f --\nz", x, Result{Err: "x", Status: 4})
	f("$ a\n\\x\n", "$ a\n\\x\n", x) // no escape is needed, and none is taken away
	f("$ a\n", "$ a\ny\nx\n", Result{Out: "y", Err: "x"})
	f("$ a\ny\n", "$ a\n", Result{})
	f("$ a\ny\n", "$ a\ny\n", Result{Out: "x", Failure: errors.New("late")})
	f("$ a\n", "$ a\n\\$ b\n\\-- f --\n\\\\\n#\n\n[status 1]\n\\# c\n",
		Result{Out: "$ b\n-- f --\n\\\n#\n\n[status 1]\n# c\n"})
	f("$ a\n", "$ a\n\\[status 1]\n", Result{Out: "[status 1]\n"})
	f("$ a\n", "$ a\n\\\n", Result{Out: "\n"})
	f("$ a\n", "$ a\n\n[status 2]\n", Result{Out: "\n", Status: 2})
}

// FuzzParse wants no panic, a session that is what was wanted to stay as it is, and
// what is written into one to be read from it.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"# c\n\n$ a | b\nx\n\n[status 65]\n\n# d\n$ b\n-- f --\nz\n-- g/h --\n",
		"$ a \\\n> b\n\\$ x\n\\", "$ a\r\n", "$ a\n#\n\t\n$ b", "x",
	} {
		f.Add(s, "x\n\n# y", "e\n", 0)
		f.Add(s, "\\\n$ a\n-- f --", "\n", 65)
		f.Add(s, "[status 3]", "", 0)
	}
	f.Fuzz(func(t *testing.T, text, out, errs string, status int) {
		s, err := Parse("a", []byte(text))
		if err != nil {
			return
		}
		same := make([]Result, len(s.Commands))
		other := make([]Result, len(s.Commands))
		for i, c := range s.Commands {
			same[i] = Result{Out: c.Want, Status: c.Status}
			other[i] = Result{Out: out, Err: errs, Status: int(uint8(status))}
		}
		if got := string(s.Update(same)); got != text {
			t.Fatalf("was %q, is %q", text, got)
		}
		changed := s.Update(other)
		if len(changed) > MaxSize {
			return
		}
		again, err := Parse("a", changed)
		if err != nil {
			t.Fatalf("%v in %q", err, changed)
		}
		if len(again.Commands) != len(s.Commands) {
			t.Fatalf("%d commands of %d in %q", len(again.Commands), len(s.Commands), changed)
		}
		if d := cmp.Diff(s.Files, again.Files); d != "" {
			t.Fatal(d)
		}
		for i, c := range again.Commands {
			if c.Text != s.Commands[i].Text || !other[i].Is(c) {
				t.Fatalf("%+v in %q", c, changed)
			}
		}
		if twice := string(again.Update(other)); twice != string(changed) {
			t.Fatalf("was %q, is %q", changed, twice)
		}
	})
}
