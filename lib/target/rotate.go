package target

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// Moved reports whether the name no longer leads to the open file: it was renamed
// or removed, as a program that rotates logs does. Who learns so closes the
// file, and the next Write makes a new one.
func (f *File) Moved() bool {
	if f.f == nil || !f.regular {
		return false
	}
	now, err := f.dir.Stat(f.name)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	was, err := f.f.Stat()
	return err == nil && !os.SameFile(now, was)
}

// Rotate closes the file and gives it the name behind which 1 stands, having
// moved that of 1 to 2 and so on. With keep, that of keep is lost to the one
// before it; 0 keeps all. A file that is no regular file stays.
func (f *File) Rotate(keep int) error {
	if f.f == nil || !f.regular {
		return nil
	}
	if err := f.Close(); err != nil {
		return err
	}
	free := 1
	for keep <= 0 || free < keep {
		if _, err := f.dir.Stat(Rotated(f.name, free)); err != nil {
			break
		}
		free++
	}
	for n := free; n > 1; n-- {
		if err := f.dir.Rename(Rotated(f.name, n-1), Rotated(f.name, n)); err != nil {
			return err
		}
	}
	if err := f.dir.Rename(f.name, Rotated(f.name, 1)); err != nil {
		return err
	}
	f.made = true
	return nil
}

// Rotated returns the name of the file that was rotated n times: out.log.2, and
// out.log.2.gz, so that those who look for the ending still find it.
func Rotated(name string, n int) string {
	for _, end := range []string{".gz", ".zst"} {
		if base, ok := strings.CutSuffix(name, end); ok {
			return base + "." + strconv.Itoa(n) + end
		}
	}
	return name + "." + strconv.Itoa(n)
}
