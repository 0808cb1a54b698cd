package source

import (
	"golang.org/x/sys/unix"
)

const statMask = unix.STATX_BASIC_STATS | unix.STATX_BTIME

// Stat returns the status of the file that path names, symbolic links followed.
// Errors are those of statx(2).
func Stat(path string) (Status, error) { return statx(unix.AT_FDCWD, path, 0) }

// fstat is statFd without the key, for those who know it; it does not allocate.
func fstat(fd int) (Status, error) {
	var s unix.Stat_t
	if err := unix.Fstat(fd, &s); err != nil {
		return Status{}, err
	}
	return Status{Size: s.Size, Mtime: s.Mtim.Nano(), Links: uint64(s.Nlink), mode: s.Mode}, nil
}

// statFd is Stat for a descriptor.
func statFd(fd uintptr) (Status, error) { return statx(int(fd), "", unix.AT_EMPTY_PATH) }

func statx(fd int, path string, flags int) (Status, error) {
	var s unix.Statx_t
	for {
		err := unix.Statx(fd, path, flags, statMask, &s)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return Status{}, err
		}
		break
	}
	st := Status{
		Key:   Key{Dev: uint64(s.Dev_major)<<32 | uint64(s.Dev_minor), Ino: s.Ino},
		Size:  int64(s.Size),
		Mtime: s.Mtime.Sec*1e9 + int64(s.Mtime.Nsec),
		Links: uint64(s.Nlink),
		mode:  uint32(s.Mode),
	}
	if s.Mask&unix.STATX_BTIME != 0 {
		st.Key.Born = s.Btime.Sec*1e9 + int64(s.Btime.Nsec)
	}
	return st, nil
}
