package session

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Limits of what is copied from beside a session.
const (
	maxFiles = 64
	maxBytes = 16 << 20
)

// fill makes dir the working folder of s: copies of the regular files beside it, and
// the files that it brings along, which come instead of those of their names.
func fill(dir string, s *Session) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if err := copyBeside(dir, s.Name); err != nil {
		return err
	}
	for _, f := range s.Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// copyBeside copies the regular files beside the file name, but for sessions.
func copyBeside(dir, name string) error {
	beside := filepath.Dir(name)
	entries, err := os.ReadDir(beside)
	if err != nil {
		return err
	}
	files, left := 0, int64(maxBytes)
	for _, e := range entries {
		from := filepath.Join(beside, e.Name())
		info, err := os.Stat(from) // of what a link leads to
		if err != nil || !info.Mode().IsRegular() || e.Name() == filepath.Base(name) ||
			strings.HasSuffix(e.Name(), Suffix) {
			continue
		}
		if files++; files > maxFiles {
			return fmt.Errorf("more than %d files stand beside it in %s", maxFiles, beside)
		}
		n, err := copyFile(filepath.Join(dir, e.Name()), from, info.Mode().Perm()|0o600, left)
		if err != nil {
			return err
		}
		if left -= n; left < 0 {
			return fmt.Errorf("the files beside it in %s have more than %d MiB", beside, maxBytes>>20)
		}
	}
	return nil
}

// copyFile copies up to limit bytes and one more, and returns how many it were.
func copyFile(to, from string, perm os.FileMode, limit int64) (int64, error) {
	r, err := os.Open(from)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	w, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, perm)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(w, io.LimitReader(r, limit+1))
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	return n, err
}
