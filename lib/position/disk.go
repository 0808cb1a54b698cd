package position

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// disk does the steps that last. Tests put one in its place that fails, or crashes, at
// a step.
type disk interface {
	// create writes data to a new file, in place of one that is there, and
	// returns when it is on disk.
	create(path string, data []byte) error

	rename(from, to string) error
	remove(path string) error

	// sync returns when the file, or the entries of the folder, are on disk.
	sync(path string) error
}

// realDisk is the disk.
type realDisk struct{}

func (realDisk) create(path string, data []byte) error {
	// A file of that name may be anything, a FIFO even: it is not to be opened.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err2 := f.Close(); err == nil {
		err = err2
	}
	return err
}

func (realDisk) rename(from, to string) error { return os.Rename(from, to) }

func (realDisk) remove(path string) error { return os.Remove(path) }

func (realDisk) sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	if err2 := f.Close(); err == nil {
		err = err2
	}
	return err
}

// makeFolders makes dir and what is missing above it, so that they outlast a power cut.
func makeFolders(dir string) error {
	err := os.Mkdir(dir, 0o700)
	parent := filepath.Dir(dir)
	if errors.Is(err, fs.ErrNotExist) && parent != dir {
		if err = makeFolders(parent); err != nil {
			return err
		}
		err = os.Mkdir(dir, 0o700)
	}
	if err == nil {
		return realDisk{}.sync(parent)
	}
	if info, err2 := os.Stat(dir); err2 == nil && info.IsDir() {
		return nil
	}
	if errors.Is(err, fs.ErrExist) {
		return syscall.ENOTDIR
	}
	return err
}

// failed says what could not be done with which file, and why, naming one file only:
// errors of os name one, too, which may be the new file's.
func failed(operation, path string, err error) error {
	var pe *fs.PathError
	var le *os.LinkError
	switch {
	case errors.As(err, &pe):
		err = pe.Err
	case errors.As(err, &le):
		err = le.Err
	}
	return fmt.Errorf("%s %q: %w", operation, path, err)
}
