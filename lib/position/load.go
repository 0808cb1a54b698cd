package position

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// copyOf is one of the files that may hold the store.
type copyOf struct {
	parsed
	there bool
}

func (c *copyOf) whole() bool   { return c.there && c.err == nil }
func (c *copyOf) damaged() bool { return c.there && c.err != nil }

// readCopy reads the file of that name. Damage, a sector that can't be read included,
// is in the answer; its error is one that a person must see to, or ErrNewer.
func (s *Store) readCopy(name string) (c copyOf, err error) {
	path := s.path(name)
	b, err := readFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return copyOf{}, nil
	case errors.Is(err, errDamaged), errors.Is(err, syscall.EIO):
		return copyOf{there: true, parsed: parsed{err: err}}, nil
	case err != nil:
		return copyOf{}, failed("read positions", path, err)
	}
	c.there = true
	if c.parsed, err = parse(b); err != nil {
		return copyOf{}, fmt.Errorf("read positions %q: %w", path, err)
	}
	return c, nil
}

var errDamaged = errors.New("damaged")

func readFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a FIFO must not block
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%w: longer than %d bytes", errDamaged, maxFile)
	}
	b := make([]byte, info.Size())
	n, err := io.ReadFull(f, b)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil
	}
	return b[:n], err
}

// load finds the newest whole copy, finishes or removes what an interrupted Save left,
// and mends what is damaged.
func (s *Store) load() error {
	var copies [3]copyOf
	for i, name := range []string{currentName, oldName, newName} {
		c, err := s.readCopy(name)
		if err != nil {
			return err
		}
		copies[i] = c
		s.generation = max(s.generation, c.generation)
	}
	current, old, next := &copies[0], &copies[1], &copies[2]
	s.currentBad, s.oldBad = current.damaged(), old.damaged()
	s.report(current, currentName)
	s.report(old, oldName)
	if next.whole() && next.generation > max(current.generation, old.generation) {
		s.use(next.records)
		s.mended(s.finish())
		return nil
	}
	if next.there {
		_ = s.disk.remove(s.path(newName)) // it is in nobody's way
	}
	if !current.there && !old.there {
		s.begin()
		return nil
	}
	s.choose(current, old)
	return nil
}

// begin starts without a copy: for the first time, or because it was removed.
func (s *Store) begin() {
	s.fresh, s.damaged = !s.marked, s.marked
	s.changes++
	if s.damaged {
		s.log.Error("positions are gone: starting without", "path", s.path(currentName))
	}
}

// choose takes the newer copy if it is whole, or lays what is left of it over the
// older one; then it mends the files.
func (s *Store) choose(current, old *copyOf) {
	newer, older := current, old
	if current.generation > 0 && old.generation > current.generation {
		newer, older = old, current // somebody put an older copy in its place
	}
	if !newer.whole() {
		s.use(older.records)
	}
	s.use(newer.records)
	s.damaged = !newer.whole() && !older.whole()
	switch {
	case s.damaged:
		s.log.Error("no copy of the positions is whole: some or all are lost",
			"path", s.path(currentName), "records", len(s.records))
	case newer != current, !current.whole():
		s.log.Warn("using the other copy of the positions", "path", s.path(oldName),
			"records", len(s.records))
	}
	if newer != current || !current.whole() || s.oldBad {
		s.changes++
		s.mended(s.Save())
	}
}

// mended takes the outcome of putting the files in order again. If it failed the next
// Save tries again.
func (s *Store) mended(err error) {
	if err != nil {
		s.log.Warn("positions not mended yet", "error", err)
		s.changes = s.saved + 1
	}
}

// report tells of a copy that is damaged.
func (s *Store) report(c *copyOf, name string) {
	if c.damaged() {
		s.log.Warn("positions damaged", "path", s.path(name), "error", c.err,
			"whole", len(c.records), "kept", s.path(damagedName))
	}
}

// use takes records, over those of the same IDs that are there.
func (s *Store) use(records []Record) {
	for _, r := range records {
		s.Put(r)
	}
	s.saved = s.changes
}
