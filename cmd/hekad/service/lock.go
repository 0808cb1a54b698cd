package service

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"heka/lib/position"
	"heka/lib/stage"
)

// Names in a state folder.
const (
	lockName = "lock"
	pidName  = "pid"
)

// Lock is that of a state folder: as long as it is held, no other daemon has the
// folder. It is flock(2)'s, and ends with the process, however that ends.
type Lock struct {
	// PidError says why the pid file could not be written, on a full disk, say; the lock
	// holds all the same.
	PidError error

	dir  string
	file *os.File
}

// busy is a position.BusyError with a text of its own, so that whoever looks for that
// finds it: exit status 75.
type busy struct{ *position.BusyError }

func (e busy) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("state folder %q is in use by another process", e.Dir)
	}
	return fmt.Sprintf("state folder %q is in use by process %d", e.Dir, e.PID)
}

func (e busy) Unwrap() error { return e.BusyError }

// Take makes the folder dir where it is missing, with mode 0700, locks it, and writes
// the pid into its files lock and pid. The files of a process that was killed don't
// matter. Errors: a *position.BusyError with the pid of the process that has it; a
// *stage.UsageError where others can write to the folder, or it belongs to somebody
// else; what the system says.
func Take(dir string) (*Lock, error) {
	if err := makeFolder(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, lockName)
	for {
		f, err := openLock(path)
		if err != nil {
			return nil, err
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != nil {
			pid := readPid(f)
			f.Close()
			if errors.Is(err, syscall.EWOULDBLOCK) {
				return nil, busy{&position.BusyError{Dir: dir, PID: pid}}
			}
			return nil, fmt.Errorf("lock %q: %w", path, err)
		}
		l := &Lock{dir: dir, file: f}
		if l.Held() {
			l.PidError = l.writePid()
			return l, nil
		}
		f.Close() // somebody deleted it meanwhile
	}
}

func makeFolder(dir string) error {
	err := os.MkdirAll(filepath.Dir(dir), 0o755)
	if err == nil {
		err = os.Mkdir(dir, 0o700)
	}
	if err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make state folder: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("state folder: %w", err)
	}
	if !info.IsDir() {
		return &stage.UsageError{Msg: fmt.Sprintf("state folder %q is no folder", dir)}
	}
	return safe(dir, info)
}

// safe wants a folder in which nobody but us and root can put something.
func safe(dir string, info os.FileInfo) error {
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return &stage.UsageError{
			Msg:  fmt.Sprintf("others can write to the state folder %q (mode %04o)", dir, mode),
			Hint: "chmod 700 it",
		}
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if uid := os.Geteuid(); ok && int(st.Uid) != uid && st.Uid != 0 {
		return &stage.UsageError{
			Msg:  fmt.Sprintf("the state folder %q belongs to user %d, and this is user %d", dir, st.Uid, uid),
			Hint: "run hekad as that user, or name another folder",
		}
	}
	return nil
}

func openLock(path string) (*os.File, error) {
	flags := os.O_RDWR | os.O_CREATE | syscall.O_NOFOLLOW | syscall.O_NONBLOCK
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock state folder: %w", err)
	}
	return f, nil
}

func readPid(f *os.File) int {
	var b [32]byte
	n, _ := f.ReadAt(b[:], 0)
	pid, err := strconv.Atoi(strings.TrimSpace(string(b[:n])))
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}

// writePid writes the pid where people look for it, and into the lock, in place and with
// a fixed length: that needs no room on a full disk once it was there.
func (l *Lock) writePid() error {
	line := fmt.Sprintf("%-15d\n", os.Getpid())
	_, err := l.file.WriteAt([]byte(line), 0)
	path := filepath.Join(l.dir, pidName)
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC | syscall.O_NOFOLLOW
	f, ferr := os.OpenFile(path, flags, 0o644)
	if ferr != nil {
		return errors.Join(err, ferr)
	}
	_, werr := fmt.Fprintln(f, os.Getpid())
	return errors.Join(err, werr, f.Close())
}

// Held reports whether the lock is still the one in the folder: false if somebody deleted
// its file, and another daemon could take the folder.
func (l *Lock) Held() bool {
	mine, err := l.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(filepath.Join(l.dir, lockName))
	return err == nil && os.SameFile(mine, there)
}

// Release removes the pid file and gives the folder free. The file lock stays, so that
// no two processes ever lock two files of that name.
func (l *Lock) Release() error {
	err := os.Remove(filepath.Join(l.dir, pidName))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, l.file.Close())
}
