package position

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// mustOpen opens the store in dir and says what it logged.
func mustOpen(t testing.TB, dir string) (*Store, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	s, err := Open(dir, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, &log
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// names lists the files of a folder.
func names(t testing.TB, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	must(t, err)
	var all []string
	for _, e := range list {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

// saveTwice makes a store whose copies have record 1 at offset 10, and before at 5.
func saveTwice(t testing.TB, dir string) {
	t.Helper()
	s, _ := mustOpen(t, dir)
	for _, offset := range []int64{5, 10} {
		s.Put(Record{ID: 1, Offset: offset})
		s.Put(Record{ID: 2, Offset: 20})
		must(t, s.Save())
	}
	must(t, s.Close())
}

func TestStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s, log := mustOpen(t, dir)
	if !s.Fresh() || s.Damaged() || len(s.All()) != 0 {
		t.Error("not a first run")
	}
	for _, r := range records(10) {
		s.Put(r)
	}
	s.Delete(3)
	s.Delete(10)
	s.Delete(77)
	must(t, s.Close())
	must(t, s.Close())
	if err := s.Save(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Save after Close: %v", err)
	}

	s, log2 := mustOpen(t, dir)
	if s.Fresh() || s.Damaged() {
		t.Error("a first run, or damaged")
	}
	want := slices.DeleteFunc(records(10), func(r Record) bool { return r.ID == 3 || r.ID == 10 })
	if got := s.All(); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if r, ok := s.Get(4); !ok || r != record(4) {
		t.Errorf("%+v, %v", r, ok)
	}
	if _, ok := s.Get(3); ok {
		t.Error("a deleted record is there")
	}
	if log.Len()+log2.Len() > 0 {
		t.Errorf("logged: %s%s", log, log2)
	}
	if got := names(t, dir); got != "lock positions" {
		t.Errorf("files: %s", got)
	}
	for _, p := range []string{dir, filepath.Dir(dir)} {
		if info, err := os.Stat(p); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", p, info.Mode(), err)
		}
	}
}

// TestSaveIfChanged: what has not changed is not written.
func TestSaveIfChanged(t *testing.T) {
	dir := t.TempDir()
	s, _ := mustOpen(t, dir)
	writes := func(want bool, change func()) {
		t.Helper()
		before := s.generation
		change()
		must(t, s.Save())
		if got := s.generation != before; got != want {
			t.Errorf("written: %v", got)
		}
	}
	writes(true, func() {}) // the first one, so that it is no first run any more
	writes(false, func() {})
	writes(true, func() { s.Put(record(1)) })
	writes(false, func() { s.Put(record(1)); s.Delete(2) })
	writes(true, func() { s.Delete(1) })
	must(t, s.Close())
	s, _ = mustOpen(t, dir)
	writes(false, func() {})
}

func TestPut(t *testing.T) {
	s, _ := mustOpen(t, t.TempDir())
	r := record(1)
	s.Put(r)
	n := testing.AllocsPerRun(100, func() {
		r.Offset++
		s.Put(r)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
	defer func() {
		if recover() == nil {
			t.Error("a negative offset was taken")
		}
	}()
	s.Put(Record{Offset: -1})
}

func TestBusy(t *testing.T) {
	dir := t.TempDir()
	f := func(lock string, pid int, want string) {
		t.Helper()
		s, _ := mustOpen(t, dir)
		if lock != "" {
			must(t, os.WriteFile(filepath.Join(dir, lockName), []byte(lock), 0o600))
		}
		_, err := Open(dir, nil)
		var busy *BusyError
		if !errors.As(err, &busy) || busy.PID != pid || busy.Dir != dir {
			t.Fatalf("second Open: %v", err)
		}
		if err.Error() != want {
			t.Errorf("%s", err)
		}
		must(t, s.Close())
	}
	f("", os.Getpid(), fmt.Sprintf("positions in %q are in use by process %d", dir, os.Getpid()))
	f("rubbish", 0, fmt.Sprintf("positions in %q are in use by another process", dir))
	f("-3\x00", 0, fmt.Sprintf("positions in %q are in use by another process", dir))
}

// TestLockRemoved: a deleted lock, or folder, is made anew; two owners there never are.
func TestLockRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s, _ := mustOpen(t, dir)
	s.Put(record(1))
	must(t, os.RemoveAll(dir))
	must(t, s.Save())
	if _, err := Open(dir, nil); !errors.As(err, new(*BusyError)) {
		t.Errorf("second Open: %v", err)
	}
	must(t, os.Remove(filepath.Join(dir, lockName)))
	second, _ := mustOpen(t, dir)
	second.Put(Record{ID: 1, Offset: 77})
	must(t, second.Save())
	second.Put(Record{ID: 1, Offset: 78})
	must(t, second.Save())
	s.Put(record(2))
	if err := s.Save(); !errors.As(err, new(*BusyError)) {
		t.Errorf("Save beside a second owner: %v", err)
	}
	must(t, second.Close())
	must(t, os.Remove(filepath.Join(dir, lockName)))
	must(t, s.Close())
	again, log := mustOpen(t, dir)
	if _, ok := again.Get(2); !ok || log.Len() > 0 {
		t.Errorf("the last copy is not the newest: %v, %s", again.All(), log)
	}
}

func TestOpenErrors(t *testing.T) {
	f := func(want error, text string, prepare func(dir string) string) {
		t.Helper()
		dir := prepare(t.TempDir())
		s, err := Open(dir, nil)
		if err == nil {
			s.Close()
			t.Fatalf("%s: opened", text)
		}
		if want != nil && !errors.Is(err, want) || !strings.Contains(err.Error(), text) {
			t.Errorf("error %q, want %q", err, text)
		}
	}
	f(syscall.ENOTDIR, "make folder of positions", func(dir string) string {
		must(t, os.WriteFile(dir+"/x", nil, 0o600))
		return dir + "/x"
	})
	f(syscall.ENOTDIR, "make folder of positions", func(dir string) string {
		must(t, os.WriteFile(dir+"/x", nil, 0o600))
		return dir + "/x/y/z"
	})
	f(nil, "positions\": not a regular file", func(dir string) string {
		must(t, os.Mkdir(dir+"/positions", 0o700))
		return dir
	})
	f(nil, "positions.old\": not a regular file", func(dir string) string {
		must(t, syscall.Mkfifo(dir+"/positions.old", 0o600))
		return dir
	})
	f(syscall.EISDIR, "lock positions", func(dir string) string {
		must(t, os.Mkdir(dir+"/lock", 0o700))
		return dir
	})
}

// TestNewer: what a newer program wrote is refused, whichever copy it is, and not touched.
func TestNewer(t *testing.T) {
	for _, name := range []string{currentName, oldName, newName} {
		dir := t.TempDir()
		saveTwice(t, dir)
		must(t, os.WriteFile(filepath.Join(dir, name), line("heka-positions 2 "), 0o600))
		before := contents(t, dir)
		_, err := Open(dir, nil)
		if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), name+`": written by a newer`) {
			t.Errorf("%s: %v", name, err)
		}
		if after := contents(t, dir); after != before {
			t.Errorf("%s: was %q, is %q", name, before, after)
		}
		must(t, os.Remove(filepath.Join(dir, name)))
		mustOpen(t, dir) // the lock was given up
	}
}

func contents(t testing.TB, dir string) (all string) {
	t.Helper()
	must(t, fs.WalkDir(os.DirFS(dir), ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			b, err := os.ReadFile(filepath.Join(dir, p))
			all += p + "=" + string(b) + ";"
			return err
		}
		return err
	}))
	return all
}

// TestConcurrent: all at once, under the race detector; what was put before the last Save
// is there.
func TestConcurrent(t *testing.T) {
	dir := t.TempDir()
	s, _ := mustOpen(t, dir)
	var wg sync.WaitGroup
	for g := range uint64(4) {
		wg.Go(func() {
			for i := range uint64(200) {
				s.Put(Record{ID: g, Offset: int64(i)})
				s.Put(Record{ID: 100 + i, Offset: 1})
				s.Delete(100 + i)
				s.Get(g)
			}
		})
		wg.Go(func() {
			for range 5 {
				s.All()
				if err := s.Save(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	must(t, s.Close())
	s, _ = mustOpen(t, dir)
	for g := range uint64(4) {
		if r, ok := s.Get(g); !ok || r.Offset != 199 {
			t.Errorf("%+v, %v", r, ok)
		}
	}
}

func bench(b *testing.B) (*Store, string) {
	dir := b.TempDir()
	s, _ := mustOpen(b, dir)
	for _, r := range records(10_000) {
		s.Put(r)
	}
	must(b, s.Save())
	return s, dir
}

func BenchmarkLoad10k(b *testing.B) {
	s, dir := bench(b)
	must(b, s.Close())
	b.ReportAllocs()
	for b.Loop() {
		s, err := Open(dir, nil)
		must(b, err)
		must(b, s.Close())
	}
}

// BenchmarkSave10k does not wait for the disk.
func BenchmarkSave10k(b *testing.B) {
	s, _ := bench(b)
	s.disk = &faultyDisk{}
	r := record(1)
	b.ReportAllocs()
	for b.Loop() {
		r.Offset++
		s.Put(r)
		must(b, s.Save())
	}
}

func BenchmarkSave10kSync(b *testing.B) {
	s, _ := bench(b)
	r := record(1)
	for b.Loop() {
		r.Offset++
		s.Put(r)
		must(b, s.Save())
	}
}

func BenchmarkPut(b *testing.B) {
	s, _ := bench(b)
	r := record(5000)
	b.ReportAllocs()
	for b.Loop() {
		r.Offset++
		s.Put(r)
	}
}
