package config

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// tricky has what text can have.
const tricky = `
[hekad]
state = "${STATE:-/var/lib/hekad}"
queue = "${SIZE}"
module_dirs = [".", "${HERE:-/}"]
[a]
run = "heka-tail -f '${x}' $${y} \"${HOST} $$x\" $z"
[b]
run = 'heka-out "é\"" x'
match = 'Payload =~ /"\\\/$/ && Type == "ab"'
from = ["a", "${SOURCE:-c}"]
queue = 65537
cpu = 0.25
[c]
run = """
heka-tail x |
  heka-filter lua y
"""
[c.config]
n = -12
leading = "007"
big = 123456789012345678901234567890.0
"odd key\n" = "${HOST} $${HOST} $"
quoted = '''it's "x"\'''
`

func TestTOML(t *testing.T) {
	for _, text := range []string{example, tricky} {
		c := load(t, text)
		got := c.TOML()
		again := load(t, got)
		ignore := cmpopts.IgnoreFields(Node{}, "File", "Line", "Col", "raw")
		if d := cmp.Diff(c.Nodes, again.Nodes, ignore); d != "" {
			t.Errorf("%s\n%s", got, d)
		}
		if d := cmp.Diff(c.Hekad, again.Hekad, cmp.AllowUnexported(Global{})); d != "" {
			t.Errorf("%s\n%s", got, d)
		}
		if text := again.TOML(); text != got {
			t.Errorf("%s\nand then\n%s", got, text)
		}
		if a, b, r := Diff(c, again); len(a)+len(b)+len(r) > 0 {
			t.Error(a, b, r)
		}
	}
}

func TestTOMLOfMade(t *testing.T) {
	n := Node{Name: "x", Run: "heka-out '$${a}' \"$${b}\"", Match: "Type == '${x}'", Full: Block, Loaded: true,
		Config: map[string]string{"k": "${HOME} $$", "n": "5"}}
	got := n.TOML()
	want := `# loaded into the running daemon
[x]
run = '''heka-out '$${a}' "$$$${b}"'''
match = "Type == '${x}'"
[x.config]
k = "$${HOME} $$$"
n = 5
`
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	c := load(t, got)
	if c.Nodes[0].Run != n.Run || c.Nodes[0].Config["k"] != n.Config["k"] {
		t.Errorf("%+v", c.Nodes[0])
	}
}

func TestTOMLHidesSecrets(t *testing.T) {
	path := write(t, "key", "hunter2\n")
	c := load(t, "[a]\nrun = 'heka-tail ${file:"+path+"}'\n[b]\nrun = 'heka-filter lua x'\nfrom = 'a'\n"+
		"[b.config]\np = '${file:"+path+"}'\n")
	shell, err := c.ToShell("b")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{c.TOML(), c.Mermaid(), c.Dot(), shell} {
		if strings.Contains(s, "hunter") || !strings.Contains(s, "${file:") {
			t.Error(s)
		}
	}
}

func TestDiff(t *testing.T) {
	f := func(old, new string, want ...string) {
		t.Helper()
		a, c, r := Diff(load(t, old), load(t, new))
		got := []string{strings.Join(a, " "), strings.Join(c, " "), strings.Join(r, " ")}
		if !slices.Equal(got, want) {
			t.Errorf("%s\n%s: %q, want %q", old, new, got, want)
		}
	}
	a := "[a]\nrun = 'heka-tail a'\n"
	b := "[b]\nrun = 'heka-out b'\nfrom = ['a', 'c']\nqueue = '1MiB'\n"
	c := "[c]\nrun = 'heka-tail c'\n"
	f(a+b+c, a+b+c, "", "", "")
	f(a+b+c, c+"# x\n[b]\nfrom = ['c', 'a']\nqueue = 1048576\nrun = \"heka-out b\"\n"+a, "", "", "")
	f(a+b+c, a+strings.Replace(b, "1MiB", "2MiB", 1)+c, "", "b", "")
	f(a+c, a+b+c, "b", "", "")
	f(a+b+c, a+c, "", "", "b")
	f(a, c, "c", "", "a")
	f(a+"[d]\nrun = 'x'\nmatch = 'TRUE'\n", "[hekad]\nqueue = '1MiB'\n"+a+"[d]\nrun = 'x'\nmatch = 'TRUE'\n",
		"", "hekad d", "")
	f(a, "[hekad]\nreport = '5s'\n"+a, "", "", "")
	f(a, "[hekad]\nisolate = 'all'\n"+a, "", "hekad a", "")
	f(a, a+"isolate = true\n", "", "a", "")
	f("[a]\nrun = 'heka-tail web1'\n", "[a]\nrun = 'heka-tail ${HOST}'\n", "", "", "")
}

func TestDiffOfSecrets(t *testing.T) {
	path := write(t, "key", "one")
	text := "[a]\nrun = 'heka-tail ${file:" + path + "}'\n"
	old := load(t, text)
	if err := os.WriteFile(path, []byte("two"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, changed, _ := Diff(old, load(t, text)); !slices.Equal(changed, []string{"a"}) {
		t.Errorf("changed: %q", changed)
	}
}

func TestPictures(t *testing.T) {
	c := load(t, example+"[odd]\nrun = 'heka-filter where \"Type == \\\"<b>#1;\\\\\\\"\"'\nmatch = '.x =~ /\"]|`/'\nfull = 'drop-new'\n")
	compare(t, "testdata/example.mmd", c.Mermaid())
	compare(t, "testdata/example.dot", c.Dot())
}

func TestToShell(t *testing.T) {
	c := load(t, `
[a]
run = "heka-tail heka://:5565"
[b]
run = "heka-tail -f b.log | heka-decode json"
[status]
run = "heka-filter lua http_status | heka-filter head 3"
from = ["a", "b"]
match = "Type == 'x'"
every = "90s"
preserve = true
[status.config]
rows = 10
title = "a b"
[mine]
run = "./mine.py | heka-decode json"
from = "status"
feed = "text"
memory = "64MiB"
[store]
run = "heka-out store.json"
match = "TRUE"
spool = "1GiB"
full = "drop-old"
[lost]
run = "heka-filter head 3"
from = "other"
[other]
run = "heka-filter head 3"
match = "TRUE"
signer = "ops"
[hekad]
keys = "`+write(t, "keys", "x")+`"
`)
	var b strings.Builder
	for _, n := range c.Nodes {
		s, err := c.ToShell(n.Name)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString("== " + n.Name + "\n" + s)
	}
	compare(t, "testdata/toshell.txt", b.String())
	if _, err := c.ToShell("none"); err == nil {
		t.Error("there is no node none")
	}
}
