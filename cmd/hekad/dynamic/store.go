// Package dynamic is about filters that are loaded into a running daemon: on disk, as
// nodes, and by signed messages.
//
// A [Store] keeps them, so that they are there after a restart: [Store.Add] and
// [Store.Remove] return when that is so. [Check] says beforehand what is wrong with one,
// and [Node] is what the daemon makes of it: a node that runs as a process of its own,
// with limits. A [Manager] loads and unloads them for those who are elsewhere: it
// carries out the commands of lib/control, tells the sender what came of them, and the
// bus.
//
// Whoever sends a filter decides what is in it, and no more: the names of files are
// made here, a filter sees no message that the daemon's `allow` does not let through,
// and what a filter kept is there for that one alone, not for a later one of its name.
package dynamic

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"heka/cmd/hekad/api"
)

// Loaded is a filter that was loaded.
type Loaded struct {
	// Filter is what was loaded, under the name that it has here, but for the script,
	// which is in a file.
	Filter api.Filter

	Script string    // path of the file with the script
	State  string    // path of the file for what it keeps; empty: nothing
	Since  time.Time // when it was loaded

	// Problem says why it can't be started as it is on disk; empty: it can.
	Problem string

	id, state string // in the names of its files
}

// Store is the folder of what was loaded. Any number of goroutines may use it, and one
// process: the state folder that it is in must be locked.
type Store struct {
	path string
	max  int
	log  *slog.Logger
	dir  *folder

	mu    sync.Mutex
	all   map[string]Loaded
	prior map[string]prior // what was replaced, while that can be undone
}

// Open opens the folder dir, or makes it, and reads what is there. At most max filters
// may be in it. What can't be read, or would not pass Check any more, is kept, and has a
// Problem, as have those beyond max; log is told. What a crash has left half done is
// removed. log may be nil.
func Open(dir string, max int, log *slog.Logger) (*Store, error) {
	path, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("loaded filters: %w", err)
	}
	if !speakable(path) {
		return nil, fmt.Errorf("loaded filters: folder %q: no path for a command line", path)
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Store{path: path, max: max, log: log, all: map[string]Loaded{}, prior: map[string]prior{}}
	if s.dir, err = openFolder(path); err != nil {
		return nil, fmt.Errorf("loaded filters: %w", err)
	}
	if err := s.load(); err != nil {
		s.dir.Close()
		return nil, fmt.Errorf("loaded filters: %w", err)
	}
	return s, nil
}

// Close gives the folder up.
func (s *Store) Close() error { return s.dir.Close() }

// load reads the folder.
func (s *Store) load() error {
	names, err := s.dir.names()
	if err != nil {
		return err
	}
	for _, file := range names {
		if m := ours.FindStringSubmatch(file); m != nil && m[2] == jsonSuffix {
			s.all[m[1]] = s.read(m[1])
		}
	}
	for i, l := range s.list() {
		if i >= s.max && l.Problem == "" {
			l.Problem = fmt.Sprintf("max_filters is %d, and older ones are there", s.max)
			s.all[l.Filter.Name] = l
		}
		if l.Problem != "" {
			s.log.Error("a loaded filter is kept, and not started",
				"filter", l.Filter.Name, "problem", l.Problem, "folder", s.path)
		}
	}
	s.sweep(names)
	return nil
}

// read reads the filter called name.
func (s *Store) read(name string) Loaded {
	l := Loaded{Filter: api.Filter{Name: name}}
	broken := func(err error) Loaded {
		l.Problem = err.Error()
		return l
	}
	text, err := s.dir.read(name+jsonSuffix, maxEntryFile)
	if err != nil {
		return broken(err)
	}
	e, err := decode(name, text)
	if err != nil {
		return broken(fmt.Errorf("%s%s: %w", name, jsonSuffix, err))
	}
	l = s.loaded(e)
	script, err := s.dir.read(filepath.Base(l.Script), MaxScript)
	if err != nil {
		return broken(err)
	}
	if sumOf(string(script)) != e.Sum {
		return broken(fmt.Errorf("%s is not the script that was loaded", filepath.Base(l.Script)))
	}
	f := l.Filter
	f.Script = string(script)
	if err := Check(f); err != nil {
		return broken(err)
	}
	return l
}

// loaded returns the filter that e describes.
func (s *Store) loaded(e *entry) Loaded {
	l := Loaded{Filter: e.Filter, Since: e.Since, id: e.ID, state: e.State}
	l.Filter.Signer, l.Filter.Script = e.Signer, ""
	l.Script = filepath.Join(s.path, e.Filter.Name+"."+e.ID+luaSuffix)
	if e.State != "" {
		l.State = filepath.Join(s.path, e.Filter.Name+"."+e.State+stateSuffix, stateFile)
	}
	return l
}

// sweep removes files of ours that belong to no filter: of one that was not loaded to
// the end, or removed. What may belong to one that can't be read stays.
func (s *Store) sweep(names []string) {
	for _, file := range names {
		m := ours.FindStringSubmatch(file)
		if m == nil || m[2] == jsonSuffix {
			continue
		}
		l, there := s.all[m[1]]
		if there && (l.id == "" && m[2] == "" || m[3] != "" && (m[3] == l.id || m[3] == l.state)) {
			continue
		}
		s.log.Info("removed what a filter left that is not loaded", "file", file)
		if err := s.discard(file, m[4]); err != nil {
			s.log.Warn("not removed", "file", file, "error", err)
		}
	}
}

func (s *Store) discard(file, suffix string) error {
	if suffix == stateSuffix {
		return s.dir.removeDir(file)
	}
	return s.dir.remove(file)
}

// list returns all filters, the oldest first.
func (s *Store) list() []Loaded {
	all := make([]Loaded, 0, len(s.all))
	for _, l := range s.all {
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b Loaded) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Filter.Name, b.Filter.Name))
	})
	return all
}

// All returns the filters in the order in which they were loaded.
func (s *Store) All() []Loaded {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list()
}

// Get returns the filter called name.
func (s *Store) Get(name string) (Loaded, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.all[Name(name)]
	return l, ok
}

// SetMax changes how many filters may be loaded from now on.
func (s *Store) SetMax(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.max = n
}

// Add checks f and puts it on disk. When it returns nil all of it is there, and will be
// after a crash; otherwise nothing of it, and an error that is the sender's is a
// *stage.UsageError, or several of them, joined. With f.Replace it takes the place of
// the filter of its name, whose state it goes on with if both have one; a signer may
// replace only what it has loaded itself. What was replaced is kept until Settle, for
// Undo to bring it back.
func (s *Store) Add(f api.Filter) (Loaded, error) {
	if err := Check(f); err != nil {
		return Loaded{}, err
	}
	f.Name = Name(f.Name)
	s.mu.Lock()
	defer s.mu.Unlock()
	old, there := s.all[f.Name]
	switch {
	case s.max <= 0:
		return Loaded{}, mistake("set it in [hekad]", "max_filters is 0: no filter may be loaded")
	case there && !f.Replace && old.Problem != "":
		return Loaded{}, mistake("unload it, or replace it",
			"%s is loaded, and not started: %s", f.Name, old.Problem)
	case there && !f.Replace:
		return Loaded{}, mistake("unload it, or replace it", "%s is already running", f.Name)
	case there && f.Signer != "" && f.Signer != old.Filter.Signer:
		return Loaded{}, mistake("", "%s was not loaded by %s", f.Name, f.Signer)
	case !there && len(s.all) >= s.max:
		return Loaded{}, mistake("unload one, or raise max_filters",
			"%d filters are loaded, and max_filters is %d", len(s.all), s.max)
	}
	s.settle(f.Name)
	e := s.entryOf(f, old)
	l, err := s.put(e, f.Script, old, there)
	if err != nil {
		return Loaded{}, fmt.Errorf("load %s: %w", f.Name, err)
	}
	s.all[f.Name] = l
	return l, nil
}

// entryOf describes f, which is to be in the place of old.
func (s *Store) entryOf(f api.Filter, old Loaded) *entry {
	e := &entry{
		Version: entryVersion, ID: newID(), Sum: sumOf(f.Script), Signer: f.Signer,
		Since: time.Now().UTC(), Filter: f,
	}
	if f.Preserve {
		if e.State = old.state; e.State == "" {
			e.State = newID()
		}
	}
	e.Filter.Script, e.Filter.Replace = "", false
	return e
}

func newID() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Remove takes the filter called name from disk, with its state. Its process must have
// ended. When it returns nil it will not be there after a crash. That there is none of
// that name is a *stage.UsageError.
func (s *Store) Remove(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remove(name)
}

func (s *Store) remove(name string) error {
	l, ok := s.all[Name(name)]
	if !ok {
		return s.unknown(name)
	}
	s.settle(l.Filter.Name)
	desc := l.Filter.Name + jsonSuffix
	err := s.dir.remove(desc)
	if err == nil {
		err = s.dir.sync()
	}
	if err != nil { // it can be tried again
		return fmt.Errorf("unload %s: %w", l.Filter.Name, err)
	}
	delete(s.all, l.Filter.Name)
	s.clean(l, nil)
	if l.id == "" {
		s.cleanBroken(l.Filter.Name)
	}
	return nil
}
