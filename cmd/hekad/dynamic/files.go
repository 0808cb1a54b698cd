package dynamic

import (
	"errors"
	"fmt"
	"path/filepath"
)

// prior is a filter that was replaced.
type prior struct {
	old  Loaded
	desc []byte // its description; nil: it could not be read
	next *entry // of what is in its place
}

// Settle removes what Add has replaced under a name: it runs, and there is no way back.
func (s *Store) Settle(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(Name(name))
}

func (s *Store) settle(name string) {
	if p, ok := s.prior[name]; ok {
		delete(s.prior, name)
		s.clean(p.old, p.next)
	}
}

// Undo takes back what Add did under a name, because it can't be started: the filter
// that was there before is there again, and returned; or none was, and there is none.
func (s *Store) Undo(name string) (old Loaded, was bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name = Name(name)
	p, ok := s.prior[name]
	if !ok || p.desc == nil {
		return Loaded{}, false, s.remove(name)
	}
	if err := s.back(name+jsonSuffix, p.desc); err != nil {
		return Loaded{}, false, fmt.Errorf("undo the load of %s: %w", name, err)
	}
	delete(s.prior, name)
	l := s.all[name]
	s.all[name] = p.old
	s.clean(l, &entry{State: p.old.state})
	return p.old, true, nil
}

// put writes the files of a filter. The filter is there from the rename on: what is
// written before it belongs to none, and the next Open removes it.
func (s *Store) put(e *entry, script string, old Loaded, there bool) (Loaded, error) {
	text, err := e.encode()
	if err != nil {
		return Loaded{}, err
	}
	l := s.loaded(e)
	lua, desc := filepath.Base(l.Script), e.Filter.Name+jsonSuffix
	state := e.Filter.Name + "." + e.State + stateSuffix
	before, err := s.before(desc, there)
	if err == nil {
		err = s.dir.remove(e.Filter.Name + newSuffix)
	}
	if err == nil && e.State != "" && e.State != old.state {
		err = s.dir.mkdir(state)
	}
	if err == nil {
		err = s.dir.write(lua, []byte(script))
	}
	if err == nil {
		err = s.dir.write(e.Filter.Name+newSuffix, text)
	}
	if err == nil {
		err = s.dir.sync()
	}
	renamed := false
	if err == nil {
		err = s.dir.rename(e.Filter.Name+newSuffix, desc)
		renamed = err == nil
	}
	if err == nil {
		err = s.dir.sync()
	}
	if err == nil {
		if there {
			s.prior[e.Filter.Name] = prior{old: old, desc: before, next: e}
		}
		return l, nil
	}
	if renamed {
		err = errors.Join(err, s.back(desc, before))
	}
	err = errors.Join(err, s.dir.remove(e.Filter.Name+newSuffix), s.dir.remove(lua))
	if e.State != "" && e.State != old.state {
		err = errors.Join(err, s.dir.removeDir(state))
	}
	return Loaded{}, err
}

// before returns the description that is to be replaced, for the case that it fails.
func (s *Store) before(desc string, there bool) ([]byte, error) {
	if !there {
		return nil, nil
	}
	text, err := s.dir.read(desc, maxEntryFile)
	if err != nil {
		return nil, nil // it is damaged in such a way that there is nothing to keep
	}
	return text, nil
}

// back undoes the rename of a description that may not be on disk.
func (s *Store) back(desc string, before []byte) error {
	if before == nil {
		return errors.Join(s.dir.remove(desc), s.dir.sync())
	}
	tmp := desc + ".new"
	err := errors.Join(s.dir.remove(tmp), s.dir.write(tmp, before))
	if err == nil {
		err = s.dir.rename(tmp, desc)
	}
	return errors.Join(err, s.dir.sync())
}

// clean removes the files of old that its successor e does not have; e is nil if there
// is none. What is left is removed by the next Open.
func (s *Store) clean(old Loaded, e *entry) {
	var err error
	if old.id != "" {
		err = s.dir.remove(filepath.Base(old.Script))
	}
	if old.state != "" && (e == nil || e.State != old.state) {
		err = errors.Join(err, s.dir.removeDir(old.Filter.Name+"."+old.state+stateSuffix))
	}
	if err != nil {
		s.log.Warn("files of a filter are left behind", "filter", old.Filter.Name, "error", err)
	}
}

// Unknown is the error that no filter has this name.
func (s *Store) Unknown(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unknown(name)
}

func (s *Store) unknown(name string) error {
	names := make([]string, 0, len(s.all))
	for n := range s.all {
		names = append(names, n)
	}
	hint := "none is"
	if n := nearest(Name(name), names); n != "" {
		hint = "did you mean " + n + "?"
	} else if len(names) > 0 {
		hint = "loaded are " + listed(names)
	}
	return mistake(hint, "no filter %.64q is loaded", name)
}

// cleanBroken removes all files of a filter whose description could not be read.
func (s *Store) cleanBroken(name string) {
	names, err := s.dir.names()
	for _, file := range names {
		if m := ours.FindStringSubmatch(file); m != nil && m[1] == name {
			err = errors.Join(err, s.discard(file, m[4]))
		}
	}
	if err != nil {
		s.log.Warn("files of a filter are left behind", "filter", name, "error", err)
	}
}
