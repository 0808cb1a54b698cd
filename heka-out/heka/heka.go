// Package heka is heka-out's way to other hosts: records to a heka-tail heka://, which
// acknowledges them when its pipeline has done with them; or the framing of Mozilla's
// Heka, signed if asked for, to programs that know no other. How it is spoken is
// lib/link's.
package heka

import (
	"context"
	_ "embed" // the manual
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/spf13/pflag"

	"heka/lib/frame"
	"heka/lib/link"
	"heka/lib/msg"
	"heka/lib/peer"
	"heka/lib/size"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind is the sink `heka`.
var Kind = stage.Kind{
	Name: "heka", Doc: doc, Args: "heka://HOST[:PORT]", NArgs: stage.OneArg, New: New,
}

// port is Heka's.
const port = 5565

// The framings of --framing.
const (
	framingRecords  = "records"
	framingProtobuf = "protobuf"
)

// options are the flags.
type options struct {
	files   peer.Files
	timeout time.Duration
	window  size.Value
	giveUp  time.Duration
	framing string
	sign    string
	keyFile string
	hash    string
}

// New declares the flags on fs.
func New(fs *pflag.FlagSet) stage.Make {
	o := &options{window: size.Value{Bytes: link.DefaultWindow, Min: 1}}
	o.files.Declare(fs)
	fs.BoolVar(&o.files.TLS, "tls", false, "TLS: to a host whose certificate the system's CAs have signed")
	fs.DurationVar(&o.timeout, "timeout", link.DefaultTimeout,
		"give a silent peer up, and connect again, after a `DURATION` like 30s")
	fs.Var(&o.window, "window", "keep up to so many `BYTES` until they are acknowledged, then wait")
	fs.DurationVar(&o.giveUp, "give-up", 0, "end when there was no connection for a `DURATION` (never)")
	fs.StringVar(&o.framing, "framing", framingRecords,
		"what is sent: `FORM` is records, or protobuf for Mozilla's Heka")
	fs.StringVar(&o.sign, "sign", "", "sign as `NAME`, or NAME_VERSION, in Heka's framing")
	fs.StringVar(&o.keyFile, "key-file", "", "with --sign: the key is in `FILE`, alone or in a line NAME_VERSION KEY")
	fs.StringVar(&o.hash, "hash", frame.HashSHA256.String(),
		"with --sign: `HASH` is sha256, or sha1 or md5 for old Hekas")
	return o.make
}

func (o *options) make(env *stage.Env, args []string) (stage.Stage, error) {
	var errs []error
	mistake := func(msg, hint string) { errs = append(errs, &stage.UsageError{Msg: msg, Hint: hint}) }
	if len(args) != 1 {
		mistake("which address?", "heka-out heka://HOST:PORT")
		return nil, errors.Join(errs...)
	}
	a, err := peer.Parse(args[0], "heka", port)
	if err != nil {
		errs = append(errs, err)
	}
	if err := o.files.Check(a, false); err != nil {
		errs = append(errs, err)
	}
	if o.timeout < link.MinTimeout || o.giveUp < 0 {
		mistake("--timeout, --give-up: too short", "want durations like 30s")
	}
	switch o.framing {
	case framingRecords, framingProtobuf:
	default:
		mistake("--framing "+o.framing+": no such form", "want records or protobuf")
	}
	switch env.Format {
	case "", "heka":
	default:
		mistake("-o "+env.Format+": heka:// carries messages",
			"leave -o out; --framing protobuf is for Mozilla's Heka")
	}
	hash, err := frame.ParseHash(o.hash)
	if err != nil {
		mistake("--hash "+o.hash+": no such hash", "want sha256, sha1 or md5")
	}
	if (o.sign == "") != (o.keyFile == "") {
		mistake("--sign and --key-file belong together", "keys are in files, since command lines can be seen")
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return &sink{env: env, opt: o, to: a, hash: hash}, nil
}

// sink is the stage.
type sink struct {
	env  *stage.Env
	opt  *options
	to   peer.Address
	hash frame.Hash
}

// Every implements stage.Ticking: with --give-up it has to look up now and then, to see
// that nothing can be sent any more.
func (s *sink) Every() int64 {
	if s.opt.giveUp > 0 {
		return int64(time.Second)
	}
	return 0
}

// Check implements stage.Checking.
func (s *sink) Check() error {
	var errs []error
	if s.opt.sign != "" {
		_, _, _, err := peer.Key(s.opt.keyFile, s.opt.sign)
		errs = append(errs, err)
	}
	if s.opt.files.Use() {
		_, err := peer.NewCertificates(s.opt.files, false, s.env.Logger())
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Run implements stage.Stage.
func (s *sink) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	opt, err := s.options(out)
	if err != nil {
		return err
	}
	sender := link.NewSender(opt)
	sctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- sender.Run(sctx) }()
	err = s.feed(ctx, in, sender)
	if err == nil {
		sender.Finish()
	} else {
		cancel()
	}
	serr := <-ended
	if serr != nil && (err == nil || !errors.Is(serr, context.Canceled)) {
		return serr
	}
	return err
}

// options returns those of the Sender.
func (s *sink) options(out stage.Writer) (link.SenderOptions, error) {
	opt := link.SenderOptions{
		Window: s.opt.window.Bytes, Timeout: s.opt.timeout, GiveUp: s.opt.giveUp, Name: s.to.String(),
		Protobuf: s.opt.framing == framingProtobuf || s.opt.sign != "", Log: s.env.Logger(),
	}
	if s.opt.sign != "" {
		name, version, key, err := peer.Key(s.opt.keyFile, s.opt.sign)
		if err != nil {
			return opt, err
		}
		if opt.Signer, err = frame.NewSigner(name, version, s.hash, key); err != nil {
			return opt, err
		}
	}
	opt.Dial = func(ctx context.Context) (net.Conn, error) { return peer.Dial(ctx, s.to, s.opt.timeout) }
	if s.opt.files.Use() {
		certs, err := peer.NewCertificates(s.opt.files, false, s.env.Logger())
		if err != nil {
			return opt, err
		}
		opt.Dial = func(ctx context.Context) (net.Conn, error) { return s.dialTLS(ctx, certs) }
	}
	if s.env.Fail != nil {
		opt.Refused = s.refused
	}
	acks := stage.NewCollector(s.env, out)
	opt.Done = func(done []stage.Range) error {
		for _, r := range done {
			if err := acks.Acknowledge(r); err != nil {
				return err
			}
		}
		return acks.Flush()
	}
	return opt, nil
}

// errLong is what is wrong with messages that the other end does not take.
var errLong = errors.New("longer than the other end takes")

// refused puts a message that is too long where --fail says.
func (s *sink) refused(record []byte) error {
	s.env.Stats.Bad.Add(1)
	var v msg.View
	v.Reset(record[msg.HeaderSize:])
	var b msg.Builder
	b.Copy(&v)
	stage.Mark(&b, "heka", errLong)
	return s.env.Fail(b.Append(nil))
}

func (s *sink) dialTLS(ctx context.Context, certs *peer.Certificates) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opt.timeout)
	defer cancel()
	conn, err := peer.Dial(ctx, s.to, s.opt.timeout)
	if err != nil {
		return nil, err
	}
	t, err := certs.Client(ctx, conn, s.to.Host())
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return t, nil
}

// feed gives the Sender what in has.
func (s *sink) feed(ctx context.Context, in stage.Reader, sender *link.Sender) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if b.Interim {
			b.Release()
			continue
		}
		n, size := int64(b.Len()), link.Size(b)
		err = sender.Add(ctx, b)
		b.Release()
		if err != nil {
			return err
		}
		s.env.Stats.Out.Add(n)
		s.env.Stats.OutBytes.Add(size)
	}
}
