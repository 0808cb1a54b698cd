// Package heka is the source of messages that come over the network: records from
// heka-out heka://, acknowledged when they have come through the pipeline, and what old
// Hekas and other programs send. How it is spoken is lib/link's.
package heka

import (
	"context"
	"crypto/tls"
	_ "embed" // the manual
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/spf13/pflag"

	"heka/lib/link"
	"heka/lib/peer"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind is the source `heka`.
var Kind = stage.Kind{Name: "heka", Doc: doc, Args: "heka://[HOST]:PORT", New: New}

// port is Heka's.
const port = 5565

// options are the flags.
type options struct {
	files       peer.Files
	timeout     time.Duration
	handshake   time.Duration
	idle        time.Duration
	connections int
	unsigned    bool
	trust       bool
}

// New declares the flags on fs.
func New(fs *pflag.FlagSet) stage.Make {
	o := &options{}
	o.files.Declare(fs)
	fs.DurationVar(&o.timeout, "timeout", link.DefaultTimeout,
		"give a silent peer up after a `DURATION` like 30s")
	fs.DurationVar(&o.handshake, "handshake", link.DefaultHandshake,
		"what a new connection has to say who it is, a `DURATION`")
	fs.DurationVar(&o.idle, "idle", 0,
		"close connections that have no heartbeats after a `DURATION` of silence (never)")
	fs.IntVar(&o.connections, "max-connections", link.DefaultConnections,
		"connections at once, `N` at most: more are refused")
	fs.BoolVar(&o.unsigned, "unsigned", false,
		"with --keys, take messages that nobody signed, too; they have no heka.signer")
	fs.BoolVar(&o.trust, "trust-signers", false,
		"with --ca, believe the heka.signer that a peer of ours sends")
	fs.BoolP("follow", "f", true, "it never does anything else")
	fs.MarkHidden("follow")
	return o.make
}

func (o *options) make(env *stage.Env, args []string) (stage.Stage, error) {
	var errs []error
	mistake := func(msg, hint string) { errs = append(errs, &stage.UsageError{Msg: msg, Hint: hint}) }
	if len(args) != 1 {
		mistake("one address at a time", "heka-tail heka://HOST:PORT")
		return nil, errors.Join(errs...)
	}
	a, err := peer.Parse(args[0], "heka", port)
	if err != nil {
		errs = append(errs, err)
	}
	if err := o.files.Check(a, true); err != nil {
		errs = append(errs, err)
	}
	if o.timeout < link.MinTimeout || o.handshake < link.MinTimeout || o.idle < 0 {
		mistake("--timeout, --handshake, --idle: too short", "want durations like 30s")
	}
	if o.connections < 1 {
		mistake(fmt.Sprintf("--max-connections %d", o.connections), "want 1 or more")
	}
	if o.trust && o.files.CA == "" {
		mistake("--trust-signers without --ca", "a peer has to prove who it is")
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return &source{env: env, opt: o, at: a}, nil
}

// source is the stage, and its own Acker.
type source struct {
	env  *stage.Env
	opt  *options
	at   peer.Address
	recv *link.Receiver
}

// Check implements stage.Checking.
func (s *source) Check() error {
	if !s.opt.files.Use() {
		return nil
	}
	_, err := peer.NewCertificates(s.opt.files, true, s.env.Logger())
	return err
}

// ListensAt implements stage.Listening.
func (s *source) ListensAt() (network, address string) { return s.at.Network, s.at.Where }

// Run implements stage.Stage.
func (s *source) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	opt := link.ReceiverOptions{
		Env: s.env, TrustSigners: s.opt.trust, Unsigned: s.opt.unsigned, Timeout: s.opt.timeout,
		Handshake: s.opt.handshake, Idle: s.opt.idle, Connections: s.opt.connections,
	}
	if s.opt.files.Use() {
		certs, err := peer.NewCertificates(s.opt.files, true, s.env.Logger())
		if err != nil {
			return err
		}
		opt.Wrap = func(ctx context.Context, conn net.Conn) (net.Conn, bool, error) {
			return wrap(ctx, certs.Server(conn))
		}
	}
	ln, err := s.listen(ctx)
	if err != nil {
		return err
	}
	if s.at.Port() == 0 {
		s.env.Logger().Info("listening on " + ln.Addr().String())
	}
	s.recv = link.NewReceiver(opt)
	return s.recv.Serve(ctx, ln, out)
}

// listen returns the socket that waits for s, or opens one.
func (s *source) listen(ctx context.Context) (net.Listener, error) {
	if s.env.Listen != nil {
		ln, err := s.env.Listen(s.at.Network, s.at.Where)
		if ln != nil || err != nil {
			return ln, err
		}
	}
	return peer.Listen(ctx, s.at, s.opt.timeout)
}

// wrap shakes hands. Who has shown a certificate has shown one of --ca.
func wrap(ctx context.Context, t *tls.Conn) (net.Conn, bool, error) {
	if err := t.HandshakeContext(ctx); err != nil {
		return nil, false, fmt.Errorf("TLS: %w", err)
	}
	return t, len(t.ConnectionState().VerifiedChains) > 0, nil
}

// Acked implements stage.Acker.
func (s *source) Acked(r stage.Range) { s.recv.Acked(r) }

// Settle implements stage.Acker.
func (s *source) Settle() error {
	if s.recv == nil {
		return nil
	}
	return s.recv.Settle()
}
