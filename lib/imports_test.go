// Package lib_test holds the rules of the house: who may import whom, and what
// each kind brings with it.
package lib_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// source is one Go file of the project that is no test.
type source struct {
	dir     string // slash-separated, from the root
	name    string
	file    *ast.File
	imports []string // of ours, without the module's name
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	fset := token.NewFileSet()
	err := filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata"):
			return filepath.SkipDir
		case !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel("..", p)
		s := source{dir: path.Dir(filepath.ToSlash(rel)), name: d.Name(), file: f}
		for _, im := range f.Imports {
			if of, ok := strings.CutPrefix(strings.Trim(im.Path.Value, `"`), "heka/"); ok {
				s.imports = append(s.imports, of)
			}
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("only %d files found", len(all))
	}
	return all
}

// lists has the folder of the list of each wing.
var lists = map[string]string{
	"heka-tail": "sources", "heka-decode": "decoders", "heka-route": "routes",
	"heka-filter": "verbs", "heka-out": "sinks",
}

// low are the packages that import those before them in this list, and nothing
// else of ours.
var low = []string{
	"lib/near", "lib/msg", "lib/split", "lib/match", "lib/frame", "lib/encode", "lib/cbuf",
}

func TestImports(t *testing.T) {
	for _, s := range sources(t) {
		for _, im := range s.imports {
			if why := forbidden(s.dir, im); why != "" {
				t.Errorf("%s/%s imports %s: %s", s.dir, s.name, im, why)
			}
		}
	}
}

// forbidden says why a file in dir may not import im; empty if it may.
func forbidden(dir, im string) string {
	top, _, _ := strings.Cut(dir, "/")
	_, isWing := lists[top]
	switch {
	case top == "lib":
		return forbiddenLib(dir, im)
	case isWing:
		return forbiddenWing(top, dir, im)
	case top == "cmd":
		return forbiddenCmd(dir, im)
	}
	return ""
}

func forbiddenLib(dir, im string) string {
	if !strings.HasPrefix(im, "lib/") {
		return "lib imports lib alone"
	}
	if i := slices.Index(low, dir); i >= 0 && !slices.Contains(low[:i], im) {
		return "it may import only " + strings.Join(low[:i], ", ")
	}
	if im == "lib/prog" {
		return "only programs import lib/prog"
	}
	return ""
}

func forbiddenWing(wing, dir, im string) string {
	list := wing + "/" + lists[wing]
	switch {
	case dir == wing:
		if im != list && im != "lib/prog" {
			return "a wing's main imports its list and lib/prog"
		}
	case dir == list:
		if im != "lib/stage" && path.Dir(im) != wing {
			return "a list imports its kinds and lib/stage"
		}
	case strings.HasPrefix(im, wing+"/internal/"):
	case !strings.HasPrefix(im, "lib/") || im == "lib/prog" || im == "lib/supervise":
		return "a kind imports lib and its wing's internal, not lib/prog or lib/supervise"
	}
	return ""
}

func forbiddenCmd(dir, im string) string {
	main := strings.Join(strings.SplitN(dir, "/", 3)[:2], "/")
	front := main == "cmd/heka" || main == "cmd/hekad"
	switch {
	case strings.HasPrefix(im, "lib/"), im == main, strings.HasPrefix(im, main+"/"):
	case front && (lists[path.Dir(im)] == path.Base(im) || strings.HasPrefix(im, "cmd/")):
	default:
		return "programs import lib and what is their own; heka and hekad the lists and those too"
	}
	return ""
}

// TestNoHiddenState wants no init, and no imports for their side effects.
func TestNoHiddenState(t *testing.T) {
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s/%s has an init", s.dir, s.name)
			}
		}
		for _, im := range s.file.Imports {
			p := strings.Trim(im.Path.Value, `"`)
			if im.Name != nil && im.Name.Name == "_" && p != "embed" && p != "time/tzdata" {
				t.Errorf("%s/%s imports %s for its side effects", s.dir, s.name, p)
			}
		}
	}
}

// TestMains wants the main of a wing to be a doc comment and one call.
func TestMains(t *testing.T) {
	for wing := range lists {
		b, err := os.ReadFile(filepath.Join("..", wing, "main.go"))
		if err != nil {
			t.Error(err)
			continue
		}
		if n := strings.Count(string(b), "\n"); n > 25 {
			t.Errorf("%s/main.go has %d lines", wing, n)
		}
	}
}

// TestPackageComments wants one in every package.
func TestPackageComments(t *testing.T) {
	has := map[string]bool{}
	for _, s := range sources(t) {
		doc := s.file.Doc.Text()
		has[s.dir] = has[s.dir] || strings.HasPrefix(doc, "Package "+s.file.Name.Name+" ") ||
			strings.HasPrefix(doc, "Command "+path.Base(s.dir)+" ")
	}
	for dir, ok := range has {
		if !ok {
			t.Errorf("%s has no package comment", dir)
		}
	}
}

// TestKinds wants a README with the sections of a manual page, a test and an
// example in the folder of each kind.
func TestKinds(t *testing.T) {
	for wing, list := range lists {
		entries, err := os.ReadDir(filepath.Join("..", wing))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.IsDir() && e.Name() != list && e.Name() != "internal" {
				checkKind(t, filepath.Join("..", wing, e.Name()), e.Name())
			}
		}
	}
}

func checkKind(t *testing.T, dir, name string) {
	doc, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Error(err)
		return
	}
	if !strings.HasPrefix(string(doc), "# "+name+": ") {
		t.Errorf("%s/README.md does not start with \"# %s: what it does\"", dir, name)
	}
	for _, section := range []string{"SYNOPSIS", "DESCRIPTION", "EXAMPLES", "SEE ALSO"} {
		if !strings.Contains(string(doc), "\n## "+section+"\n") {
			t.Errorf("%s/README.md has no section %s", dir, section)
		}
	}
	if !strings.Contains(string(doc), "```console\n$ ") {
		t.Errorf("%s/README.md has no example that is run", dir)
	}
	if m, _ := filepath.Glob(filepath.Join(dir, "*_test.go")); len(m) == 0 {
		t.Errorf("%s has no test", dir)
	}
}

// TestFileLengths wants no file over 800 lines.
func TestFileLengths(t *testing.T) {
	for _, s := range sources(t) {
		b, err := os.ReadFile(filepath.Join("..", s.dir, s.name))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(b), "\n"); n > 800 {
			t.Errorf("%s/%s has %d lines", s.dir, s.name, n)
		}
	}
}
