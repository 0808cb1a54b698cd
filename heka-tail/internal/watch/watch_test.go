package watch

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// next waits until Take says name, or all.
func next(t *testing.T, w *Watcher, name string) {
	t.Helper()
	over := time.After(time.Minute)
	for {
		select {
		case <-w.Wake():
			if names, all := w.Take(); all || slices.Contains(names, name) {
				return
			}
		case <-over:
			t.Fatalf("nothing was said of %s", name)
		}
	}
}

func TestWatcher(t *testing.T) {
	dir := t.TempDir()
	w, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	sub := dir + "/sub"
	if err := w.Add(sub); err != nil {
		t.Errorf("a directory that is not there: %v", err)
	}
	for range 2 { // the second is another directory of the name
		if err := os.Mkdir(sub, 0o700); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := w.Add(sub); err != nil {
				t.Fatal(err)
			}
		}
		os.WriteFile(sub+"/a", []byte("1"), 0o600)
		next(t, w, sub+"/a")
		os.Rename(sub+"/a", sub+"/b")
		next(t, w, sub+"/b")
		os.RemoveAll(sub)
		next(t, w, sub)
	}
}

func TestTakeIsBounded(t *testing.T) {
	w := &Watcher{wake: make(chan struct{}, 1), names: map[string]struct{}{}}
	for i := range maxNames + 2 {
		w.note(fmt.Sprint(i), false)
	}
	if names, all := w.Take(); len(names) != maxNames || !all {
		t.Errorf("%d names, all %v", len(names), all)
	}
	if names, all := w.Take(); len(names) != 0 || all {
		t.Errorf("%q, all %v", names, all)
	}
}

func TestNone(t *testing.T) {
	w := None()
	if err := w.Add(t.TempDir()); err != nil {
		t.Error(err)
	}
	if names, all := w.Take(); names != nil || all {
		t.Error(names, all)
	}
	w.Close()
}
