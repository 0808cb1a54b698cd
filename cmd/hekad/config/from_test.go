package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFrom holds the files that From makes to those beside the lines.
func TestFrom(t *testing.T) {
	lines, err := filepath.Glob("testdata/from/*.sh")
	if err != nil || len(lines) < 8 {
		t.Fatal(lines, err)
	}
	for _, path := range lines {
		t.Run(filepath.Base(path), func(t *testing.T) {
			line, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got, err := From(strings.TrimSuffix(string(line), "\n"))
			if err != nil {
				t.Fatal(err)
			}
			c, err := Load(write(t, "hekad.toml", got), Options{Check: checkLine, Environ: environ})
			if err != nil {
				t.Fatalf("%s\n%v", got, err)
			}
			last := c.Nodes[len(c.Nodes)-1].Name
			shell, err := c.ToShell(last)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, strings.TrimSuffix(path, ".sh")+".toml", got)
			compare(t, strings.TrimSuffix(path, ".sh")+".back", shell)
		})
	}
}

// compare holds got to what is in a file.
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

func TestFromMistakes(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		_, err := From(line)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
	f("", "no command")
	f("heka-tail 'a", "without closing quote")
	f("heka-tail a; heka-tail b", "second command")
	f("heka-tail $HOME/x", "need a shell")
	f("heka-tail a > b | heka-out c", "heka-tail is redirected in the middle")
}
