package dynamic

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"heka/cmd/hekad/api"
	"heka/lib/stage"
)

// TestMain is, where it is told to, a process that changes a store and is killed at one
// of the steps of that.
func TestMain(m *testing.M) {
	if dir := os.Getenv("DYNAMIC_TEST_DIR"); dir != "" {
		killed(dir, os.Getenv("DYNAMIC_TEST_DO"), os.Getenv("DYNAMIC_TEST_STEP"))
	}
	goleak.VerifyTestMain(m)
}

const script = "function process_message() return 0 end\n"

func filter(name string) api.Filter {
	return api.Filter{Name: name, Script: script, Match: "Type == 'a'", Every: "10s",
		Config: map[string]string{"rows": "1440"}}
}

func mustOpen(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir, 16, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func mustAdd(t testing.TB, s *Store, f api.Filter) Loaded {
	t.Helper()
	l, err := s.Add(f)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// names returns what is in a folder.
func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// brief is what a test wants to know of a store.
func brief(s *Store) string {
	var all []string
	for _, l := range s.All() {
		text := l.Filter.Name + ":" + l.Filter.Match
		if l.Problem != "" {
			text += " (" + l.Problem + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func TestStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "loaded")
	s := mustOpen(t, dir)
	f := filter("a-b")
	f.Signer, f.Preserve, f.Memory, f.TimerAtEnd = "ops", true, "8MiB", true
	l := mustAdd(t, s, f)
	if text, err := os.ReadFile(l.Script); err != nil || string(text) != script {
		t.Errorf("%q %v", text, err)
	}
	if err := os.WriteFile(l.State, []byte("x"), 0o600); err != nil {
		t.Error("the folder of the state:", err)
	}
	want := f
	want.Name, want.Script = "a_b", ""
	if d := cmp.Diff(want, l.Filter); d != "" {
		t.Error(d)
	}
	again := mustOpen(t, dir)
	opt := cmp.AllowUnexported(Loaded{})
	if d := cmp.Diff(s.All(), again.All(), opt); d != "" {
		t.Error(d)
	}
	for _, name := range append(names(t, dir), ".") {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Error(name, info.Mode(), err)
		}
	}
	if err := again.Remove("a.b"); err != nil {
		t.Error(err)
	}
	if left := names(t, dir); left != nil {
		t.Error("left behind:", left)
	}
	var usage *stage.UsageError
	if err := again.Remove("a.b"); !errors.As(err, &usage) || err.Error() != `no filter "a.b" is loaded; none is` {
		t.Error(err)
	}
}

func TestAddRefuses(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	before := func() []string { return names(t, dir) }
	f := func(want string, change func(f *api.Filter)) {
		t.Helper()
		x := filter("new")
		change(&x)
		files := before()
		_, err := s.Add(x)
		var usage *stage.UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if now := before(); !slices.Equal(files, now) {
			t.Error("on disk:", now)
		}
	}
	one := filter("one")
	one.Signer = "ops"
	mustAdd(t, s, one)
	f("one is already running; unload it, or replace it", func(x *api.Filter) { x.Name = "one" })
	f("one was not loaded by eve", func(x *api.Filter) { x.Name, x.Replace, x.Signer = "one", true, "eve" })
	f("the filter has no name", func(x *api.Filter) { x.Name = "" })
	f("name: 65 bytes", func(x *api.Filter) { x.Name = strings.Repeat("n", 65) })
	f("new.lua:1: syntax error", func(x *api.Filter) { x.Script = "function (" })
	f("compiled Lua is refused", func(x *api.Filter) { x.Script = "\x1bLua" })
	f("script: it is empty", func(x *api.Filter) { x.Script = " \n" })
	f("script: 1048577 bytes", func(x *api.Filter) { x.Script = strings.Repeat("x", MaxScript+1) })
	f("match: no expression", func(x *api.Filter) { x.Match = "" })
	f("^ use == for equality", func(x *api.Filter) { x.Match = "Type = 'x'" })
	f("match: 16385 bytes", func(x *api.Filter) { x.Match = strings.Repeat(" ", MaxMatch-3) + "TRUE" })
	f("every: \"soon\" is no interval", func(x *api.Filter) { x.Every = "soon" })
	f("every: \"1ns\" is no interval", func(x *api.Filter) { x.Every = "1ns" })
	f("every: \"-10s\" is no interval", func(x *api.Filter) { x.Every = "-10s" })
	f("memory: \"2GiB\" is no size", func(x *api.Filter) { x.Memory = "2GiB" })
	f("memory: \"0\" is no size", func(x *api.Filter) { x.Memory = "0" })
	f("is no name of an entry", func(x *api.Filter) { x.Config = map[string]string{"a=b": ""} })
	f("is no name of an entry", func(x *api.Filter) { x.Config = map[string]string{"": ""} })
	f("the value is no text", func(x *api.Filter) { x.Config = map[string]string{"a": "\x00"} })
	f("the value is no text", func(x *api.Filter) { x.Config = map[string]string{"a": "\xff"} })
	f("config: 65537 bytes", func(x *api.Filter) {
		x.Config = map[string]string{"a": strings.Repeat("x", MaxConfig)}
	})
	// All mistakes at once.
	_, err := s.Add(api.Filter{Every: "x"})
	if u, ok := err.(interface{ Unwrap() []error }); !ok || len(u.Unwrap()) != 4 {
		t.Error(err)
	}
	none, err := Open(t.TempDir(), 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer none.Close()
	if _, err := none.Add(filter("a")); err == nil || !strings.Contains(err.Error(), "max_filters is 0") {
		t.Error(err)
	}
}

func TestMax(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	for i := range 16 {
		mustAdd(t, s, filter(fmt.Sprint("f", i)))
	}
	_, err := s.Add(filter("x"))
	if err == nil || !strings.Contains(err.Error(), "16 filters are loaded, and max_filters is 16; unload one") {
		t.Error(err)
	}
	f := filter("f3")
	f.Replace = true
	mustAdd(t, s, f)
	var log bytes.Buffer
	few, err := Open(dir, 14, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer few.Close()
	all := few.All()
	for i, l := range all {
		if (i >= 14) != (l.Problem != "") {
			t.Error(i, l.Filter.Name, l.Problem)
		}
	}
	// f3 was loaded last.
	if all[15].Filter.Name != "f3" || strings.Count(log.String(), "kept, and not started") != 2 {
		t.Error(all[15].Filter.Name, log.String())
	}
}

// TestNames: a name is a name, and no path of anything.
func TestNames(t *testing.T) {
	outside := t.TempDir()
	dir := filepath.Join(outside, "loaded")
	s := mustOpen(t, dir)
	f := func(name, want string) {
		t.Helper()
		l := mustAdd(t, s, filter(name))
		if l.Filter.Name != want || filepath.Dir(l.Script) != dir ||
			!ours.MatchString(filepath.Base(l.Script)) {
			t.Errorf("%q: %q, %s", name, l.Filter.Name, l.Script)
		}
		if err := s.Remove(name); err != nil {
			t.Error(err)
		}
	}
	f("../../etc/passwd", "______etc_passwd")
	f("/../../x", "_______x")
	f("a\x00b", "a_b")
	f("a\nb", "a_b")
	f("a b\u00e9\xff", "a_b__")
	f("nonces", "nonces")
	f("..", "__")
	f("a.json", "a_json")
	if got := names(t, outside); !slices.Equal(got, []string{"loaded"}) {
		t.Error(got)
	}
}

// TestLinks: what stands in the folder under our names and is a link is not followed.
func TestLinks(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "loaded")
	other := filepath.Join(base, "other")
	if err := os.WriteFile(other, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, dir)
	for _, name := range []string{"a.json", "a.json.new"} {
		if err := os.Symlink(other, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	mustAdd(t, s, filter("a")) // the links are replaced, not what they point at
	if err := os.Symlink(other, filepath.Join(dir, "b.json")); err != nil {
		t.Fatal(err)
	}
	again := mustOpen(t, dir)
	if got := brief(again); !strings.Contains(got, "b: (open "+dir+"/b.json: too many levels") {
		t.Error(got)
	}
	if text, _ := os.ReadFile(other); string(text) != "mine" {
		t.Errorf("%q", text)
	}
	// A folder that is a link is refused, one of other people's mode mended.
	link := filepath.Join(base, "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(link, 1, nil); err == nil {
		s.Close()
		t.Error("a link is followed")
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, dir)
	if info, _ := os.Stat(dir); info.Mode().Perm() != 0o700 {
		t.Error(info.Mode())
	}
}

// TestState: what a filter kept goes on in the one that replaces it, and is not there
// for a later one of its name.
func TestState(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	f := filter("a")
	f.Preserve = true
	first := mustAdd(t, s, f)
	if err := os.WriteFile(first.State, []byte("secret of the first"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.Replace = true
	second := mustAdd(t, s, f)
	if second.State != first.State || second.Script == first.Script {
		t.Error(second.State, first.State)
	}
	if err := s.Remove("a"); err != nil {
		t.Fatal(err)
	}
	third := mustAdd(t, s, f)
	if third.State == first.State || len(names(t, filepath.Dir(third.State))) > 0 {
		t.Error("the third one has the state of the first")
	}
	if _, err := os.Stat(filepath.Dir(first.State)); !errors.Is(err, os.ErrNotExist) {
		t.Error("the state of the first is still there:", err)
	}
	f.Preserve = false
	mustAdd(t, s, f)
	f.Preserve = true
	if l := mustAdd(t, s, f); l.State == third.State {
		t.Error("a state that was given up is there again")
	}
}

// TestUndo: what was replaced by something that can't be started is there again.
func TestUndo(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	f := filter("a")
	f.Preserve = true
	first := mustAdd(t, s, f)
	before := names(t, dir)
	f.Replace, f.Preserve, f.Match = true, false, "TRUE"
	mustAdd(t, s, f)
	old, was, err := s.Undo("a")
	opt := cmp.AllowUnexported(Loaded{})
	if d := cmp.Diff(first, old, opt); d != "" || !was || err != nil {
		t.Error(was, err, d)
	}
	if now := names(t, dir); !slices.Equal(before, now) || brief(s) != "a:Type == 'a'" {
		t.Error(now, brief(s))
	}
	if d := cmp.Diff(s.All(), mustOpen(t, dir).All(), opt); d != "" {
		t.Error(d)
	}
	mustAdd(t, s, f)
	s.Settle("a")
	if n := names(t, dir); len(n) != 2 {
		t.Error("what was replaced is still there:", n)
	}
	mustAdd(t, s, filter("b"))
	if _, was, err := s.Undo("b"); was || err != nil {
		t.Error(was, err)
	}
	if got := brief(s); got != "a:TRUE" {
		t.Error(got)
	}
	if _, _, err := s.Undo("b"); err == nil {
		t.Error("nothing to undo, and no error")
	}
	s.SetMax(1)
	if _, err := s.Add(filter("c")); err == nil {
		t.Error("more than the maximum")
	}
}

// TestDamage: what can't be read is kept, told of, and not started; the rest is.
func TestDamage(t *testing.T) {
	f := func(want string, change func(dir string, l Loaded) error) {
		t.Helper()
		dir := t.TempDir()
		s := mustOpen(t, dir)
		mustAdd(t, s, filter("good"))
		x := filter("bad")
		x.Preserve = true
		l := mustAdd(t, s, x)
		if err := change(dir, l); err != nil {
			t.Fatal(err)
		}
		before := names(t, dir)
		again := mustOpen(t, dir)
		bad, ok := again.Get("bad")
		if good, _ := again.Get("good"); !ok || good.Problem != "" || !strings.Contains(bad.Problem, want) {
			t.Errorf("got %q, %q; want %q", bad.Problem, good.Problem, want)
		}
		if now := names(t, dir); !slices.Equal(before, now) {
			t.Errorf("%s: not kept: %v, %v", want, before, now)
		}
		if _, err := again.Add(filter("bad")); err == nil || !strings.Contains(err.Error(), "not started") {
			t.Error(err)
		}
		x.Replace = true
		mustAdd(t, again, x)
		if err := again.Remove("bad"); err != nil {
			t.Error(err)
		}
	}
	desc := func(change func(text []byte) []byte) func(string, Loaded) error {
		return func(dir string, _ Loaded) error {
			path := filepath.Join(dir, "bad.json")
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, change(text), 0o600)
		}
	}
	f("does not begin", desc(func([]byte) []byte { return nil }))
	f("does not begin", desc(func(b []byte) []byte { return make([]byte, len(b)) }))
	f("checksum is wrong", desc(func(b []byte) []byte { b[len(b)/2] ^= 1; return b }))
	f("checksum is wrong", desc(func(b []byte) []byte { return b[:len(b)-1] }))
	f("longer than", desc(func(b []byte) []byte { return make([]byte, maxEntryFile+1) }))
	f("is not the script that was loaded", func(_ string, l Loaded) error {
		return os.WriteFile(l.Script, []byte("os.exit()"), 0o600)
	})
	f("no such file", func(_ string, l Loaded) error { return os.Remove(l.Script) })
	f("of another filter", func(dir string, _ Loaded) error {
		text, err := os.ReadFile(filepath.Join(dir, "good.json"))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, "bad.json"), text, 0o600)
	})
	f("no regular file", func(dir string, _ Loaded) error {
		return errors.Join(os.Remove(filepath.Join(dir, "bad.json")),
			syscall.Mkfifo(filepath.Join(dir, "bad.json"), 0o600))
	})
	// What was right when it was loaded, and is not now.
	f("match: character 1", func(dir string, l Loaded) error {
		x := filter("bad")
		x.Match = "nonsense"
		e := entry{Version: 1, ID: l.id, State: l.state, Sum: sumOf(script), Filter: x}
		e.Filter.Script = ""
		text, err := e.encode()
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, "bad.json"), text, 0o600)
	})
}

// TestStrangers: files that are not ours stay.
func TestStrangers(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"README", "x.lua", "nonces", "a.0123456789abcdef.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "a.0123456789abcdef.lua"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, dir)
	want := []string{"README", "a.0123456789abcdef.txt", "nonces", "x.lua"}
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Error(got)
	}
}

// changes are what is done to a store that holds "old" and "kept".
var changes = map[string]func(s *Store) error{
	"add": func(s *Store) error {
		f := filter("new")
		f.Preserve = true
		_, err := s.Add(f)
		return err
	},
	"replace": func(s *Store) error {
		f := filter("old")
		f.Replace, f.Match = true, "Type == 'b'"
		_, err := s.Add(f)
		return err
	},
	"remove": func(s *Store) error { return s.Remove("old") },
}

const (
	asBefore = "kept:Type == 'a', old:Type == 'a'"
	added    = asBefore + ", new:Type == 'a'"
	replaced = "kept:Type == 'a', old:Type == 'b'"
	removed  = "kept:Type == 'a'"
)

var outcomes = map[string]string{"add": added, "replace": replaced, "remove": removed}

// prepared returns a folder with "old" and "kept".
func prepared(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	s := mustOpen(t, dir)
	mustAdd(t, s, filter("kept"))
	f := filter("old")
	f.Preserve = true
	mustAdd(t, s, f)
	return dir
}

// killed does to the store in dir what is asked, and kills this process before a step.
func killed(dir, do, step string) {
	s, err := Open(dir, 16, nil)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	last, _ := strconv.Atoi(step)
	n := 0
	s.dir.step = func(string) error {
		if n++; n == last {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		return nil
	}
	if err := changes[do](s); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// TestKilled kills a process at each step of Add and Remove: the old or the new is
// there, whole, and nothing else.
func TestKilled(t *testing.T) {
	for do, new := range outcomes {
		t.Run(do, func(t *testing.T) {
			t.Parallel()
			was := asBefore
			for step := 1; ; step++ {
				dir := prepared(t)
				c := exec.Command(os.Args[0])
				c.Env = append(os.Environ(), "DYNAMIC_TEST_DIR="+dir, "DYNAMIC_TEST_DO="+do,
					"DYNAMIC_TEST_STEP="+strconv.Itoa(step))
				out, err := c.CombinedOutput()
				ended := err == nil
				if !ended && c.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
					t.Fatalf("step %d: %v %s", step, err, out)
				}
				s := mustOpen(t, dir)
				got := brief(s)
				if got != asBefore && got != new || got == asBefore && was == new || ended && got != new {
					t.Errorf("step %d: %s, before that %s", step, got, was)
				}
				was = got
				whole(t, dir, s)
				if ended {
					if step < 3 {
						t.Error("only", step, "steps")
					}
					return
				}
			}
		})
	}
}

// whole wants the folder to have the files of the filters, and no others, and the next
// change to succeed.
func whole(t *testing.T, dir string, s *Store) {
	t.Helper()
	var want []string
	for _, l := range s.All() {
		want = append(want, l.Filter.Name+".json", filepath.Base(l.Script))
		if l.State != "" {
			want = append(want, filepath.Base(filepath.Dir(l.State)))
		}
	}
	slices.Sort(want)
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("files: %v, want %v", got, want)
	}
	f := filter("old")
	f.Replace = true
	mustAdd(t, s, f)
}

// TestFailure has each step of Add and Remove fail: an error says so, and the old is
// there, in memory and on disk.
func TestFailure(t *testing.T) {
	broken := errors.New("no space left")
	for do, new := range outcomes {
		for fail := 1; ; fail++ {
			dir := prepared(t)
			s := mustOpen(t, dir)
			n, at := 0, ""
			s.dir.step = func(name string) error {
				if n++; n == fail {
					at = name
					return broken
				}
				return nil
			}
			err := changes[do](s)
			s.dir.step = func(string) error { return nil }
			if at == "" {
				break
			}
			want := asBefore
			if err == nil { // a step behind the last that counts
				want = new
			} else if !errors.Is(err, broken) {
				t.Errorf("%s: %v", at, err)
			}
			if got := brief(s); got != want {
				t.Errorf("%s, %s: in memory %s, want %s", do, at, got, want)
			}
			again := mustOpen(t, dir)
			if got := brief(again); got != want && !(do == "remove" && strings.HasPrefix(at, "sync")) {
				t.Errorf("%s, %s: on disk %s, want %s", do, at, got, want)
			}
			if err != nil { // and then it succeeds
				if err := changes[do](s); err != nil || brief(s) != new {
					t.Errorf("%s, %s, again: %v, %s", do, at, err, brief(s))
				}
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	e := entry{Version: 1, ID: "0123456789abcdef", Since: time.Unix(1e9, 0).UTC(), Filter: filter("a")}
	text, err := e.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("heka-loaded 1 00\n{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := decode("a", text)
		if err == nil && (e.Filter.Name != "a" || !isID(e.ID)) {
			t.Errorf("%+v", e)
		}
	})
}
