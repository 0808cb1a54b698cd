//go:build unix && !linux

package source

import "golang.org/x/sys/unix"

// Stat returns the status of the file that path names, symbolic links followed.
// Errors are those of stat(2).
func Stat(path string) (Status, error) {
	var s unix.Stat_t
	if err := unix.Stat(path, &s); err != nil {
		return Status{}, err
	}
	return status(&s), nil
}

// statFd is Stat for a descriptor.
func statFd(fd uintptr) (Status, error) {
	var s unix.Stat_t
	if err := unix.Fstat(int(fd), &s); err != nil {
		return Status{}, err
	}
	return status(&s), nil
}

// fstat is statFd.
func fstat(fd int) (Status, error) { return statFd(uintptr(fd)) }

func status(s *unix.Stat_t) Status {
	return Status{
		Key:   Key{Dev: uint64(s.Dev), Ino: uint64(s.Ino)},
		Size:  s.Size,
		Mtime: s.Mtim.Nano(),
		Links: uint64(s.Nlink),
		mode:  uint32(s.Mode),
	}
}
