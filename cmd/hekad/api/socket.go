package api

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// socket is a unix socket that listens at a path.
type socket struct {
	*net.UnixListener
	path string
	info os.FileInfo // of the socket, to know it again
	once sync.Once
}

// firstName is how the folder is called in which a socket is made.
const firstName = ".control-"

// listenUnix listens at path with mode 0600. The socket is made in a folder of its own
// that nobody else can enter, and gets its name when it has its mode: so there is no
// moment at which the umask decides who may connect, and a socket that a dead daemon left
// is replaced in one step. The caller has the state folder to himself.
func listenUnix(path string) (*socket, error) {
	if err := checkPath(path); err != nil {
		return nil, err
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), firstName+"*"))
	for _, dir := range left { // by one that was killed in here
		os.RemoveAll(dir)
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), firstName) // its mode is 0700
	if err != nil {
		return nil, fmt.Errorf("make the control socket: %w", err)
	}
	defer os.RemoveAll(dir)
	first := filepath.Join(dir, SocketName)
	short, done, err := socketPath(first)
	if err != nil {
		return nil, fmt.Errorf("make the control socket: %w", err)
	}
	defer done()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("make the control socket: %w", err)
	}
	l.SetUnlinkOnClose(false) // by then it has another name
	s := &socket{UnixListener: l, path: path}
	if err = os.Chmod(first, 0o600); err == nil {
		if s.info, err = os.Lstat(first); err == nil {
			err = os.Rename(first, path)
		}
	}
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("make the control socket: %w", err)
	}
	return s, nil
}

// checkPath wants nothing at path, or a socket at which nobody answers.
func checkPath(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("make the control socket: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("make the control socket: %s is there and is no socket; move it away", path)
	}
	conn, err := dialUnix(path)
	if err == nil {
		conn.Close()
	}
	if err == nil || errors.Is(err, syscall.EAGAIN) { // too many wait: somebody is there
		return fmt.Errorf("a daemon answers at %s; stop it, or give this one another state folder", path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("see who has the control socket: %w", err)
	}
	return nil
}

// dialTime is how long to wait for a connection.
const dialTime = 5 * time.Second

func dialUnix(path string) (net.Conn, error) {
	short, done, err := socketPath(path)
	if err != nil {
		return nil, err
	}
	defer done()
	return net.DialTimeout("unix", short, dialTime)
}

// remove takes the name away, unless another socket has it by now.
func (s *socket) remove() {
	s.once.Do(func() {
		if info, err := os.Lstat(s.path); err == nil && os.SameFile(info, s.info) {
			os.Remove(s.path)
		}
	})
}

// forget gives the socket up; that it is closed already is no error.
func (s *socket) forget() error {
	s.remove()
	if err := s.UnixListener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Close ends the listening.
func (s *socket) Close() error {
	s.remove()
	return s.UnixListener.Close()
}
