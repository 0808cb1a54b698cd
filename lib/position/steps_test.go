package position

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// faultyDisk is the disk, but for a step at which it fails, or the process is killed.
type faultyDisk struct {
	realDisk
	safe   bool  // wait until what it does is on the disk
	crash  int   // a place: there is one before each step, one after, one amid a create; 0: none
	fail   int   // the step, from 1, that fails with err; 0: none
	err    error // what step fail gives
	places int   // so far
	steps  []string
}

// killed is what a crash panics with: nothing of the program runs behind it but defers.
type killed struct{}

// step does one step, torn being what is done of it if the crash comes in its midst.
func (d *faultyDisk) step(name string, do func() error, torn func()) error {
	d.steps = append(d.steps, name)
	d.place(nil)
	if torn != nil {
		d.place(torn)
	}
	if len(d.steps) == d.fail {
		if torn != nil {
			torn()
		}
		return d.err
	}
	err := do()
	d.place(nil)
	return err
}

func (d *faultyDisk) place(last func()) {
	if d.places++; d.places == d.crash {
		if last != nil {
			last()
		}
		panic(killed{})
	}
}

func (d *faultyDisk) create(path string, data []byte) error {
	return d.step("create "+filepath.Base(path),
		func() error {
			if d.safe {
				return d.realDisk.create(path, data)
			}
			return os.WriteFile(path, data, 0o600)
		},
		func() { _ = os.WriteFile(path, data[:len(data)/2], 0o600) })
}

func (d *faultyDisk) rename(from, to string) error {
	name := "rename " + filepath.Base(from) + " " + filepath.Base(to)
	return d.step(name, func() error { return d.realDisk.rename(from, to) }, nil)
}

func (d *faultyDisk) remove(path string) error {
	return d.step("remove "+filepath.Base(path), func() error { return d.realDisk.remove(path) }, nil)
}

func (d *faultyDisk) sync(path string) error {
	return d.step("sync", func() error {
		if d.safe {
			return d.realDisk.sync(path)
		}
		return nil
	}, nil)
}

// TestSteps names the steps of a Save that last. Whoever adds one: TestCrash kills at it.
func TestSteps(t *testing.T) {
	f := func(want string, prepare func(dir string)) {
		t.Helper()
		dir := t.TempDir()
		saveTwice(t, dir)
		prepare(dir)
		d := &faultyDisk{}
		run(t, dir, d, 99)
		if got := strings.Join(d.steps, ", "); got != want {
			t.Errorf("steps: %s", got)
		}
	}
	const (
		create = "create positions.new, "
		retire = "rename positions positions.old, "
		finish = "rename positions.new positions, sync"
		save   = create + retire + finish
	)
	f(save, func(string) {})
	f(create+"rename positions positions.damaged, "+finish+", "+save,
		func(dir string) { damage(t, dir, currentName) })
	f(create+"rename positions.old positions.damaged, "+retire+finish+", "+save,
		func(dir string) { damage(t, dir, oldName) })
	f("remove positions.new, "+save, func(dir string) { damage(t, dir, newName) })
}

// run opens the store in dir on the disk d, puts record 1 at offset, and closes. It reports
// what Open found, and whether the disk crashed, with which the lock is given up, as by a kill.
func run(t testing.TB, dir string, d *faultyDisk, offset int64) (found int64, crashed bool) {
	t.Helper()
	defer func() {
		switch r := recover(); r.(type) {
		case nil:
		case killed:
			crashed = true
			lock := filepath.Join(dir, lockName)
			b, err := os.ReadFile(lock)
			must(t, err)
			must(t, os.Remove(lock)) // this process lives, and holds the file still
			must(t, os.WriteFile(lock, b, 0o600))
		default:
			panic(r)
		}
	}()
	s, err := open(dir, nil, d)
	must(t, err)
	found = offsetOf(s)
	s.Put(Record{ID: 1, Offset: offset})
	s.Put(Record{ID: 2, Offset: 20})
	must(t, s.Close())
	return found, false
}

// offsetOf sums up a store: -1: a first run, -2: damaged and empty.
func offsetOf(s *Store) int64 {
	r, ok := s.Get(1)
	switch {
	case ok:
		return r.Offset
	case s.Fresh():
		return -1
	case s.Damaged():
		return -2
	}
	return -3
}

// damage overwrites the middle of a copy, the records, with NULs; one that is not there is made.
func damage(t testing.TB, dir, name string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		b = make([]byte, 100)
	}
	clear(b[len(b)/3:])
	must(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
}

// spoil flips a bit of record 2 of a copy.
func spoil(t testing.TB, dir, name string) {
	t.Helper()
	path := filepath.Join(dir, name)
	b, err := os.ReadFile(path)
	must(t, err)
	b[len(b)-1] ^= 1
	must(t, os.WriteFile(path, b, 0o600))
}

// begins are folders that a run may find, and what it finds in them.
var begins = []struct {
	name    string
	finds   int64
	prepare func(t testing.TB, dir string)
}{
	{"a first run", -1, func(testing.TB, string) {}},
	{"one save", 5, func(t testing.TB, dir string) {
		run(t, dir, &faultyDisk{}, 5)
	}},
	{"two saves", 10, saveTwice},
	{"current damaged", 5, func(t testing.TB, dir string) {
		saveTwice(t, dir)
		damage(t, dir, currentName)
	}},
	{"a record of current damaged", 10, func(t testing.TB, dir string) {
		saveTwice(t, dir)
		spoil(t, dir, currentName)
	}},
	{"old damaged", 10, func(t testing.TB, dir string) {
		saveTwice(t, dir)
		damage(t, dir, oldName)
	}},
	{"a record of each damaged", 10, func(t testing.TB, dir string) {
		saveTwice(t, dir)
		spoil(t, dir, currentName)
		spoil(t, dir, oldName)
	}},
	{"current gone", 5, func(t testing.TB, dir string) {
		saveTwice(t, dir)
		must(t, os.Remove(filepath.Join(dir, currentName)))
	}},
	{"killed before the last rename", 30, func(t testing.TB, dir string) {
		saveTwice(t, dir)
		crashAt(t, dir, "rename positions.new positions", 30)
	}},
	{"killed while mending", 30, func(t testing.TB, dir string) {
		saveTwice(t, dir)
		crashAt(t, dir, "rename positions positions.old", 30)
		damage(t, dir, currentName)
		damage(t, dir, oldName)
	}},
}

// crashAt runs and is killed just before the step of that name.
func crashAt(t testing.TB, dir, step string, offset int64) {
	t.Helper()
	for crash := 1; ; crash++ {
		try := t.TempDir()
		must(t, os.CopyFS(try, os.DirFS(dir)))
		d := &faultyDisk{crash: crash}
		if _, crashed := run(t, try, d, offset); !crashed {
			t.Fatalf("no step %s in %q", step, d.steps)
		}
		if d.steps[len(d.steps)-1] == step {
			must(t, os.RemoveAll(dir))
			must(t, os.Rename(try, dir))
			return
		}
	}
}

// TestCrash kills at every place of every Save, and again at every place of the start
// after it; then the store has what was found before, or what was being saved.
func TestCrash(t *testing.T) {
	if _, err := os.Stat("/dev/shm"); err == nil {
		t.Setenv("TMPDIR", "/dev/shm") // thousands of small files
	}
	for _, begin := range begins {
		t.Run(begin.name, func(t *testing.T) {
			base := filepath.Join(t.TempDir(), "base")
			must(t, os.Mkdir(base, 0o700))
			begin.prepare(t, base)
			n := 0
			eachCrash(t, base, 100, func(once string, crashed bool) {
				first := []int64{begin.finds, 100}
				if !crashed {
					first = []int64{100}
				}
				eachCrash(t, once, 200, func(twice string, crashed bool) {
					n++
					second := append(slices.Clone(first), 200)
					if !crashed {
						second = []int64{200}
					}
					found, _ := run(t, twice, &faultyDisk{}, 300)
					if !slices.Contains(second, found) {
						t.Fatalf("found %d in %s, want one of %d", found, names(t, twice), second)
					}
					if found, _ = run(t, twice, &faultyDisk{}, 300); found != 300 {
						t.Fatalf("found %d, was 300", found)
					}
				})
			})
			if n < 50 {
				t.Errorf("only %d crashes", n)
			}
		})
	}
}

// eachCrash calls then with a copy of dir after a run that crashed at the first place, the
// second, and so on, and after one that did not.
func eachCrash(t *testing.T, dir string, offset int64, then func(dir string, crashed bool)) {
	t.Helper()
	for crash, crashed := 1, true; crashed; crash++ {
		try, err := os.MkdirTemp(t.TempDir(), "")
		must(t, err)
		must(t, os.CopyFS(try, os.DirFS(dir)))
		_, crashed = run(t, try, &faultyDisk{crash: crash}, offset)
		then(try, crashed)
		must(t, os.RemoveAll(try))
	}
}

// TestFails: at whichever step a Save fails, it says so, the store is as it was or as it
// should be, and the next Save succeeds.
func TestFails(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EIO, syscall.EROFS, syscall.EDQUOT} {
		for step := 1; step <= 4; step++ {
			dir := t.TempDir()
			saveTwice(t, dir)
			s, _ := mustOpen(t, dir)
			d := &faultyDisk{fail: step, err: &os.PathError{Op: "x", Path: "/elsewhere", Err: errno}}
			s.disk = d
			s.Put(Record{ID: 1, Offset: 100})
			err := s.Save()
			want := fmt.Sprintf("write positions %q: %v", filepath.Join(dir, currentName), errno)
			if !errors.Is(err, errno) || err.Error() != want {
				t.Errorf("step %d: error %v, want %s", step, err, want)
			}
			if step == 1 && names(t, dir) != "lock positions positions.old" {
				t.Errorf("files after step 1 failed: %s", names(t, dir))
			}
			there := filepath.Join(t.TempDir(), "copy")
			must(t, os.CopyFS(there, os.DirFS(dir)))
			if found, _ := run(t, there, &faultyDisk{}, 1); found != 10 && found != 100 {
				t.Errorf("step %d: found %d", step, found)
			}
			must(t, s.Save())
			must(t, s.Save())
			must(t, s.Close())
			if found, _ := run(t, dir, &faultyDisk{}, 1); found != 100 {
				t.Errorf("step %d: found %d after the next Save", step, found)
			}
		}
	}
}
