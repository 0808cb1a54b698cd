package modules_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"heka/lib/sandbox/modules"
)

var update = flag.Bool("update", false, "write what lua5.1 answers into the sessions")

// A session is a file of testdata: Lua that comes first, then expressions behind "> "
// with what they are, one line each. What is injected meanwhile stands before.
type session struct {
	setup string
	cases []exchange
}

type exchange struct {
	expr string
	want string // lines
}

func readSession(t *testing.T, file string) session {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var s session
	for line := range strings.Lines(string(b)) {
		expr, isCase := strings.CutPrefix(line, "> ")
		switch {
		case isCase:
			s.cases = append(s.cases, exchange{expr: strings.TrimSpace(expr)})
		case len(s.cases) == 0:
			s.setup += line
		default:
			s.cases[len(s.cases)-1].want += line
		}
	}
	if len(s.cases) == 0 {
		t.Fatalf("%s: no cases", file)
	}
	return s
}

// between separates the answers of a script.
const between = "\x01\n"

// script returns the Lua that answers the cases by calling say; it ends with a call
// of the function that has them all, or in process_message.
func (s session) script(show, say string) string {
	var b strings.Builder
	b.WriteString(show + "\n" + s.setup + "\nlocal function answer()\n")
	for _, c := range s.cases {
		fmt.Fprintf(&b, "%s(show(function() return %s end))\n", say, c.expr)
	}
	b.WriteString("end\n")
	return b.String()
}

// compare compares the answers of a machine with the session.
func (s session) compare(t *testing.T, answers []string) {
	t.Helper()
	if len(answers) != len(s.cases) {
		t.Fatalf("%d answers, want %d: %q", len(answers), len(s.cases), answers)
	}
	for i, c := range s.cases {
		if answers[i] != c.want {
			t.Errorf("> %s\n got %swant %s", c.expr, answers[i], c.want)
		}
	}
}

func (s session) write(t *testing.T, file string, answers []string) {
	t.Helper()
	if len(answers) != len(s.cases) {
		t.Fatalf("%d answers, want %d: %q", len(answers), len(s.cases), answers)
	}
	text := s.setup
	for i, c := range s.cases {
		text += "> " + c.expr + "\n" + answers[i]
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func sessionFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.repl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sessions: %v", err)
	}
	return files
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// lua5.1 runs the script, with our modules and Debian's LPeg and cjson.
func lua51(t *testing.T, script string) string {
	t.Helper()
	path, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("no lua5.1, lua-lpeg, lua-cjson to compare with")
	}
	dir := t.TempDir()
	var prelude strings.Builder
	prelude.WriteString("local files = {}\n")
	for _, name := range modules.Names() {
		_, file, _ := modules.Find(name)
		fmt.Fprintf(&prelude, "files[%q] = %q\n", name, file)
	}
	prelude.WriteString(`table.insert(package.loaders, 1, function(name)
    if files[name] then return assert(loadfile("lua/" .. files[name])) end
end)
`)
	prelude.WriteString(readFile(t, "testdata/stub.lua"))
	file := filepath.Join(dir, "session.lua")
	if err := os.WriteFile(file, []byte(prelude.String()+script), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, file)
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("lua5.1: %v\n%s", err, out)
	}
	return string(out)
}

// split returns the answers in the output of a script.
func split(out string) []string {
	answers := strings.Split(out, between)
	return answers[:len(answers)-1]
}

// TestOracle runs the sessions in Debian's Lua with its LPeg.
func TestOracle(t *testing.T) {
	show := readFile(t, "testdata/show.lua")
	for _, file := range sessionFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".repl"), func(t *testing.T) {
			s := readSession(t, file)
			say := "local function say(s) print(s) io.write('\\1\\n') end\n"
			answers := split(lua51(t, s.script(show+say, "say")+"answer()\n"))
			if *update {
				s.write(t, file, answers)
				return
			}
			s.compare(t, answers)
		})
	}
}

// sessionLines returns the expressions of the sessions, for want of a better corpus:
// what they quote are lines of logs.
func sessionLines() ([]string, error) {
	files, err := filepath.Glob("testdata/*.repl")
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for i, part := range strings.Split(string(b), `"`) {
			if i%2 == 1 && len(part) > 8 && !strings.Contains(part, "\n") {
				lines = append(lines, part)
			}
		}
	}
	return lines, nil
}
