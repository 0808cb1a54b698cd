package logstream

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// Walk lists the files of the tree that may match: the paths of regular files and of
// links to such, below the root, in no order. An error stands for a folder or link
// that can't be read, and the others go on; what is gone by then, or is a link to
// nothing, is no error, but the root is.
//
// Links to folders are followed, after all that stands in the tree itself; each
// folder is read once, so that links can't lead in circles. Folders that the text at
// the start of FileMatch rules out are not read. Memory is needed for folders, not
// for files.
func (l *Layout) Walk() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		w := walker{root: l.opts.Root, yield: yield, seen: map[inode]bool{}}
		switch fi, err := os.Stat(w.root); {
		case err != nil:
			yield("", err)
			return
		case !fi.IsDir():
			yield("", &os.PathError{Op: "list", Path: w.root, Err: syscall.ENOTDIR})
			return
		}
		w.tree(l.start)
		for len(w.links) > 0 && !w.stopped {
			links := w.links
			w.links = nil
			slices.Sort(links)
			for _, dir := range links {
				w.tree(dir)
			}
		}
	}
}

// start is the folder below which all paths are that match; empty for the root.
func start(match *regexp.Regexp, slash bool) string {
	prefix, _ := match.LiteralPrefix()
	if slash {
		prefix = strings.TrimPrefix(prefix, "/")
	}
	dir, _ := path.Split(prefix)
	dir = strings.TrimSuffix(dir, "/")
	if dir != path.Clean("/" + dir)[1:] {
		return "" // with dots or two slashes: there are no such paths
	}
	return dir
}

// inode knows a folder again.
type inode struct{ dev, ino uint64 }

type walker struct {
	root    string
	yield   func(string, error) bool
	seen    map[inode]bool
	links   []string // to folders
	stopped bool
}

// tree lists dir and what is below it.
func (w *walker) tree(dir string) {
	dirs := []string{dir}
	for len(dirs) > 0 && !w.stopped {
		last := len(dirs) - 1
		dir := dirs[last]
		dirs = w.folder(dir, dirs[:last])
	}
}

// folder lists dir, and returns dirs with those in it.
func (w *walker) folder(dir string, dirs []string) []string {
	f, err := os.OpenFile(filepath.Join(w.root, dir), os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		w.report(err)
		return dirs
	}
	defer f.Close()
	if fi, err := f.Stat(); err != nil || w.before(fi) {
		w.report(err)
		return dirs
	}
	for !w.stopped {
		entries, err := f.ReadDir(1000)
		for _, e := range entries {
			name := filepath.Join(dir, e.Name())
			if e.IsDir() {
				dirs = append(dirs, name)
			} else if !w.entry(name, e.Type()) {
				return dirs
			}
		}
		if err != nil {
			if err != io.EOF {
				w.report(err)
			}
			break
		}
	}
	return dirs
}

// before reports whether the folder was read before, and notes it.
func (w *walker) before(fi fs.FileInfo) bool {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	id := inode{uint64(st.Dev), st.Ino}
	was := w.seen[id]
	w.seen[id] = true
	return was
}

// entry gives a file; false: to stop. Of links to folders it makes a note.
func (w *walker) entry(name string, mode fs.FileMode) bool {
	if mode&fs.ModeSymlink != 0 {
		fi, err := os.Stat(filepath.Join(w.root, name))
		if err != nil {
			w.report(err)
			return !w.stopped
		}
		if mode = fi.Mode().Type(); mode.IsDir() {
			w.links = append(w.links, name)
		}
	}
	if mode.IsRegular() && !w.yield(name, nil) {
		w.stopped = true
	}
	return !w.stopped
}

// report gives err, unless that something has gone.
func (w *walker) report(err error) {
	if err == nil || w.stopped || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return
	}
	if !w.yield("", err) {
		w.stopped = true
	}
}
