package position

import (
	"errors"
	"io/fs"
)

// write makes data the current copy. N is the generation of data; a crash (kill, power
// cut) after each step leaves:
//
//	                                     positions   .old    .new
//	0 before                             N-1         N-2     -         N-1 is found
//	1 write and fsync positions.new      N-1         N-2     part, N   part: N-1, else N
//	2 rename positions to .old           -           N-1     N         N is found
//	3 rename positions.new to positions  N           N-1     -         N is found
//	4 fsync the folder                   as after 3, power cut or not
//
// Renames in a folder are kept in their order by the file systems that one has. If
// a power cut loses both, that is step 1; if it loses step 3 and .new with it, N-1 is found.
//
// If positions is damaged it becomes positions.damaged in step 2 and .old stays: a
// damaged copy never takes the place of one that may be whole. Until step 3 the
// new copy may then be the only whole one, so after step 1 nothing removes it but the
// next Save, and finish goes on with it from step 2.
func (s *Store) write(data []byte) error {
	if err := s.disk.create(s.path(newName), data); err != nil {
		_ = s.disk.remove(s.path(newName)) // it may be what fills the disk
		return failed("write positions", s.path(currentName), err)
	}
	return s.install()
}

// finish does what is left to do after step 1 was done by a program that is no more,
// perhaps before its fsync.
func (s *Store) finish() error {
	if err := s.disk.sync(s.path(newName)); err != nil {
		return failed("write positions", s.path(currentName), err)
	}
	return s.install()
}

// install does steps 2 to 4.
func (s *Store) install() error {
	err := s.retire()
	if err == nil {
		err = s.disk.rename(s.path(newName), s.path(currentName))
	}
	if err == nil {
		err = s.disk.sync(s.dir)
	}
	if err != nil {
		return failed("write positions", s.path(currentName), err)
	}
	return nil
}

// retire does step 2. Of two damaged copies the newer one is kept.
func (s *Store) retire() error {
	if s.oldBad && !s.currentBad {
		if err := s.renameIfThere(oldName, damagedName); err != nil {
			return err
		}
	}
	s.oldBad = false
	to := oldName
	if s.currentBad {
		to = damagedName
	}
	if err := s.renameIfThere(currentName, to); err != nil {
		return err
	}
	s.currentBad = false
	return nil
}

// renameIfThere is no error if there is nothing: a Save that failed after step 2 leaves
// no current copy.
func (s *Store) renameIfThere(from, to string) error {
	err := s.disk.rename(s.path(from), s.path(to))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
