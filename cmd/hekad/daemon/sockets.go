package daemon

import (
	"fmt"
	"net"
	"os"
	"time"

	"heka/cmd/hekad/service"
	"heka/lib/prog"
	"heka/lib/stage"
)

// controlSockets returns the sockets of the control API that the service manager has opened.
func (d *Daemon) controlSockets() ([]net.Listener, error) {
	all, err := d.opt.Sockets.Named(service.Control)
	if err != nil {
		return nil, err
	}
	for _, l := range all {
		at := l.Addr()
		info, serr := os.Stat(at.String())
		switch {
		case at.Network() != "unix":
			err = fmt.Errorf("the socket named control listens at %s: it has to be a unix socket; [hekad] listen is for TCP", at)
		case serr == nil && info.Mode().Perm()&0o007 != 0:
			err = fmt.Errorf("everybody may connect to the socket named control, %s (%v): want SocketMode=0600", at, info.Mode().Perm())
		}
	}
	if err == nil {
		return all, nil
	}
	for _, l := range all {
		l.Close()
	}
	return nil, stage.Permanent{Err: err}
}

// reaches returns an error if a source of job, which is to run as a process of its own,
// would listen at a socket that the service manager has opened: the daemon has that, and
// a process of its own can't have it.
func (n *node) reaches(job *prog.Job) error {
	if !n.spec.Source() || job.Steps[0].Command == nil {
		return nil
	}
	for _, s := range job.Steps[0].Command.Stages {
		l, ok := s.(stage.Listening)
		if !ok {
			continue
		}
		network, address := l.ListensAt()
		ln, err := n.d.opt.Sockets.At(network, address)
		if err != nil {
			return err
		}
		if ln != nil {
			ln.Close()
			return stage.Permanent{Err: fmt.Errorf("the service manager has opened %s, and a node that runs as a process "+
				"of its own can't have it: take isolate away, or the socket out of the unit", address)}
		}
	}
	return nil
}

// unusedAfter is how long after the start somebody should have taken each socket.
const unusedAfter = 3 * time.Second

// tellUnused says which sockets nobody has taken, once.
func (d *Daemon) tellUnused(now time.Time) {
	if d.toldUnused || now.Sub(d.started) < unusedAfter {
		return
	}
	d.toldUnused = true
	for _, name := range d.opt.Sockets.Unused() {
		d.log.Warn("nobody listens at a socket that the service manager has opened: no source names its address", "socket", name)
	}
}
