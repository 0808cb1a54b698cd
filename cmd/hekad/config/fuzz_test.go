package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// parse loads text without a file.
func parse(text []byte) (*Config, error) {
	l := &loader{expander: expander{environ: environ}, check: func(*Node) []Mistake {
		return []Mistake{{Col: 5, Msg: "no \"x\""}}[:0]
	}}
	c := &Config{Path: "x.toml", Hekad: defaults(), Source: []string{"x.toml"}}
	l.files = []*file{newFile("x.toml", text)}
	l.config(c)
	if len(l.mistakes) > 0 {
		return nil, &Errors{sorted(l.mistakes, c.Source)}
	}
	return c, nil
}

// FuzzLoad wants no panic, places within the file, and canonical text that means the same.
func FuzzLoad(f *testing.F) {
	paths, _ := filepath.Glob("testdata/mistakes/*.toml")
	for _, path := range paths {
		if b, err := os.ReadFile(path); err == nil {
			f.Add(b)
		}
	}
	f.Add([]byte(example))
	f.Add([]byte(tricky))
	f.Fuzz(func(t *testing.T, text []byte) {
		if strings.Contains(string(text), "file:") {
			return
		}
		c, err := parse(text)
		if err != nil {
			for _, m := range err.(*Errors).All {
				if m.Line > strings.Count(string(text), "\n")+1 || m.Col > len(text)+1 || m.Msg == "" {
					t.Errorf("%+v", m)
				}
				if len(m.Error()) > 5000 {
					t.Errorf("%d bytes of text", len(m.Error()))
				}
			}
			return
		}
		again, err := parse([]byte(c.TOML()))
		if err != nil {
			t.Fatalf("%s\n%v", c.TOML(), err)
		}
		if a, b, r := Diff(c, again); len(a)+len(b)+len(r) > 0 {
			t.Errorf("%s\n%v %v %v\n%s", text, a, b, r, c.TOML())
		}
		for _, n := range c.Nodes {
			if _, err := c.ToShell(n.Name); err != nil {
				t.Error(err)
			}
		}
		c.Mermaid()
		c.Dot()
	})
}

// FuzzFrom wants a configuration that loads of every line that it takes.
func FuzzFrom(f *testing.F) {
	paths, _ := filepath.Glob("testdata/from/*.sh")
	for _, path := range paths {
		if b, err := os.ReadFile(path); err == nil {
			f.Add(string(b))
		}
	}
	f.Add("heka-tail a | heka-tail a | heka-tail a > heka-tail")
	f.Add("hekad > hekad")
	f.Add("heka-decode A0 | heka-out -")
	f.Fuzz(func(t *testing.T, line string) {
		text, err := From(line)
		if err != nil {
			return
		}
		if _, err := parse([]byte(text)); err != nil && !strings.ContainsRune(line, 0) {
			t.Errorf("%s\n%s", text, err)
		}
	})
}

// TestBombs wants hostile files to be answered at once.
func TestBombs(t *testing.T) {
	f := func(name, text string) {
		t.Helper()
		start := time.Now()
		if _, err := parse([]byte(text)); err == nil {
			t.Errorf("%s: no mistake", name)
		} else if n := len(err.Error()); n > 100_000 {
			t.Errorf("%s: %d bytes of text", name, n)
		}
		if d := time.Since(start); d > time.Minute {
			t.Errorf("%s: %v", name, d)
		}
	}
	const n = 1 << 20
	f("lists", "[a]\nx="+strings.Repeat("[", n))
	f("closed lists", "[a]\nx="+strings.Repeat("[", 9000)+strings.Repeat("]", 9000))
	f("tables", "[a]\nx="+strings.Repeat("{a=", n))
	f("parts", strings.Repeat("a.", n)+"a=1")
	f("header", "["+strings.Repeat("a.", n)+"a]")
	f("sections", strings.Repeat("[a]\n", n))
	f("headers", strings.Repeat("[", n)+"\n"+strings.Repeat("[\n", n))
	f("keys", "[a]\n"+strings.Repeat("k=1\n", n/2))
	f("line", "[a]\nrun="+strings.Repeat("x", 3*n))
	f("dollars", "[a]\nrun=\""+strings.Repeat("${", n)+"\"")
	f("escapes", "[a]\nmatch=\""+strings.Repeat(`\n`, n)+"\"")
	f("references", "[a]\nrun=\""+strings.Repeat("${HOST}", n/8)+strings.Repeat("${NONE}", n/8)+"\"")
	var nodes, circles strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&nodes, "[n%d]\n", i)
	}
	f("nodes", nodes.String())
	names := "'n0'"
	for i := range 999 {
		names += fmt.Sprintf(",'n%d'", i+1)
	}
	for i := range 600 {
		fmt.Fprintf(&circles, "[n%d]\nrun='x'\nfrom=[%s]\n", i, names)
	}
	f("circles", circles.String())
	nodes.Reset()
	for i := range 200_000 {
		fmt.Fprintf(&nodes, "k%d=1,", i)
	}
	f("inline", "[a]\nrun='x'\nconfig={"+nodes.String()+"}\n")
	f("growth", "[a]\nrun=\""+strings.Repeat("${SPACED}", n/5)+"\"")
}
