// Package peer knows the other end of a network connection: addresses as they are
// typed, sockets that are listened on, connections that are made, and the certificates
// that both ends show. It knows nothing of what is said over them.
package peer

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"heka/lib/stage"
)

// Address is where a peer listens, or where we do.
type Address struct {
	Text    string // as it was typed
	Network string // "tcp" or "unix"
	Where   string // HOST:PORT, or a path
}

// loopback is the host of an address that names none: nobody is listened to, or sent
// to, over a network by omission.
const loopback = "127.0.0.1"

// Parse reads an address of a scheme: heka://HOST:PORT, or heka:///PATH for a unix
// socket. Without a host it is this machine's loopback, without a port it has port.
// The error is a *stage.UsageError.
func Parse(text, scheme string, port int) (Address, error) {
	bad := func(why string) (Address, error) {
		return Address{}, &stage.UsageError{Msg: text + ": " + why,
			Hint: "write " + scheme + "://HOST:PORT, or " + scheme + ":///PATH for a unix socket"}
	}
	rest, ok := strings.CutPrefix(text, scheme+"://")
	if !ok {
		return bad("no address of scheme " + scheme)
	}
	if strings.HasPrefix(rest, "/") {
		path, err := url.PathUnescape(rest)
		if err != nil || path == "/" || strings.ContainsRune(path, 0) {
			return bad("no path of a socket")
		}
		if len(path) > maxSocketPath {
			return bad("the path of a socket has at most " + strconv.Itoa(maxSocketPath) + " bytes")
		}
		return Address{Text: text, Network: "unix", Where: path}, nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return bad("no address")
	}
	if u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return bad("an address is a host and a port, and nothing else")
	}
	host, p := u.Hostname(), u.Port()
	if host == "" {
		host = loopback
	}
	if p == "" {
		p = strconv.Itoa(port)
	}
	if n, err := strconv.Atoi(p); err != nil || n < 0 || n > 65535 {
		return bad("a port is a number from 0 to 65535")
	}
	return Address{Text: text, Network: "tcp", Where: net.JoinHostPort(host, p)}, nil
}

// maxSocketPath is what a sockaddr_un has room for, less a suffix of ours.
const maxSocketPath = 96

// String returns the address as it was typed.
func (a Address) String() string { return a.Text }

// Host returns the host of a TCP address.
func (a Address) Host() string {
	host, _, _ := net.SplitHostPort(a.Where)
	return host
}

// Local reports whether only this machine can be at the other end.
func (a Address) Local() bool {
	if a.Network == "unix" {
		return true
	}
	ip := net.ParseIP(a.Host())
	return a.Host() == "localhost" || ip != nil && ip.IsLoopback()
}

// Port returns the port of a TCP address; -1 of a unix socket.
func (a Address) Port() int {
	_, p, err := net.SplitHostPort(a.Where)
	if n, aerr := strconv.Atoi(p); err == nil && aerr == nil && a.Network == "tcp" {
		return n
	}
	return -1
}
