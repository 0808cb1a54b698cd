package service

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"

	"github.com/coreos/go-systemd/v22/activation"
)

// Control is the name of the socket of the control API in a socket unit
// (FileDescriptorName=control).
const Control = "control"

// Sockets are those that the service manager opened for the daemon: sd_listen_fds(3).
// They stay open as long as the daemon runs. What is handed out is a duplicate, so
// that a node that is restarted or reloaded gets its socket again, and who connects
// meanwhile waits instead of being refused. Its methods may be called by any number of
// goroutines; a nil Sockets has none.
type Sockets struct {
	mu   sync.Mutex
	all  []socket
	used map[string]bool
}

type socket struct {
	name string
	file *os.File
	addr net.Addr
}

// Inherit takes the sockets that were passed, and their variables out of the environment.
// Sockets that can't be listened on are errors, and closed; the others are there.
func Inherit() (*Sockets, error) {
	s := &Sockets{used: map[string]bool{}}
	var errs []error
	for _, f := range activation.Files(true) {
		l, err := net.FileListener(f)
		if err != nil {
			f.Close()
			errs = append(errs, fmt.Errorf("socket %s is none that listens for connections: %w", f.Name(), err))
			continue
		}
		s.all = append(s.all, socket{name: f.Name(), file: f, addr: l.Addr()})
		l.Close()
	}
	return s, errors.Join(errs...)
}

// Named returns the sockets of a name, FileDescriptorName in the socket unit; none
// if there is none. The caller closes them.
func (s *Sockets) Named(name string) ([]net.Listener, error) {
	return s.pick(func(k socket) bool { return k.name == name })
}

// At returns the socket that listens at address, for whoever would listen there: nil if
// there is none. network is tcp or unix; address a path, or [host]:port, where no host
// means any, which a socket at any address alone serves. The caller closes it.
func (s *Sockets) At(network, address string) (net.Listener, error) {
	all, err := s.pick(func(k socket) bool {
		return k.name != Control && k.addr.Network() == network && sameAddress(k.addr, address)
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	for _, l := range all[1:] {
		l.Close()
	}
	return all[0], nil
}

func (s *Sockets) pick(want func(socket) bool) ([]net.Listener, error) {
	if s == nil {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []net.Listener
	for _, k := range s.all {
		if !want(k) {
			continue
		}
		l, err := net.FileListener(k.file)
		if err != nil {
			for _, l := range all {
				l.Close()
			}
			return nil, fmt.Errorf("socket %s: %w", k.name, err)
		}
		s.used[k.name] = true
		all = append(all, l)
	}
	return all, nil
}

// sameAddress reports whether a socket at have is what one would listen to at want.
func sameAddress(have net.Addr, want string) bool {
	tcp, ok := have.(*net.TCPAddr)
	if !ok {
		return have.String() == want
	}
	host, port, err := net.SplitHostPort(want)
	if err != nil || port != fmt.Sprint(tcp.Port) {
		return false
	}
	ip := tcp.AddrPort().Addr().Unmap()
	if host == "" {
		return ip.IsUnspecified()
	}
	if host == "localhost" {
		return ip.IsLoopback()
	}
	asked, err := netip.ParseAddr(host)
	return err == nil && asked.Unmap() == ip
}

// Unused returns the names of sockets that nobody has asked for, each once: mistakes in
// the socket unit, or in the configuration.
func (s *Sockets) Unused() []string {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, k := range s.all {
		if !s.used[k.name] && !slices.Contains(names, k.name) {
			names = append(names, k.name)
		}
	}
	return names
}

// Close closes them.
func (s *Sockets) Close() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.all {
		k.file.Close()
	}
	s.all = nil
}
