package heka

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"heka/lib/link"
	"heka/lib/msg"
	"heka/lib/peer"
	"heka/lib/peer/peertest"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patient is how long a test waits for what has to come.
const patient = time.Minute

// inbox is a sink that keeps payloads.
type inbox struct {
	mu  sync.Mutex
	got []string
}

func (x *inbox) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		x.mu.Lock()
		var v msg.View
		for i := range b.Off {
			b.View(i, &v)
			x.got = append(x.got, string(v.Payload()))
		}
		x.mu.Unlock()
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

func (x *inbox) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return strings.Join(x.got, " ")
}

// await waits until x has so many.
func (x *inbox) await(t *testing.T, n int) {
	t.Helper()
	for end := time.Now().Add(patient); ; time.Sleep(time.Millisecond) {
		x.mu.Lock()
		have := len(x.got)
		x.mu.Unlock()
		if have >= n {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d messages, want %d", have, n)
		}
	}
}

// counted is a listener that counts connections.
type counted struct {
	net.Listener
	mu sync.Mutex
	n  int
}

func (c *counted) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.mu.Lock()
		c.n++
		c.mu.Unlock()
	}
	return conn, err
}

type source struct {
	*link.Receiver
	ln net.Listener
}

func (s source) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	return s.Serve(ctx, s.ln, out)
}

// receive serves at a until the test ends, with the certificates of files if they are
// any.
func receive(t *testing.T, a peer.Address, files peer.Files, x *inbox) *counted {
	t.Helper()
	l, err := peer.Listen(t.Context(), a, patient)
	if err != nil {
		t.Fatal(err)
	}
	ln := &counted{Listener: l}
	env := &stage.Env{}
	stop := make(chan struct{})
	env.Stop = stop
	opt := link.ReceiverOptions{Env: env}
	if files.Use() {
		certs, err := peer.NewCertificates(files, true, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		opt.Wrap = func(ctx context.Context, conn net.Conn) (net.Conn, bool, error) {
			c := certs.Server(conn)
			return c, true, c.HandshakeContext(ctx)
		}
	}
	done := make(chan error, 1)
	go func() {
		done <- stage.Run(context.Background(), &stage.Env{}, source{link.NewReceiver(opt), ln}, x)
	}()
	t.Cleanup(func() {
		close(stop)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return ln
}

func loopback() peer.Address {
	return peer.Address{Text: "heka://127.0.0.1:0", Network: "tcp", Where: "127.0.0.1:0"}
}

// TestAcks wants all that a source gives to be acknowledged to it, and settled.
func TestAcks(t *testing.T) {
	var x inbox
	sock := filepath.Join(t.TempDir(), "s")
	receive(t, peer.Address{Network: "unix", Where: sock}, peer.Files{}, &x)
	for _, framing := range []string{framingRecords, framingProtobuf} {
		stagetest.Acks(t, func(env *stage.Env) []stage.Stage {
			st, err := stagetest.Make(Kind, env, "--framing", framing, "heka://"+sock)
			if err != nil {
				t.Fatal(err)
			}
			return []stage.Stage{st}
		}, stagetest.Payloads("a", "b", "c", "d")...)
	}
	x.await(t, 16)
}

// TestNoAcks wants nothing acknowledged where nobody is, and the end that --give-up
// asks for.
func TestNoAcks(t *testing.T) {
	env := &stage.Env{}
	p := stagetest.NewPositions(env, stagetest.Payloads("a", "b")...)
	st, err := stagetest.Make(Kind, env, "--give-up", "10ms", "heka://"+filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	err = stage.Run(t.Context(), env, p, st)
	var op *net.OpError
	if !errors.As(err, &op) || len(p.Ranges()) > 0 {
		t.Errorf("%v, acknowledged %v", err, p.Ranges())
	}
}

// feed is a source that gives messages one by one, as they are asked for.
type feed chan string

func (f feed) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	c := stage.NewCollector(&stage.Env{}, out)
	for s := range f {
		m := stagetest.Payloads(s)[0]
		if err := c.AddRecord(m.Append(nil)); err != nil {
			return err
		}
		if err := c.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// TestTLS sends over a connection that stands while the certificates of both ends are
// replaced; then to a receiver whose CA it does not know, until it learns of it.
func TestTLS(t *testing.T) {
	ca, other := peertest.New(t), peertest.New(t)
	until := time.Now().Add(time.Hour)
	server, client := ca.Issue(t, "server", until), ca.Issue(t, "client", until)
	foreign := other.Issue(t, "foreign", until)
	var x, y inbox
	ln := receive(t, loopback(), peer.Files{Cert: server, Key: server, CA: ca.File}, &x)
	run := func(addr net.Addr, log io.Writer) (feed, chan error) {
		env := &stage.Env{Log: slog.New(slog.NewTextHandler(log, nil))}
		st, err := stagetest.Make(Kind, env, "--cert", client, "--key", client, "--ca", ca.File, "heka://"+addr.String())
		if err != nil {
			t.Fatal(err)
		}
		f, done := make(feed), make(chan error, 1)
		go func() { done <- stage.Run(context.Background(), env, f, st) }()
		return f, done
	}
	f, done := run(ln.Addr(), io.Discard)
	f <- "a"
	x.await(t, 1)
	ca.Issue(t, "server", until)
	ca.Issue(t, "client", until)
	f <- "b"
	x.await(t, 2)
	g, gone := run(ln.Addr(), io.Discard) // with the new ones
	g <- "c"
	x.await(t, 3)
	close(f)
	close(g)
	if err := errors.Join(<-done, <-gone); err != nil || x.String() != "a b c" || ln.n != 2 {
		t.Errorf("%v, %s over %d connections, want 2", err, x.String(), ln.n)
	}

	var log bytes.Buffer
	far := receive(t, loopback(), peer.Files{Cert: foreign, Key: foreign}, &y)
	h, done := run(far.Addr(), &log)
	h <- "d"
	both, _ := os.ReadFile(ca.File)
	more, err := os.ReadFile(other.File)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ca.File, append(both, more...), 0o600); err != nil {
		t.Fatal(err)
	}
	y.await(t, 1)
	close(h)
	if err := <-done; err != nil {
		t.Errorf("%v: %s", err, log.String())
	}
}
