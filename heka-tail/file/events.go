package file

import (
	"os"
	"path/filepath"
	"slices"
	"sync"

	"heka/heka-tail/internal/watch"
)

// eventNames tell which of the paths that we know a watch means: it calls a file by
// the real name of its directory.
type eventNames struct {
	mu     sync.Mutex
	real   map[string]string   // directory as given -> its one path
	byKey  map[string][]string // what a watch says -> paths
	known  map[string]bool     // paths
	linked map[string]string   // path of a symbolic link -> the directory of its end
}

func newEventNames() eventNames {
	return eventNames{
		real: map[string]string{}, byKey: map[string][]string{}, known: map[string]bool{},
		linked: map[string]string{},
	}
}

// add makes path known.
func (e *eventNames) add(path string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	dir, file := filepath.Split(path)
	info, err := os.Lstat(path)
	link := err == nil && info.Mode()&os.ModeSymlink != 0
	if link {
		if end, err := filepath.EvalSymlinks(path); err == nil {
			end = canonical(end)
			e.linked[path] = filepath.Dir(end)
			e.key(end, path)
		}
	}
	if !e.known[path] {
		e.known[path] = true
		e.key(filepath.Join(e.canonical(dir), file), path)
	}
}

func (e *eventNames) key(key, path string) {
	if !slices.Contains(e.byKey[key], path) {
		e.byKey[key] = append(e.byKey[key], path)
	}
}

func (e *eventNames) canonical(dir string) string {
	real, ok := e.real[dir]
	if !ok {
		real = canonical(dir)
		e.real[dir] = real
	}
	return real
}

func (e *eventNames) paths(key string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.byKey[key]
}

// links returns the directories that symbolic links lead to.
func (e *eventNames) links() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var dirs []string
	for _, d := range e.linked {
		dirs = append(dirs, d)
	}
	return dirs
}

// watch makes w watch dir, under its one path.
func (e *eventNames) watch(w *watch.Watcher, dir string) error {
	e.mu.Lock()
	real := canonical(dir)
	e.real[dir] = real
	e.mu.Unlock()
	if err := w.Add(real); err != nil {
		return &os.PathError{Op: "watch", Path: dir, Err: err}
	}
	return nil
}

// canonical returns the one path of what path names, as far as it exists.
func canonical(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}
