package spool

import (
	"errors"
	"io/fs"
	"os"

	"heka/lib/position"
)

// disk does the steps that last. Tests put one in its place that fails at a step, or
// keeps what a crash there would leave. Whoever adds a step adds a method, and TestSteps
// names it.
type disk interface {
	// create makes a new file; fs.ErrExist if there is one of that name.
	create(path string) (file, error)

	// open opens a file that is there, to write on behind what it holds.
	open(path string) (file, error)

	remove(path string) error

	// rename is never told of a name that is taken.
	rename(from, to string) error

	// sync returns when the entries of the folder are on disk.
	sync(dir string) error

	// save saves the cursors, by steps of its own: see lib/position.
	save(cursors *position.Store) error
}

// file is a segment that is being written, or what is copied out of a damaged one.
type file interface {
	writeAt(p []byte, at int64) error
	truncate(size int64) error
	sync() error
	close() error

	// there reports whether the file is still the one of its name.
	there() bool
}

// realDisk is the disk.
type realDisk struct{}

func (realDisk) create(path string) (file, error) {
	return openFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL)
}

func (realDisk) open(path string) (file, error) { return openFile(path, os.O_RDWR) }

func openFile(path string, flags int) (file, error) {
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, err
	}
	return realFile{f}, nil
}

func (realDisk) remove(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (realDisk) rename(from, to string) error { return os.Rename(from, to) }

func (realDisk) sync(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if err2 := f.Close(); err == nil {
		err = err2
	}
	return err
}

func (realDisk) save(cursors *position.Store) error { return cursors.Save() }

type realFile struct{ f *os.File }

func (f realFile) writeAt(p []byte, at int64) error {
	_, err := f.f.WriteAt(p, at)
	return err
}

func (f realFile) truncate(size int64) error { return f.f.Truncate(size) }
func (f realFile) sync() error               { return f.f.Sync() }
func (f realFile) close() error              { return f.f.Close() }

func (f realFile) there() bool {
	held, err := f.f.Stat()
	if err != nil {
		return true // it can't be told
	}
	named, err := os.Lstat(f.f.Name())
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	return os.SameFile(held, named)
}
