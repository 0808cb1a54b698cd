package config

import (
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heka/heka-decode/decoders"
	"heka/heka-filter/verbs"
	"heka/heka-out/sinks"
	"heka/heka-route/routes"
	"heka/heka-tail/sources"
	"heka/lib/near"
	"heka/lib/oneliner"
	"heka/lib/prog"
	"heka/lib/stage"
)

var update = flag.Bool("update", false, "rewrite the expected texts")

// checkLine finds the mistakes in a command line, as the daemon does.
func checkLine(n *Node) []Mistake {
	commands, err := oneliner.Parse(n.Run)
	var oe *oneliner.Error
	if errors.As(err, &oe) {
		if oe.Shell {
			return nil
		}
		return []Mistake{{Col: oe.Col, Msg: oe.Msg}}
	}
	wings := map[string]prog.Wing{}
	var names []string
	for _, w := range []prog.Wing{
		prog.Tail(sources.All, sources.Doc), prog.Decode(decoders.All, decoders.Doc),
		prog.Route(routes.All, routes.Doc), prog.Filter(verbs.All, verbs.Doc), prog.Out(sinks.All, sinks.Doc),
	} {
		wings[w.Name] = w
		names = append(names, w.Name)
	}
	var all []Mistake
	for _, c := range commands {
		w, ok := wings[c.Words[0]]
		if to := near.Word(c.Words[0], names); !ok && to != "" {
			all = append(all, Mistake{Col: c.Col, Msg: "there is no program " + c.Words[0], Hint: "did you mean " + to + "?"})
		}
		if !ok {
			continue
		}
		_, err := w.Parse(c.Words[1:], io.Discard)
		var u *stage.UsageError
		if errors.As(err, &u) {
			all = append(all, Mistake{Col: c.Col, Msg: u.Msg, Hint: u.Hint})
		} else if err != nil {
			all = append(all, Mistake{Col: c.Col, Msg: err.Error()})
		}
	}
	return all
}

// TestMistakes holds the texts of mistakes to those beside the files.
func TestMistakes(t *testing.T) {
	t.Chdir("testdata/mistakes")
	if err := os.Chmod("open.key", 0o644); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, path := range paths {
		name, ok := strings.CutSuffix(path, ".toml")
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if !ok && !info.IsDir() {
			continue
		}
		n++
		t.Run(name, func(t *testing.T) { golden(t, path, name+".txt") })
	}
	if n < 30 {
		t.Errorf("%d files with mistakes, want 30", n)
	}
}

func golden(t *testing.T, path, texts string) {
	_, err := Load(path, Options{Check: checkLine, Environ: environ})
	var all *Errors
	if !errors.As(err, &all) || len(all.All) == 0 {
		t.Fatalf("no mistake was found: %v", err)
	}
	got := err.Error() + "\n"
	if *update {
		if err := os.WriteFile(texts, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(texts)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestMistakesOfPlaces has those that no file can hold.
func TestMistakesOfPlaces(t *testing.T) {
	f := func(path, want string) {
		t.Helper()
		_, err := Load(path, Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
	dir := t.TempDir()
	f(dir, "the folder is empty")
	f(dir+"/none.toml", "no such file or directory\n    hekad from")
	f("/dev/zero", "this is no regular file")
	if os.Getuid() != 0 {
		path := write(t, "secret.toml", "")
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
		f(path, "permission denied")
	}
	big := filepath.Join(dir, "big.toml")
	if err := os.WriteFile(big, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(big, 100<<20); err != nil {
		t.Fatal(err)
	}
	f(big, "the file has more than 4MiB")
	os.Remove(big)
	os.Symlink("/none", filepath.Join(dir, "a.toml"))
	f(dir, "a.toml: no such file or directory")
}
