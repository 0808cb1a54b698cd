package file

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"heka/heka-tail/internal/source"
	"heka/heka-tail/internal/watch"
)

// name is a path that is followed, whatever file it stands for.
type name struct {
	path    string
	globbed bool // a glob found it: forgotten once it is gone
	cur     *file
	since   time.Time  // when it was seen that cur has lost the name; zero: it has it
	ignored source.Key // the file that can't be followed
	special bool       // a FIFO: read by a stream
	said    string     // the error that was reported last

	queued  bool
	event   bool // a watch told of it
	watched bool
	keys    []string // what watches call it
}

// begin notes when n was first seen to stand for another file, or none.
func (n *name) begin() {
	if n.since.IsZero() {
		n.since = time.Now()
	}
}

// say reports err, unless it was the last that was reported of n.
func (n *name) say(log *slog.Logger, err error) {
	if s := err.Error(); s != n.said {
		n.said = s
		log.Error(s)
	}
}

// names are the paths that are followed, and the globs that find them.
type names struct {
	list     []*name
	byPath   map[string]*name
	byKey    map[string][]*name
	patterns []string
}

func newNames(args []string) names {
	ns := names{byPath: map[string]*name{}, byKey: map[string][]*name{}}
	for _, a := range args {
		switch {
		case a == "-":
		case isPattern(a):
			ns.patterns = append(ns.patterns, a)
		default:
			ns.add(a)
		}
	}
	return ns
}

// none reports whether there is nothing to follow and never will be.
func (ns *names) none() bool { return len(ns.list) == 0 && len(ns.patterns) == 0 }

func (ns *names) add(path string) *name {
	n := ns.byPath[path]
	if n == nil {
		n = &name{path: path}
		ns.byPath[path] = n
		ns.list = append(ns.list, n)
	}
	return n
}

// remove forgets n.
func (ns *names) remove(n *name) {
	delete(ns.byPath, n.path)
	ns.list = slices.DeleteFunc(ns.list, func(m *name) bool { return m == n })
	ns.unkey(n)
}

func (ns *names) unkey(n *name) {
	for _, k := range n.keys {
		left := slices.DeleteFunc(ns.byKey[k], func(m *name) bool { return m == n })
		if ns.byKey[k] = left; len(left) == 0 {
			delete(ns.byKey, k)
		}
	}
	n.keys = n.keys[:0]
}

// glob adds what the globs find.
func (ns *names) glob() {
	for _, p := range ns.patterns {
		found, _ := filepath.Glob(p) // the pattern is checked
		for _, path := range found {
			if ns.byPath[path] == nil {
				ns.add(path).globbed = true
			}
		}
	}
}

// at returns the names that a watch calls key.
func (ns *names) at(key string) []*name { return ns.byKey[key] }

// matches reports whether what a watch calls key may be found by a glob.
func (ns *names) matches(key string) bool {
	for _, p := range ns.patterns {
		if ok, _ := filepath.Match(filepath.Base(p), filepath.Base(key)); ok {
			return true
		}
	}
	return false
}

// watch makes w watch the directories of all names and globs. Of a symbolic link,
// that is also the directory of the file at its end.
func (ns *names) watch(w *watch.Watcher) (err error) {
	dirs := map[string]string{}
	add := func(dir string) string {
		real, ok := dirs[dir]
		if !ok {
			real = canonical(dir)
			dirs[dir] = real
			if aerr := w.Add(real); aerr != nil && err == nil {
				err = &os.PathError{Op: "watch", Path: dir, Err: aerr}
			}
		}
		return real
	}
	for _, p := range ns.patterns {
		found, _ := filepath.Glob(filepath.Dir(p))
		for _, dir := range found {
			add(dir)
		}
	}
	for _, n := range ns.list {
		dir := add(filepath.Dir(n.path))
		if n.watched {
			if len(n.keys) > 1 {
				add(filepath.Dir(n.keys[1]))
			}
			continue
		}
		n.watched = n.cur != nil
		ns.unkey(n)
		ns.key(n, filepath.Join(dir, filepath.Base(n.path)))
		if end, err := filepath.EvalSymlinks(n.path); err == nil {
			if end = canonical(end); end != n.keys[0] {
				add(filepath.Dir(end))
				ns.key(n, end)
			}
		}
	}
	return err
}

func (ns *names) key(n *name, key string) {
	n.keys = append(n.keys, key)
	ns.byKey[key] = append(ns.byKey[key], n)
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

// sayWaiting reports what there is not yet.
func (ns *names) sayWaiting(log *slog.Logger) {
	for _, n := range ns.list {
		if n.cur == nil && !n.special && n.said == "" {
			log.Warn(n.path + " does not exist yet; waiting for it")
		}
	}
	for _, p := range ns.patterns {
		if found, _ := filepath.Glob(p); len(found) == 0 {
			log.Info("no file matches " + p + " yet; waiting for one")
		}
	}
}
