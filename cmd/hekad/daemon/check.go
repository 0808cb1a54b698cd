package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/config"
	"heka/cmd/hekad/service"
	"heka/lib/control"
	"heka/lib/peer"
	"heka/lib/position"
	"heka/lib/prog"
	"heka/lib/stage"
)

// CheckAll checks a configuration as Run does, and opens what Run opens before it starts
// anything, unless a daemon runs with that state: then it has these things open.
func CheckAll(wings []prog.Wing, path, state, def string) (*config.Config, error) {
	c, err := Load(wings, path, state)
	if err != nil {
		return nil, err
	}
	dir := StateOf(state, c, def)
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) { // made here, it could be the wrong user's
		lock, err := service.Take(dir)
		var busy *position.BusyError
		if errors.As(err, &busy) {
			return c, nil
		}
		if err != nil {
			return nil, err
		}
		defer lock.Release()
	}
	if addr := c.Hekad.Listen; addr != "" {
		if _, err := api.ReadToken(c.Hekad.TokenFile); err != nil {
			return nil, err
		}
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			return nil, fmt.Errorf("[hekad] listen: %w", err)
		}
		ln.Close()
	}
	if err := checkControl(&c.Hekad); err != nil {
		return nil, err
	}
	b := &builder{wings: wings, state: dir}
	return c, b.checkPorts(c)
}

// checkPorts says which sources could not listen where they are to.
func (b *builder) checkPorts(c *config.Config) error {
	var all []config.Mistake
	for i := range c.Nodes {
		n := &c.Nodes[i]
		job, err := b.job(n)
		if err != nil || !n.Source() || job.Steps[0].Command == nil {
			continue
		}
		for _, s := range job.Steps[0].Command.Stages {
			if err := tryPort(s); err != nil {
				all = append(all, config.Mistake{
					File: n.File, Line: n.Line, Col: n.Col, Msg: "[" + n.Name + "] can't " + err.Error(),
					Hint: "ss -ltnp tells who has it; if the service manager holds it for hekad, all is well",
				})
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return &config.Errors{All: all}
}

// tryPort listens where a stage would.
func tryPort(s stage.Stage) error {
	l, ok := s.(stage.Listening)
	if !ok {
		return nil
	}
	network, address := l.ListensAt()
	if network != "tcp" {
		return nil
	}
	ln, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	return ln.Close()
}

// checkControl opens what takes control messages from connections.
func checkControl(g *config.Global) error {
	if g.Control != "" {
		if _, err := control.OpenKeys(g.Keys); err != nil {
			return stage.Permanent{Err: fmt.Errorf("[hekad] %w", err)}
		}
	}
	if g.ControlListen == "" {
		return nil
	}
	if _, err := controlCertificates(g, nil); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", g.ControlListen)
	if err != nil {
		return fmt.Errorf("[hekad] control_listen: %w", err)
	}
	return ln.Close()
}

// controlCertificates reads control_cert; nil if there is none.
func controlCertificates(g *config.Global, log *slog.Logger) (*peer.Certificates, error) {
	if g.ControlCert == "" {
		return nil, nil
	}
	certs, err := peer.NewCertificates(peer.Files{Cert: g.ControlCert, Key: g.ControlCert}, true, log)
	if err != nil {
		return nil, stage.Permanent{Err: fmt.Errorf("[hekad] control_cert: %w", err)}
	}
	return certs, nil
}
