package peer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"sync"

	"github.com/spf13/pflag"

	"heka/lib/stage"
)

// Files are the certificates of one end, in PEM: what --cert, --key and --ca name.
type Files struct {
	Cert, Key string // of this end; empty: it shows none
	CA        string // who signs those of the other end
	TLS       bool   // TLS without any of these
}

// Declare declares --cert, --key and --ca on fs.
func (f *Files) Declare(fs *pflag.FlagSet) {
	fs.StringVar(&f.Cert, "cert", "", "TLS: the certificate of this end, and its chain, in `FILE`")
	fs.StringVar(&f.Key, "key", "", "TLS: the key of that certificate, in `FILE`")
	fs.StringVar(&f.CA, "ca", "", "TLS: the other end must show a certificate of a CA in `FILE`")
}

// Use reports whether f asks for TLS.
func (f *Files) Use() bool { return f.TLS || f.Cert != "" || f.Key != "" || f.CA != "" }

// Check returns the mistake in f at an address, without opening a file.
func (f *Files) Check(a Address, listen bool) error {
	mistake := func(msg, hint string) error { return &stage.UsageError{Msg: msg, Hint: hint} }
	switch {
	case !f.Use():
		return nil
	case a.Network == "unix":
		return mistake("no TLS over a unix socket: "+a.Text, "its permissions say who may connect")
	case (f.Cert == "") != (f.Key == ""):
		return mistake("--cert and --key belong together", "give both, they may name one file")
	case listen && f.Cert == "":
		return mistake("a listener with TLS needs --cert and --key", "--ca alone is for those who connect")
	}
	return nil
}

// Certificates makes TLS of connections. The files are looked at before each
// handshake, and read again if they have changed; if what they hold then is of no use,
// the certificates before them stay, and that is said. Connections that stand are left
// alone. It may be used by several goroutines at once.
type Certificates struct {
	files  Files
	listen bool
	log    *slog.Logger

	mu      sync.Mutex
	stamps  [3]stamp
	current *tls.Config
}

// stamp is how a change of a file is seen.
type stamp struct {
	info fs.FileInfo // nil: there is none
}

func (s stamp) same(o stamp) bool {
	if s.info == nil || o.info == nil {
		return s.info == o.info
	}
	return os.SameFile(s.info, o.info) && s.info.ModTime().Equal(o.info.ModTime()) &&
		s.info.Size() == o.info.Size()
}

// NewCertificates reads the files. With listen they are those of a server.
func NewCertificates(f Files, listen bool, log *slog.Logger) (*Certificates, error) {
	c := &Certificates{files: f, listen: listen, log: log}
	c.stamps = c.look()
	cfg, err := c.load()
	if err != nil {
		return nil, err
	}
	c.current = cfg
	return c, nil
}

func (c *Certificates) look() (s [3]stamp) {
	for i, name := range []string{c.files.Cert, c.files.Key, c.files.CA} {
		if name != "" {
			s[i].info, _ = os.Stat(name)
		}
	}
	return s
}

// load reads the files.
func (c *Certificates) load() (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, SessionTicketsDisabled: true}
	if c.files.Cert != "" {
		cert, err := tls.LoadX509KeyPair(c.files.Cert, c.files.Key)
		if err != nil {
			return nil, fmt.Errorf("--cert %s --key %s: %w", c.files.Cert, c.files.Key, err)
		}
		cfg.Certificates = []tls.Certificate{cert}
	}
	if c.files.CA == "" {
		return cfg, nil
	}
	pem, err := os.ReadFile(c.files.CA)
	if err != nil {
		return nil, fmt.Errorf("--ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("--ca %s: %w", c.files.CA, errNoCertificate)
	}
	if c.listen {
		cfg.ClientCAs, cfg.ClientAuth = pool, tls.RequireAndVerifyClientCert
	} else {
		cfg.RootCAs = pool
	}
	return cfg, nil
}

var errNoCertificate = errors.New("no certificate in the file")

// config returns the configuration of the files as they are now.
func (c *Certificates) config() *tls.Config {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.look()
	same := true
	for i := range now {
		same = same && now[i].same(c.stamps[i])
	}
	if same {
		return c.current
	}
	cfg, err := c.load()
	c.stamps = now
	if err != nil {
		c.log.Warn("certificates have changed and are of no use, the old ones stay: " + err.Error())
		return c.current
	}
	c.log.Info("certificates are read again")
	c.current = cfg
	return cfg
}

// Server returns the TLS connection that conn carries, of which no byte was exchanged
// yet. Handshake does that.
func (c *Certificates) Server(conn net.Conn) *tls.Conn {
	return tls.Server(conn, c.config())
}

// Client makes TLS of conn, to a host of this name.
func (c *Certificates) Client(ctx context.Context, conn net.Conn, host string) (*tls.Conn, error) {
	cfg := c.config().Clone()
	cfg.ServerName = host
	t := tls.Client(conn, cfg)
	if err := t.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return t, nil
}
