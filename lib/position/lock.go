package position

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// BusyError says that a process has the store; it may be this one.
type BusyError struct {
	Dir string // the folder of the store
	PID int    // of the process, as it sees itself; 0: not known
}

func (e *BusyError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("positions in %q are in use by another process", e.Dir)
	}
	return fmt.Sprintf("positions in %q are in use by process %d", e.Dir, e.PID)
}

// lockSize is that of what the lock file holds: a line, filled up with spaces, so that
// it is written over in place and needs no room on a full disk.
const lockSize = 32

// savedMark stands behind the pid once there has been a Save.
const savedMark = "saved"

// takeLock takes the lock in dir and writes our pid into it. It reports whether
// the lock says that there has been a Save. The lock is flock(2)'s, which ends with the
// process; the file stays.
func takeLock(dir string) (lock *os.File, saved bool, err error) {
	path := filepath.Join(dir, lockName)
	flags := os.O_RDWR | os.O_CREATE | syscall.O_NOFOLLOW | syscall.O_NONBLOCK
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, false, failed("lock positions", path, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	pid, saved := readLock(f)
	if err == nil {
		writeLock(f, saved)
		return f, saved, nil
	}
	f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, false, &BusyError{Dir: dir, PID: pid}
	}
	return nil, false, failed("lock positions", path, err)
}

func readLock(f *os.File) (pid int, saved bool) {
	var b [lockSize]byte
	n, _ := f.ReadAt(b[:], 0)
	words := strings.Fields(string(b[:n]))
	if len(words) == 0 {
		return 0, false
	}
	pid, err := strconv.Atoi(words[0])
	if err != nil || pid < 0 {
		pid = 0
	}
	return pid, len(words) > 1 && words[1] == savedMark
}

// writeLock does without what can't be written: the lock holds all the same.
func writeLock(f *os.File, saved bool) {
	line := strconv.Itoa(os.Getpid())
	if saved {
		line += " " + savedMark
	}
	_, _ = f.WriteAt([]byte(fmt.Sprintf("%-*s\n", lockSize-1, line)), 0)
}
