package sbmgr

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/pflag"

	"heka/lib/control"
	"heka/lib/frame"
	"heka/lib/stage"
)

// server says where a daemon is, and who speaks to it.
type server struct {
	file           string
	to, target     string
	signer         string
	keyFile        string
	version        int64
	timeout        time.Duration
	tls            bool
	ca, cert, priv string
	name           string // that the server's certificate must have
	hash, secret   string // of the file alone
}

// declare declares the flags on fs.
func (s *server) declare(fs *pflag.FlagSet) {
	fs.StringVar(&s.to, "to", "", "`HOST:PORT` where the daemon takes commands")
	fs.StringVar(&s.target, "target", "", "`NAME` of the daemon; default: the HOST of --to")
	fs.StringVar(&s.signer, "signer", "", "`NAME` of who signs")
	fs.StringVar(&s.keyFile, "key-file", "", "`FILE` with lines SIGNER_VERSION KEY, that nobody else can read")
	fs.Int64Var(&s.version, "key-version", -1, "`N` of the key; default: the latest in the file")
	fs.Lookup("key-version").DefValue = "0"
	fs.StringVar(&s.file, "server", "", "`FILE` like Heka's sbmgr.toml that says these")
	fs.DurationVar(&s.timeout, "timeout", 30*time.Second, "how long to wait for the answer, a `DURATION`")
	fs.BoolVar(&s.tls, "tls", false, "connect by TLS")
	fs.StringVar(&s.ca, "tls-ca", "", "`FILE` of the certificates that the daemon's is signed with")
	fs.StringVar(&s.cert, "tls-cert", "", "`FILE` of a certificate to show")
	fs.StringVar(&s.priv, "tls-key", "", "`FILE` of its key")
}

// settings is Heka's sbmgr.toml, with what is ours.
type settings struct {
	Address string `toml:"ip_address"`
	TLS     bool   `toml:"use_tls"`
	Target  string `toml:"target"`
	Signer  struct {
		Name    string `toml:"name"`
		Hash    string `toml:"hmac_hash"`
		Key     string `toml:"hmac_key"`
		Version uint32 `toml:"version"`
		KeyFile string `toml:"key_file"`
	} `toml:"signer"`
	Tls struct {
		Name string `toml:"server_name"`
		CA   string `toml:"root_cafile"`
		Cert string `toml:"cert_file"`
		Key  string `toml:"key_file"`
	} `toml:"tls"`
}

// maxSettings is the longest sbmgr.toml, in bytes.
const maxSettings = 64 << 10

// load takes over what the file says and no flag does.
func (s *server) load() error {
	text, err := os.ReadFile(s.file)
	if err != nil {
		return err
	}
	var f settings
	if len(text) > maxSettings {
		return stage.Permanent{Err: fmt.Errorf("%s: longer than %d bytes", s.file, maxSettings)}
	}
	d := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return stage.Permanent{Err: place(s.file, err)}
	}
	if f.Signer.Key != "" {
		if err := private(s.file); err != nil {
			return stage.Permanent{Err: err}
		}
	}
	if s.keyFile == "" && f.Signer.KeyFile == "" && f.Signer.Key != "" {
		s.secret = f.Signer.Key
	}
	if s.version < 0 && (s.secret != "" || f.Signer.Version > 0) {
		s.version = int64(f.Signer.Version)
	}
	s.hash = f.Signer.Hash
	s.tls = s.tls || f.TLS
	for _, v := range []struct {
		to   *string
		from string
	}{
		{&s.to, f.Address}, {&s.target, f.Target}, {&s.signer, f.Signer.Name},
		{&s.keyFile, f.Signer.KeyFile}, {&s.ca, f.Tls.CA}, {&s.cert, f.Tls.Cert},
		{&s.priv, f.Tls.Key}, {&s.name, f.Tls.Name},
	} {
		if *v.to == "" {
			*v.to = v.from
		}
	}
	return nil
}

// place says where in a file a mistake is. It quotes nothing: a key may stand there.
func place(file string, err error) error {
	var unknown *toml.StrictMissingError
	var wrong *toml.DecodeError
	switch {
	case errors.As(err, &unknown) && len(unknown.Errors) > 0:
		row, col := unknown.Errors[0].Position()
		return fmt.Errorf("%s:%d:%d: no option %s is known", file, row, col,
			strings.Join(unknown.Errors[0].Key(), "."))
	case errors.As(err, &wrong):
		row, col := wrong.Position()
		return fmt.Errorf("%s:%d:%d: this is no TOML, or not of the type that is wanted", file, row, col)
	}
	return fmt.Errorf("%s: this is no TOML", file)
}

// private wants a file with a key in it to be its owner's alone.
func private(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if m := info.Mode().Perm(); m&0o077 != 0 {
		return fmt.Errorf("%s has a key in it, and others have access to it (%v): chmod 600", path, m)
	}
	return nil
}

// client makes what sends c. Mistakes are joined.
func (s *server) client(k *control.Client, c *control.Command) error {
	if s.file != "" {
		if err := s.load(); err != nil {
			return err
		}
	}
	var errs []error
	if _, _, err := net.SplitHostPort(s.to); err != nil {
		errs = append(errs, usage("as in --to web1:5566", "--to %s: want HOST:PORT", s.to))
	} else if c.Target, err = s.targetName(); err != nil {
		errs = append(errs, err)
	}
	if s.signer == "" {
		errs = append(errs, usage("the daemon's is in [hekad], control",
			"--signer is missing: whose key signs the command?"))
	}
	if s.keyFile == "" && s.secret == "" {
		errs = append(errs, usage("lines SIGNER_VERSION KEY",
			"--key-file is missing: which file has the key?"))
	}
	if s.timeout <= 0 {
		errs = append(errs, usage("", "--timeout %v: want more than 0", s.timeout))
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	key, err := s.key()
	if err != nil {
		return err
	}
	k.Address, k.Key, k.Timeout = s.to, key, s.timeout
	k.From, _ = os.Hostname()
	k.TLS, err = s.tlsConfig()
	return err
}

// targetName returns what the daemon is called.
func (s *server) targetName() (string, error) {
	if s.target != "" {
		return s.target, nil
	}
	host, _, _ := net.SplitHostPort(s.to)
	ip, err := netip.ParseAddr(host)
	switch {
	case host == "localhost" || host == "" || err == nil && ip.IsLoopback():
		return os.Hostname()
	case err == nil:
		return "", usage("--target HOSTNAME",
			"--to %s: the command names the daemon it is for, and that is an address", s.to)
	}
	return host, nil
}

// key returns the key, which is of SHA-256 unless a file says otherwise.
func (s *server) key() (control.Key, error) {
	keys := frame.Keys{}
	version := s.version
	if s.secret != "" {
		keys[fmt.Sprintf("%s_%d", s.signer, version)] = []byte(s.secret)
	} else {
		var err error
		if keys, err = control.ReadKeys(s.keyFile); err != nil {
			if errors.Is(err, os.ErrNotExist) {
				return control.Key{}, err
			}
			return control.Key{}, stage.Permanent{Err: err}
		}
	}
	key, err := control.FindKey(keys, s.signer, version)
	if err != nil {
		return control.Key{}, stage.Permanent{Err: fmt.Errorf("keys %s: %w", s.keyFile, err)}
	}
	if key, err = key.With(s.hash); err != nil {
		return control.Key{}, stage.Permanent{Err: fmt.Errorf("%s: hmac_hash: %w", s.file, err)}
	}
	return key, nil
}

// tlsConfig returns nil where TLS is not wanted.
func (s *server) tlsConfig() (*tls.Config, error) {
	if !s.tls && s.ca == "" && s.cert == "" {
		return nil, nil
	}
	host, _, _ := net.SplitHostPort(s.to)
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: s.name}
	if c.ServerName == "" {
		c.ServerName = host
	}
	if s.ca != "" {
		text, err := os.ReadFile(s.ca)
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, stage.Permanent{Err: fmt.Errorf("%s has no certificate", s.ca)}
		}
	}
	if s.cert != "" || s.priv != "" {
		pair, err := tls.LoadX509KeyPair(s.cert, s.priv)
		if err != nil {
			return nil, stage.Permanent{Err: err}
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
