package spool

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"heka/lib/position"
)

// testDisk is the disk, but that it calls at before and after each step, and amid a
// write, and fails where fail says so. It knows what a power cut would leave.
type testDisk struct {
	realDisk
	at   func(step string)       // nil: nothing
	fail func(step string) error // nil: nothing fails
	torn bool                    // a write that fails has written half of it
	fast bool                    // does not wait for the real disk

	mu     sync.Mutex
	synced map[string]int64 // bytes of each file that are safe
	named  map[string]bool  // files whose name is
	steps  []string
}

func (d *testDisk) step(name string, do func() error) error {
	d.mu.Lock()
	if !slices.Contains(d.steps, name) {
		d.steps = append(d.steps, name)
	}
	d.mu.Unlock()
	if d.at != nil {
		d.at("before " + name)
	}
	if d.fail != nil {
		if err := d.fail(name); err != nil {
			return err
		}
	}
	err := do()
	if d.at != nil {
		d.at("after " + name)
	}
	return err
}

func (d *testDisk) create(path string) (f file, err error) {
	err = d.step("create", func() error {
		f, err = d.realDisk.create(path)
		if err == nil {
			d.note(path, 0, false)
		}
		return err
	})
	return &testFile{d: d, path: path, file: f}, err
}

func (d *testDisk) open(path string) (f file, err error) {
	err = d.step("open", func() error { f, err = d.realDisk.open(path); return err })
	return &testFile{d: d, path: path, file: f}, err
}

func (d *testDisk) remove(path string) error {
	return d.step("remove", func() error { return d.realDisk.remove(path) })
}

func (d *testDisk) rename(from, to string) error {
	return d.step("rename", func() error { return d.realDisk.rename(from, to) })
}

func (d *testDisk) sync(dir string) error {
	return d.step("sync", func() error {
		d.mu.Lock()
		for path := range d.named {
			d.named[path] = true
		}
		d.mu.Unlock()
		return nil
	})
}

func (d *testDisk) save(c *position.Store) error {
	return d.step("save", func() error { return d.realDisk.save(c) })
}

// note keeps what is safe of a file that was made by this disk.
func (d *testDisk) note(path string, synced int64, named bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.synced == nil {
		d.synced, d.named = map[string]int64{}, map[string]bool{}
	}
	d.synced[path] = synced
	d.named[path] = d.named[path] || named
}

type testFile struct {
	d    *testDisk
	path string
	size int64
	file
}

func (f *testFile) writeAt(p []byte, at int64) error {
	if f.d.at != nil {
		if err := f.file.writeAt(p[:len(p)/2], at); err != nil {
			return err
		}
		f.d.at("amid writeAt")
	}
	err := f.d.step("writeAt", func() error { return f.file.writeAt(p, at) })
	if err != nil && f.d.torn {
		_ = f.file.writeAt(p[:len(p)/2], at)
	}
	f.size = max(f.size, at+int64(len(p)))
	return err
}

func (f *testFile) truncate(size int64) error {
	f.size = size
	return f.d.step("truncate", func() error { return f.file.truncate(size) })
}

func (f *testFile) sync() error {
	return f.d.step("sync of file", func() error {
		if info, err := os.Stat(f.path); err == nil {
			f.d.note(f.path, info.Size(), false)
		}
		if f.d.fast {
			return nil
		}
		return f.file.sync()
	})
}

// cutPower takes from dir, a copy of the spool in from, what was not safe.
func (d *testDisk) cutPower(t testing.TB, from, dir string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for path, size := range d.synced {
		rel, err := filepath.Rel(from, path)
		must(t, err)
		to := filepath.Join(dir, rel)
		info, err := os.Stat(to)
		switch {
		case err != nil:
		case !d.named[path]:
			must(t, os.Remove(to))
		case info.Size() > size:
			must(t, os.Truncate(to, size))
		}
	}
}

// TestAllStepsAreOnTheDisk: what changes files goes through the disk.
func TestAllStepsAreOnTheDisk(t *testing.T) {
	names, err := filepath.Glob("*.go")
	must(t, err)
	calls := regexp.MustCompile(`os\.(Create|OpenFile|Remove|Rename|Truncate|WriteFile|Mkdir|Link)` +
		`|\.(Truncate|WriteAt|Sync)\(|cursors\.Save`)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || name == "disk.go" {
			continue
		}
		b, err := os.ReadFile(name)
		must(t, err)
		if found := calls.FindAll(b, -1); found != nil {
			t.Errorf("%s: %s", name, found)
		}
	}
}

// stepNames returns the names of all steps: the methods of disk and file that last.
func stepNames() []string {
	var names []string
	d := reflect.TypeFor[disk]()
	for i := range d.NumMethod() {
		names = append(names, d.Method(i).Name)
	}
	f := reflect.TypeFor[file]()
	for i := range f.NumMethod() {
		switch name := f.Method(i).Name; name {
		case "close", "there":
		case "sync":
			names = append(names, "sync of file")
		default:
			names = append(names, name)
		}
	}
	return names
}
