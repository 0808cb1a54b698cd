package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// environ is the environment of the tests.
func environ(name string) (string, bool) {
	v, ok := map[string]string{
		"HOST": "web1", "EMPTY": "", "SPACED": "a b; rm -rf 'x'", "QUOTED": `"$x\`, "SIZE": "2MiB",
	}[name]
	return v, ok
}

// write makes a file in a folder of the test.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, text string) *Config {
	t.Helper()
	c, err := Load(write(t, "hekad.toml", text), Options{Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// example is a configuration with every key of nodes.
const example = `
[hekad]
max_loops = 8
report = "0"
isolate = "all"
[nginx]
run = "heka-tail -f '/var/log/nginx/*.log' | heka-decode nginx"
[status]
run = 'heka-filter lua http_status.lua'
match = "Type == 'nginx.access'"
every = "10s"
preserve = true
memory = "64MiB"
cpu = 0.5
files = 64
tasks = 16
restarts = 3
isolate = true
[status.config]
rows = 1_440
ratio = 0.50
title = "HTTP"
on = true
[store]
run = "heka-out store.json"
from = "nginx"
spool = "1GiB"
full = "drop-old"
sync = "1s"
retain = "1d"
queue = 1048576
feed = "json"
`

func TestLoad(t *testing.T) {
	c := load(t, example)
	want := []Node{
		{Name: "nginx", Run: "heka-tail -f '/var/log/nginx/*.log' | heka-decode nginx", Full: Block,
			Line: 6, Col: 2},
		{Name: "status", Run: "heka-filter lua http_status.lua", Match: "Type == 'nginx.access'",
			Every: 10 * time.Second, Preserve: true, Memory: 64 << 20, CPU: 0.5, Files: 64, Tasks: 16,
			Restarts: 3, Isolate: true, Full: Block, Lua: true, Line: 8, Col: 2,
			Config: map[string]string{"rows": "1440", "ratio": "0.50", "title": "HTTP", "on": "true"}},
		{Name: "store", Run: "heka-out store.json", From: []string{"nginx"}, Spool: 1 << 30,
			Full: DropOld, Sync: time.Second, Retain: 24 * time.Hour, Queue: 1 << 20, Feed: "json",
			Line: 24, Col: 2},
	}
	ignore := cmpopts.IgnoreUnexported(Node{})
	if d := cmp.Diff(want, c.Nodes, ignore, cmpopts.IgnoreFields(Node{}, "File")); d != "" {
		t.Error(d)
	}
	g := defaults()
	g.MaxLoops, g.Report, g.Isolate = 8, 0, true
	if d := cmp.Diff(g, c.Hekad, cmpopts.IgnoreUnexported(Global{})); d != "" {
		t.Error(d)
	}
	if !c.Nodes[0].Source() || c.Nodes[1].Source() || c.Nodes[2].Source() {
		t.Error("sources are wrong")
	}
}

func TestLoadFolder(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"b.toml": "[b]\nrun = 'heka-tail b'", "a.toml": "[a]\nrun = 'heka-tail a'", "c.toml.bak": "x",
		"sub.toml/x.toml": "broken", "sub/y.toml": "broken",
	} {
		os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755)
		os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)
	}
	c, err := Load(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Nodes) != 2 || c.Nodes[0].Name != "a" || c.Nodes[1].Name != "b" ||
		len(c.Source) != 2 || c.Path != dir {
		t.Errorf("%+v", c)
	}
}

func TestExpand(t *testing.T) {
	f := func(shell bool, in, want string) {
		t.Helper()
		x := &expander{environ: environ}
		got, tr, slips := x.expand(in, shell)
		if len(slips) > 0 {
			got = slips[0].msg
		}
		if got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
		for i := range len(got) {
			if at := tr.at(i); len(slips) == 0 && (at < 0 || at >= len(in)) {
				t.Errorf("%s: byte %d came from %d", in, i, at)
			}
		}
	}
	for _, shell := range []bool{false, true} {
		f(shell, "", "")
		f(shell, "$ $x $1 a$", "$ $x $1 a$")
		f(shell, "$$ $${HOST} $$$$", "$ ${HOST} $$")
		f(shell, "x${HOST}y${HOST}", "xweb1yweb1")
		f(shell, "${NONE:-a b}", map[bool]string{false: "a b", true: "'a b'"}[shell])
		f(shell, "${EMPTY:-web2}", "web2")
		f(shell, "${EMPTY}", map[bool]string{false: "", true: "''"}[shell])
		f(shell, "${NONE}", "the environment has no NONE")
		f(shell, "${HOST%.b}", "${HOST%.b} is no reference")
		f(shell, "${", "${ without }")
	}
	f(true, "'${HOST}' ${HOST}", "'${HOST}' web1")
	f(true, `\${HOST} "\${HOST}"`, `\${HOST} "\${HOST}"`)
	f(true, `it\'s ${SPACED}`, `it\'s 'a b; rm -rf '\''x'\'''`)
	f(true, `"${QUOTED}"`, `"\"\$x\\"`)
	f(false, "'${HOST}'", "'web1'")
}

func TestSecrets(t *testing.T) {
	key := write(t, "key", "hunter2 x\n")
	text := "[a]\nrun = 'heka-out http://${file:" + key + "}@x'\nmatch = 'TRUE'\n[a.config]\nk = '${file:" +
		key + "}'\n"
	c := load(t, text)
	n := c.Nodes[0]
	if n.Run != "heka-out http://'hunter2 x'@x" || n.Config["k"] != "hunter2 x" {
		t.Errorf("%q %q", n.Run, n.Config)
	}
	if strings.Contains(n.Written(), "hunter") || !strings.Contains(n.Written(), "${file:") {
		t.Errorf("Written: %s", n.Written())
	}
	if got := c.Redact("dial http://'hunter2 x'@x, hunter2 x"); strings.Contains(got, "hunter") {
		t.Error(got)
	}
	_, err := Load(write(t, "x.toml", text), Options{Check: func(n *Node) []Mistake {
		return []Mistake{{Msg: "no such: " + n.Run, Hint: n.Config["k"], Col: 12}}
	}})
	if err == nil || strings.Contains(err.Error(), "hunter") {
		t.Error(err)
	}
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err = Load(write(t, "x.toml", text), Options{}); err == nil ||
		!strings.Contains(err.Error(), "mode 0644: others can read it") {
		t.Error(err)
	}
}

func TestPlaces(t *testing.T) {
	f := func(run, word string, line, col int) {
		t.Helper()
		text := "[a]\nrun = " + run + "\n"
		_, err := Load(write(t, "x.toml", text), Options{Environ: environ, Check: func(n *Node) []Mistake {
			i := strings.Index(n.Run, word)
			if i < 0 {
				t.Fatalf("%s is not in %q", word, n.Run)
			}
			return []Mistake{{Col: i + 1, Msg: "here"}}
		}})
		m := err.(*Errors).All[0]
		if m.Line != line || m.Col != col {
			t.Errorf("%s: %d:%d, want %d:%d\n%v", run, m.Line, m.Col, line, col, err)
		}
	}
	f(`"one two"`, "two", 2, 12)
	f(`'one two'`, "two", 2, 12)
	f(`"\u00e9\t\"\\ two"`, "two", 2, 21)
	f(`"é ü two"`, "two", 2, 12)
	f(`"${HOST}${HOST} $$ two"`, "two", 2, 26)
	f(`"${HOST} two"`, "web1", 2, 8)
	f(`"\u0024{HOST} two"`, "two", 2, 21)
	f("'''\none\n  two'''", "two", 4, 3)
	f("\"\"\"\none\n  \\\"two\"\"\"", "two", 4, 5)
	f("\"\"\"one \\\n    two\"\"\"", "two", 3, 5)
	f("\"\"\"\r\none \\  \r\n  \r\n  two\"\"\"", "two", 5, 3)
	f("'''one two'''", "two", 2, 14)
	f(`"\U0001F600\e\x41 two"`, "two", 2, 25)
}
