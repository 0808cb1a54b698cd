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

// address is where a source listens.
type address struct{ network, at string }

// addresses returns where the sources of c listen by TCP or at unix sockets, and the nodes,
// in their order.
func (b *builder) addresses(c *config.Config) (all []address, nodes []*config.Node) {
	for i := range c.Nodes {
		n := &c.Nodes[i]
		if !n.Source() {
			continue
		}
		job, err := b.job(n)
		if err != nil || job.Steps[0].Command == nil {
			continue
		}
		for _, s := range job.Steps[0].Command.Stages {
			if l, ok := s.(stage.Listening); ok {
				network, at := l.ListensAt()
				all, nodes = append(all, address{network, at}), append(nodes, n)
			}
		}
	}
	return all, nodes
}

// mistakeOf is one of a whole node.
func mistakeOf(n *config.Node, hint, format string, args ...any) config.Mistake {
	return config.Mistake{
		File: n.File, Line: n.Line, Col: n.Col, Msg: "[" + n.Name + "] " + fmt.Sprintf(format, args...), Hint: hint,
	}
}

// mistakes returns all as an error; nil if there are none.
func mistakes(all []config.Mistake) error {
	if len(all) == 0 {
		return nil
	}
	return &config.Errors{All: all}
}

// checkAddresses says which sources would listen where others do.
func (b *builder) checkAddresses(c *config.Config) error {
	var all []config.Mistake
	seen := map[address]string{}
	for _, at := range []string{c.Hekad.Listen, c.Hekad.ControlListen} {
		if at != "" {
			seen[address{"tcp", at}] = "hekad"
		}
	}
	where, nodes := b.addresses(c)
	for i, a := range where {
		other := seen[a]
		switch _, port, _ := net.SplitHostPort(a.at); {
		case a.network == "tcp" && port == "0":
		case other != "":
			all = append(all, mistakeOf(nodes[i], "give one of them another", "listens at %s, and so does [%s]", a.at, other))
		default:
			seen[a] = nodes[i].Name
		}
	}
	return mistakes(all)
}

// checkPorts says which sources could not listen where they are to.
func (b *builder) checkPorts(c *config.Config) error {
	var all []config.Mistake
	where, nodes := b.addresses(c)
	for i, a := range where {
		if a.network != "tcp" { // a socket that is left is replaced
			continue
		}
		ln, err := net.Listen(a.network, a.at)
		if err == nil {
			ln.Close()
			continue
		}
		all = append(all, mistakeOf(nodes[i],
			"ss -ltnp tells who has it; if the service manager holds it for hekad, all is well", "can't %v", err))
	}
	return mistakes(all)
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
