package source

import (
	"bytes"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Buffer is the space that the files of one goroutine are read into, in turn. It
// grows to the longest line that is held and does not shrink.
type Buffer struct{ p []byte }

// grown returns a buffer for held bytes and size more.
func (b *Buffer) grown(held, size int) []byte {
	if n := held + size; n > len(b.p) {
		b.p = make([]byte, n+n/4)
	}
	return b.p[:held+size]
}

// OpenFd opens path for reading, which does not wait for the writer of a FIFO, and
// returns the descriptor and its status. Errors are of *os.PathError.
func OpenFd(path string) (int, Status, error) {
	fd, err := openFd(path)
	if err != nil {
		return -1, Status{}, err
	}
	st, err := statFd(uintptr(fd))
	if err != nil {
		unix.Close(fd)
		return -1, st, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	return fd, st, nil
}

// StatFd returns the status of what OpenFd opened.
func StatFd(fd int) (Status, error) { return statFd(uintptr(fd)) }

// CloseFd closes what OpenFd opened.
func CloseFd(fd int) { unix.Close(fd) }

func openFd(path string) (int, error) {
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return -1, &os.PathError{Op: "open", Path: path, Err: err}
		}
		return fd, nil
	}
}

// pread reads at offset at; 0 bytes are the end.
func pread(fd int, p []byte, at int64) (int, error) {
	for {
		n, err := unix.Pread(fd, p, at)
		if err != unix.EINTR {
			return max(n, 0), err
		}
	}
}

// reader reads a descriptor from an offset on.
type reader struct {
	fd int
	at int64
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := pread(r.fd, p, r.at)
	r.at += int64(n)
	if n == 0 && err == nil && len(p) > 0 {
		err = io.EOF
	}
	return n, err
}

// lastLines returns where the last n lines of the file of this size start. What
// stands behind the last newline counts as a line. Of none, it is where the line
// starts that is not whole yet, so that it will come whole when its end does; the
// end of the file if that line is over a megabyte.
func lastLines(fd int, size, n int64) (int64, error) {
	b := make([]byte, 64<<10)
	want := max(n, 1)
	for at := size; at > 0; {
		if n == 0 && size-at > 1<<20 {
			return size, nil
		}
		k := min(at, int64(len(b)))
		at -= k
		got, err := pread(fd, b[:k], at)
		if err != nil {
			return 0, err
		}
		p := b[:got]
		if n > 0 && at+int64(got) == size && got > 0 && p[got-1] == '\n' {
			p = p[:got-1]
		}
		for {
			i := bytes.LastIndexByte(p, '\n')
			if i < 0 {
				break
			}
			if want--; want == 0 {
				return at + int64(i) + 1, nil
			}
			p = p[:i]
		}
	}
	return 0, nil
}
