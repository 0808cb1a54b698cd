package daemon

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"

	"heka/cmd/hekad/config"
	"heka/cmd/hekad/dynamic"
	"heka/lib/bus"
	"heka/lib/control"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/peer"
	"heka/lib/stage"
)

// ordersName is the name on the bus of who takes control messages. No node can have it.
const ordersName = Self + "/control"

// ordersMatch selects control messages.
var ordersMatch = mustParse("Type == '" + control.Type + "'")

func mustParse(text string) *match.Expr {
	e, err := match.Parse(text)
	if err != nil {
		panic(err)
	}
	return e
}

// ordersOffer is what is offered to who takes control messages.
func (d *Daemon) ordersOffer() bus.Offer {
	return bus.Offer{
		Match: ordersMatch, From: d.vouching(nil), Queue: d.config().Hekad.Queue, Full: bus.Block,
	}
}

// takeOrders begins to take control messages, if they are asked for: from the bus, and
// from connections. What comes of them is told under the daemon's own name.
func (d *Daemon) takeOrders() (stop func(), err error) {
	g := &d.config().Hekad
	if g.Control == "" {
		return func() {}, nil
	}
	m, err := dynamic.NewManager(g, d.loaded, d, d.log)
	if err != nil {
		return nil, err
	}
	var ln net.Listener
	if g.ControlListen != "" {
		if ln, err = d.listenControl(g); err != nil {
			m.Close()
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	d.change.Lock()
	d.orders = d.bus.Attach(ordersName, d.ordersOffer(), nil)
	d.change.Unlock()
	env := &stage.Env{Name: ordersName, Log: d.log, Pool: stage.NewPool(4)}
	wg.Go(func() {
		err := stage.Run(ctx, env, d.orders.Inlet(env), m.Stage(env, signer), saying{d.events})
		if err != nil && ctx.Err() == nil {
			d.log.Error("control messages are not taken any more", "err", err)
		}
	})
	if ln != nil {
		wg.Go(func() {
			if err := m.Server().Serve(ctx, ln); err != nil {
				d.log.Error("control connections are not taken any more", "err", err)
			}
		})
	}
	return func() {
		cancel()
		d.bus.Detach(d.orders)
		wg.Wait()
		m.Close()
	}, nil
}

// listenControl listens where control_listen says, or takes the socket that is there.
func (d *Daemon) listenControl(g *config.Global) (net.Listener, error) {
	certs, err := controlCertificates(g, d.log)
	if err != nil {
		return nil, err
	}
	ln, err := d.opt.Sockets.At("tcp", g.ControlListen)
	if ln == nil && err == nil {
		ln, err = net.Listen("tcp", g.ControlListen)
	}
	if err != nil {
		return nil, fmt.Errorf("[hekad] control_listen: %w", err)
	}
	d.log.Info("taking signed commands", "at", ln.Addr().String(), "signer", g.Control, "tls", certs != nil)
	if certs == nil {
		return ln, nil
	}
	return tlsListener{ln, certs}, nil
}

// tlsListener speaks TLS with the certificates as they are when somebody connects.
type tlsListener struct {
	net.Listener
	certs *peer.Certificates
}

func (l tlsListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.certs.Server(conn), nil
}

// saying is the end of a pipeline whose messages are the daemon's own.
type saying struct{ events *events }

// Run implements stage.Stage.
func (s saying) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	var v msg.View
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range b.Off {
			b.View(i, &v)
			s.events.sayView(&v)
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}
