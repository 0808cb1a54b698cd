package scripts_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/gopher-lua/parse"

	"heka/lib/sandbox/scripts"
)

var uses = []string{"filter", "encoder", "decoder"}

// each calls f with each script of each use.
func each(t *testing.T, f func(t *testing.T, use, name, source string)) {
	for _, use := range uses {
		names := scripts.Names(use)
		if len(names) == 0 {
			t.Errorf("no %ss", use)
		}
		for _, name := range names {
			source, ok := scripts.Find(use, name)
			if !ok {
				t.Errorf("%s %s is listed and not found", use, name)
				continue
			}
			t.Run(use+"/"+name, func(t *testing.T) { f(t, use, name, source) })
		}
	}
}

// TestFiles wants of each script that it compiles and has a session, and of each
// session that it has a script.
func TestFiles(t *testing.T) {
	each(t, func(t *testing.T, use, name, source string) {
		if _, err := parse.Parse(strings.NewReader(source), name); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(use + "/" + name + ".session"); err != nil {
			t.Error(err)
		}
	})
	sessions, err := fs.Glob(os.DirFS("."), "*/*.session")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sessions {
		if _, err := os.Stat(strings.TrimSuffix(s, ".session") + ".lua"); err != nil {
			t.Error(err)
		}
	}
}

var option = regexp.MustCompile(`\b(?:read_config|number|words)\("(\w+)"`)

// TestComments wants the first comment to tell what the script does and all of its
// configuration: the manual is made of it.
func TestComments(t *testing.T) {
	each(t, func(t *testing.T, use, name, source string) {
		var comment strings.Builder
		for line := range strings.Lines(source) {
			if !strings.HasPrefix(line, "--") {
				break
			}
			comment.WriteString(line)
		}
		about, config, ok := strings.Cut(comment.String(), "-- config")
		if !ok || len(about) < 40 {
			t.Errorf("it begins with\n%s", comment.String())
		}
		for _, m := range option.FindAllStringSubmatch(source, -1) {
			if !regexp.MustCompile(`\b` + m[1] + `\b`).MatchString(config) {
				t.Errorf("the first comment does not tell of %s", m[1])
			}
		}
	})
}

func TestFind(t *testing.T) {
	f := func(use, name string, want bool) {
		t.Helper()
		if _, ok := scripts.Find(use, name); ok != want {
			t.Errorf("Find(%q, %q) is %v", use, name, ok)
		}
	}
	f("filter", "http_status", true)
	f("encoder", "http_status", false)
	f("filter", "", false)
	f("filter", "../encoder/alert", false)
	f("nothing", "alert", false)
	if names := scripts.Names("nothing"); names != nil {
		t.Errorf("Names: %q", names)
	}
}
