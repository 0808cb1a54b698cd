// Package watch tells when something may have changed in directories.
//
// New, then Add for each directory whose files matter; Wake has a value when Take
// has something to say. What Take says is a hint: the taker looks at the files
// themselves. Directories are watched, not files, so that a name keeps its watch
// whatever happens to the file behind it.
package watch

import (
	"errors"
	"os"
	"sync"

	"github.com/fsnotify/fsnotify"
)

// maxNames bounds what is remembered between two calls of Take; beyond it,
// everything counts as changed.
const maxNames = 4096

// Watcher watches directories. Its methods may be called at once.
type Watcher struct {
	fs   *fsnotify.Watcher // nil: nothing can be watched
	wake chan struct{}
	done chan struct{}

	mu    sync.Mutex
	names map[string]struct{}
	all   bool
}

// New returns a Watcher. If err is not nil the system gives no watches; the Watcher
// serves, but says nothing.
func New() (*Watcher, error) {
	w := &Watcher{wake: make(chan struct{}, 1), names: map[string]struct{}{}}
	fs, err := fsnotify.NewWatcher()
	if err != nil {
		return w, err
	}
	w.fs, w.done = fs, make(chan struct{})
	go w.gather()
	return w, nil
}

// None returns a Watcher that watches nothing.
func None() *Watcher { return &Watcher{wake: make(chan struct{}, 1)} }

// Add watches the directory dir, without those below. Doing so again costs little,
// and renews a watch that went with an earlier directory of that name. It is no
// error if dir does not exist.
func (w *Watcher) Add(dir string) error {
	if w.fs == nil {
		return nil
	}
	if err := w.fs.Add(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// Wake has a value when there is something to Take.
func (w *Watcher) Wake() <-chan struct{} { return w.wake }

// Take returns the names that may have changed since the last call: a directory as
// it was given to Add, a slash, and the name within. all says that any may have.
func (w *Watcher) Take() (names []string, all bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n := range w.names {
		names = append(names, n)
	}
	all = w.all
	clear(w.names)
	w.all = false
	return names, all
}

// Close ends the watching.
func (w *Watcher) Close() {
	if w.fs != nil {
		w.fs.Close()
		<-w.done
	}
}

// gather collects events, so that the kernel's queue does not fill up while the
// taker is held up by those behind it.
func (w *Watcher) gather() {
	defer close(w.done)
	for {
		select {
		case e, ok := <-w.fs.Events:
			if !ok {
				return
			}
			if e.Op != fsnotify.Chmod {
				w.note(e.Name, false)
			}
		case _, ok := <-w.fs.Errors:
			if !ok {
				return
			}
			w.note("", true)
		}
	}
}

func (w *Watcher) note(name string, all bool) {
	w.mu.Lock()
	if len(w.names) < maxNames {
		w.names[name] = struct{}{}
	} else {
		all = true
	}
	w.all = w.all || all
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
