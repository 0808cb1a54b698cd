package link

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"heka/lib/msg"
	"heka/lib/oracle"
	"heka/lib/position"
	"heka/lib/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patient is how long a test waits for what has to come.
const patient = time.Minute

// lines is a source of n lines of the oracle, from the first that is not acknowledged
// on; so it may be run again, as a process that was killed.
type lines struct {
	env  *stage.Env
	n    int64
	each int // lines a batch

	mu   sync.Mutex
	acks *position.Tracker[struct{}]
}

const seed = 7

func newLines(n int64, each int) *lines {
	return &lines{env: &stage.Env{Pool: stage.NewPool(32)}, n: n, each: each, acks: position.NewTracker[struct{}](0)}
}

// ledger is that of the lines of l.
func (l *lines) ledger(t testing.TB) *oracle.Ledger {
	name := filepath.Join(t.TempDir(), "ledger")
	text := fmt.Sprintf("src 1 %d x\nwrote 1 0-%d\nend 1\n", seed, l.n-1)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	led, err := oracle.ReadLedger(name)
	if err != nil {
		t.Fatal(err)
	}
	return led
}

func (l *lines) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	l.mu.Lock()
	at := l.acks.At()
	l.acks.Start(at)
	l.mu.Unlock()
	var line []byte
	var b msg.Builder
	for at < l.n {
		t := l.env.Pool.Get()
		from := at
		for ; at < l.n && at-from < int64(l.each); at++ {
			line = oracle.AppendLine(line[:0], seed, 1, at)
			b.Payload, b.Timestamp = line[:len(line)-1], at+1
			msg.PutUuid(&b.Uuid, 1, uint64(at+1))
			t.Off = append(t.Off, uint32(len(t.Buf)))
			t.Buf = b.Append(t.Buf)
		}
		t.Ack = stage.Range{Source: 1, From: from, To: at}
		l.mu.Lock()
		l.acks.Sent(from, at, struct{}{})
		l.mu.Unlock()
		if err := out.Write(t); err != nil {
			return err
		}
	}
	return nil
}

func (l *lines) Acked(r stage.Range) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acks.Acked(r.From, r.To)
}

func (l *lines) Settle() error { return nil }

func (l *lines) at() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acks.At()
}

// sendTo is the sink that sends.
type sendTo struct {
	opt    SenderOptions
	sender *Sender
}

func (s *sendTo) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	acks := stage.NewCollector(&stage.Env{}, out)
	s.opt.Done = func(done []stage.Range) error {
		for _, r := range done {
			if err := acks.Acknowledge(r); err != nil {
				return err
			}
		}
		return acks.Flush()
	}
	s.sender = NewSender(s.opt)
	ended := make(chan error, 1)
	sctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { ended <- s.sender.Run(sctx) }()
	for {
		b, err := in.Read()
		if err == io.EOF {
			s.sender.Finish()
			return <-ended
		}
		if err == nil {
			err = s.sender.Add(ctx, b)
			b.Release()
		}
		if err != nil {
			cancel()
			<-ended
			return err
		}
	}
}

// dialer dials an address.
func dialer(network, addr string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, addr)
	}
}

// server is a Receiver in a pipeline of its own, with a sink of the test's.
type server struct {
	env  *stage.Env
	addr string
	stop chan struct{}
	done chan error
	recv *Receiver
}

// sourceOf makes a stage of a Receiver.
type sourceOf struct {
	*Receiver
	ln net.Listener
}

func (s sourceOf) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	return s.Serve(ctx, s.ln, out)
}

func serve(t testing.TB, opt ReceiverOptions, sink stage.Stage) *server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, ln, opt, sink)
}

func serveOn(t testing.TB, ln net.Listener, opt ReceiverOptions, sink stage.Stage) *server {
	t.Helper()
	s := &server{stop: make(chan struct{}), done: make(chan error, 1), addr: ln.Addr().String()}
	if opt.Env == nil {
		opt.Env = &stage.Env{}
	}
	opt.Env.Stop = s.stop
	s.env = opt.Env
	s.recv = NewReceiver(opt)
	go func() {
		s.done <- stage.Run(context.Background(), &stage.Env{Pool: s.env.Pool}, sourceOf{s.recv, ln}, sink)
	}()
	t.Cleanup(func() { s.end(t) })
	return s
}

// end stops the server, once.
func (s *server) end(t testing.TB) {
	select {
	case <-s.stop:
		return
	default:
	}
	close(s.stop)
	if err := within(t, s.done); err != nil {
		t.Error(err)
	}
}

// within returns what comes through ch, and fails if it does not.
func within[T any](t testing.TB, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(patient):
		t.Fatal("it does not come")
	}
	return v
}

// sink passes messages to f, and acknowledgements on.
type sink struct{ f func(b *stage.Batch) }

func (s sink) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		s.f(b)
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

// checking is the sink that shows messages to a checker.
func checking(c *oracle.Checker) sink {
	return sink{func(b *stage.Batch) {
		var v msg.View
		for i := range b.Off {
			b.View(i, &v)
			c.Message(&v)
		}
	}}
}

// send runs a pipeline from src to addr, until all is acknowledged.
func send(t *testing.T, src stage.Stage, opt SenderOptions) {
	t.Helper()
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { done <- stage.Run(ctx, &stage.Env{}, src, &sendTo{opt: opt}) }()
	if err := within(t, done); err != nil {
		t.Fatal(err)
	}
}

// whole wants all lines, in order and unharmed; and each once unless twice is allowed.
func whole(t *testing.T, c *oracle.Checker, twice bool) {
	t.Helper()
	r := c.Report()
	if r.Missing+r.Disorder+r.Corrupt+r.Foreign+r.OtherUuid+r.SharedUuid > 0 || r.Duplicate > 0 && !twice {
		t.Errorf("%+v", r)
	}
}

// proxy stands between a sender and a receiver, and harms connections as it is told.
type proxy struct {
	ln     net.Listener
	target string
	harm   func(i int) harm // of connection i
	count  atomic.Int64
	wg     sync.WaitGroup
	quit   chan struct{}
	mu     sync.Mutex
	conns  map[net.Conn]bool
}

// harm is what is done to a connection. Each direction counts its own bytes.
type harm struct {
	there, back int64         // bytes after which it happens; 0: never
	reset       bool          // connections are reset, not closed
	hole        bool          // it stays open, and nothing comes through any more
	delay       time.Duration // of each piece
	piece       int           // bytes at a time; 0: many
}

func newProxy(t *testing.T, target string, f func(i int) harm) *proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{ln: ln, target: target, harm: f, quit: make(chan struct{}), conns: map[net.Conn]bool{}}
	p.wg.Add(1)
	go p.accept()
	t.Cleanup(p.close)
	return p
}

func (p *proxy) close() {
	p.ln.Close()
	close(p.quit)
	p.mu.Lock()
	for c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	p.wg.Wait()
}

func (p *proxy) keep(c net.Conn) {
	p.mu.Lock()
	p.conns[c] = true
	p.mu.Unlock()
}

func (p *proxy) accept() {
	defer p.wg.Done()
	for {
		a, err := p.ln.Accept()
		if err != nil {
			return
		}
		p.keep(a)
		h := p.harm(int(p.count.Add(1)) - 1)
		p.mu.Lock()
		target := p.target
		p.mu.Unlock()
		b, err := net.Dial("tcp", target)
		if err != nil {
			a.Close()
			continue
		}
		p.keep(b)
		p.wg.Add(2)
		go p.carry(a, b, h.there, h)
		go p.carry(b, a, h.back, h)
	}
}

// carry copies from a to b until the harm is done.
func (p *proxy) carry(a, b net.Conn, most int64, h harm) {
	defer p.wg.Done()
	buf := make([]byte, 64<<10)
	if h.piece > 0 {
		buf = buf[:h.piece]
	}
	var done int64
	for {
		n, err := a.Read(buf)
		if h.delay > 0 {
			select {
			case <-time.After(h.delay):
			case <-p.quit:
			}
		}
		harmed := most > 0 && done+int64(n) >= most
		if harmed {
			n = int(most - done)
		}
		b.Write(buf[:n])
		done += int64(n)
		if harmed && h.hole {
			<-p.quit
		}
		if harmed || err != nil {
			if h.reset {
				a.(*net.TCPConn).SetLinger(0)
				b.(*net.TCPConn).SetLinger(0)
			}
			a.Close()
			b.Close()
			return
		}
	}
}
