package peer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
)

// Listen begins to listen at a. Of a unix socket the permissions are 0600. One that is
// there and that nobody listens on any more is replaced; so is, at Close, none but ours
// taken away. dead is from when on a connection whose other end does not answer is
// given up.
func Listen(ctx context.Context, a Address, dead time.Duration) (net.Listener, error) {
	if a.Network == "unix" {
		return listenUnix(ctx, a.Where)
	}
	lc := net.ListenConfig{KeepAliveConfig: keepAlive(dead)}
	ln, err := lc.Listen(ctx, a.Network, a.Where)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", a, err)
	}
	return ln, nil
}

// keepAlive is how the system finds out that the other end is gone.
func keepAlive(dead time.Duration) net.KeepAliveConfig {
	const probes = 3
	every := max(dead/(probes+1), time.Second)
	return net.KeepAliveConfig{Enable: true, Idle: every, Interval: every, Count: probes}
}

// Dial connects to a.
func Dial(ctx context.Context, a Address, dead time.Duration) (net.Conn, error) {
	d := net.Dialer{KeepAliveConfig: keepAlive(dead), Timeout: dead}
	conn, err := d.DialContext(ctx, a.Network, a.Where)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		giveUpAfter(tcp, dead)
	}
	return conn, nil
}

// listenUnix listens under a name of its own, sets the permissions, and only then
// gives the socket its name: at no time it can be reached by others.
func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	fail := func(err error) (net.Listener, error) {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	if err := free(ctx, path); err != nil {
		return fail(err)
	}
	own := path + "." + strconv.Itoa(os.Getpid())
	os.Remove(own)
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "unix", own)
	if err != nil {
		return fail(err)
	}
	u := ln.(*net.UnixListener)
	u.SetUnlinkOnClose(false)
	err = os.Chmod(own, 0o600)
	if err == nil {
		err = os.Rename(own, path)
	}
	if err != nil {
		ln.Close()
		os.Remove(own)
		return fail(err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		ln.Close()
		return fail(err)
	}
	return &socketListener{UnixListener: u, path: path, info: info}, nil
}

// free wants nothing at path but a socket that nobody listens on.
func free(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return &fs.PathError{Op: "listen", Path: path, Err: errors.New("a file is there that is no socket")}
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err == nil {
		conn.Close()
		return &net.OpError{Op: "listen", Net: "unix", Err: syscall.EADDRINUSE}
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil // rename takes its place
	}
	return err
}

// socketListener takes its socket away when it is closed, if it is still its own.
type socketListener struct {
	*net.UnixListener
	path string
	info fs.FileInfo
}

func (l *socketListener) Close() error {
	err := l.UnixListener.Close()
	if err != nil {
		return err
	}
	if info, serr := os.Lstat(l.path); serr == nil && os.SameFile(info, l.info) {
		os.Remove(l.path)
	}
	return nil
}
