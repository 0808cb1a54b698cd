package convert

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"heka/cmd/hekad/config"
	"heka/heka-decode/decoders"
	"heka/heka-filter/verbs"
	"heka/heka-out/sinks"
	"heka/heka-tail/sources"
	"heka/lib/oneliner"
	"heka/lib/prog"
)

var update = flag.Bool("update", false, "rewrite the expected texts")

// few are kinds that there always are.
var few = has{tail: []string{"file", "heka"}, out: []string{"file", "heka"}}

func environ(string) (string, bool) { return "x", true }

// check finds mistakes in the lines of programs of ours.
func check(n *config.Node) (all []config.Mistake) {
	commands, err := oneliner.Parse(n.Run)
	if err != nil {
		return []config.Mistake{{Msg: err.Error()}}
	}
	wings := map[string]prog.Wing{
		"heka-tail": prog.Tail(sources.All, sources.Doc), "heka-decode": prog.Decode(decoders.All, decoders.Doc),
		"heka-filter": prog.Filter(verbs.All, verbs.Doc), "heka-out": prog.Out(sinks.All, sinks.Doc),
	}
	for _, c := range commands {
		w, ok := wings[c.Words[0]]
		if !ok {
			continue
		}
		for _, word := range c.Words {
			if strings.Contains(word, "heka://") || strings.HasPrefix(word, "/etc/heka") {
				return nil
			}
		}
		if _, err := w.Parse(c.Words[1:], nil); err != nil {
			all = append(all, config.Mistake{Col: c.Col, Msg: err.Error()})
		}
	}
	return all
}

// TestConvert holds what becomes of configurations to the texts beside them, and loads it.
func TestConvert(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.heka")
	if err != nil || len(paths) < 4 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			toml, notes, err := convert(src, few)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, n := range notes {
				b.WriteString(n.String() + "\n")
			}
			base := strings.TrimSuffix(path, ".heka")
			compare(t, base+".toml", toml)
			compare(t, base+".notes", b.String())
			opt := config.Options{Check: check, Environ: environ}
			if _, err := config.Load(write(t, toml), opt); err != nil {
				t.Error(err)
			}
			if _, _, err := Convert(src); err != nil {
				t.Error(err)
			}
		})
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hekad.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}

func TestMistakes(t *testing.T) {
	f := func(src, want string) {
		t.Helper()
		_, _, err := convert([]byte(src), few)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", src, err, want)
		}
	}
	f("[a\n", "1:3:")
	f("x = 1\n", "x stands in no section")
	f("[a]\nx = \"\xff\"\n", "no UTF-8")
	f("[a]\nx = \"%ENV[]\"\n", "is no name of a variable")
	f("[a]\nx = \"\\ue000\"\n", "taken for other ends")
	f(strings.Repeat("#", maxSource+1), "more than 256KiB")
}

// FuzzConvert wants no panic, and a text that loads, but for its command lines and for
// having no nodes.
func FuzzConvert(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*.heka")
	for _, path := range paths {
		if b, err := os.ReadFile(path); err == nil {
			f.Add(b)
		}
	}
	f.Add([]byte("[a]\ntype = 'MultiDecoder'\nsubs = ['a', 'a']\n[b]\ntype='TcpInput'\ndecoder='a'\nsplitter=''\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		start := time.Now()
		toml, notes, err := convert(src, few)
		if time.Since(start) > time.Minute {
			t.Error("it took more than a minute")
		}
		if err != nil {
			return
		}
		for _, n := range notes {
			if strings.ContainsAny(n.String(), "\n\x1b") {
				t.Errorf("%q", n)
			}
		}
		_, err = config.Load(write(t, toml), config.Options{Environ: environ})
		if err != nil && !strings.Contains(err.Error(), "there is no node in it") {
			t.Errorf("%s\n%s\n%v", src, toml, err)
		}
	})
}
