package link

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"time"

	"heka/lib/frame"
	"heka/lib/stage"
)

// Limits of a Receiver, unless told otherwise.
const (
	DefaultConnections = 256

	maxSessions = 1024     // that are remembered
	maxDiscard  = 64 << 20 // longest message that is passed over; beyond it the connection ends
	slowest     = 16 << 10 // bytes a second that a batch must come with, at least
)

// ReceiverOptions say what a Receiver takes.
type ReceiverOptions struct {
	Env *stage.Env // its Stats, Hostname, MaxRecord, Keys, Limit and Stop

	// Wrap, if not nil, makes TLS of a connection. trusted says that the other end has
	// proved who it is.
	Wrap func(ctx context.Context, conn net.Conn) (c net.Conn, trusted bool, err error)

	// TrustSigners leaves heka.signer in the records of peers that are trusted.
	TrustSigners bool
	Unsigned     bool // with keys, take messages of Heka's framing that are not signed, too

	Timeout     time.Duration // silence after which a link is given up; DefaultTimeout if 0
	Handshake   time.Duration // from the connection to the whole hello; DefaultHandshake if 0
	Idle        time.Duration // silence after which other connections are closed; 0: never
	Connections int           // at once, at most; DefaultConnections if 0
}

// Receiver takes records from peers and writes them to a pipeline, of which it is the
// source: a stage.Acker.
type Receiver struct {
	opt  ReceiverOptions
	env  *stage.Env
	log  *slog.Logger
	id   [16]byte
	most int // longest body of a message

	batches chan batch
	stop    chan struct{} // closed when no more is to be read
	work    chan struct{} // tokens of those who unpack what other programs sent
	large   chan struct{} // tokens of batches that are larger than others

	mu       sync.Mutex
	closing  bool
	sessions map[[16]byte]*session
	sources  map[uint32]*session
	last     uint32 // source of the last session
	use      int64  // counts uses of sessions
	conns    map[*conn]struct{}
	serving  sync.WaitGroup // goroutines of connections that read, and that which accepts
	answers  sync.WaitGroup // goroutines of connections that write
	quiet    quiet
}

// batch is what a connection hands to the pipeline.
type batch struct {
	b *stage.Batch
	s *session // nil: of one that nobody acknowledges to
}

// NewReceiver returns a Receiver.
func NewReceiver(opt ReceiverOptions) *Receiver {
	if opt.Timeout <= 0 {
		opt.Timeout = DefaultTimeout
	}
	if opt.Handshake <= 0 {
		opt.Handshake = DefaultHandshake
	}
	if opt.Connections <= 0 {
		opt.Connections = DefaultConnections
	}
	r := &Receiver{
		opt: opt, env: opt.Env, most: opt.Env.MaxRecord, log: opt.Env.Logger(),
		batches: make(chan batch), stop: make(chan struct{}),
		work: make(chan struct{}, max(2, runtime.GOMAXPROCS(0))), large: make(chan struct{}, 8),
		sessions: map[[16]byte]*session{}, sources: map[uint32]*session{}, conns: map[*conn]struct{}{},
	}
	if r.most <= 0 {
		r.most = frame.DefaultMaxRecord
	}
	if r.env.Pool == nil {
		r.env.Pool = stage.NewPool(32)
	}
	rand.Read(r.id[:])
	return r
}

// Serve takes connections from ln, which it closes, and writes what they bring to out,
// until ctx or env.Stop ends, or env.Limit is reached. Connections stay open behind its
// end, for acknowledgements alone, until Settle.
func (r *Receiver) Serve(ctx context.Context, ln net.Listener, out stage.Writer) error {
	r.serving.Add(1)
	go func() {
		defer r.serving.Done()
		r.accept(ctx, ln)
	}()
	err := r.pass(ctx, out)
	ln.Close()
	r.end()
	r.serving.Wait()
	return err
}

// pass writes batches as they come.
func (r *Receiver) pass(ctx context.Context, out stage.Writer) error {
	left := r.env.Limit
	for {
		var h batch
		select {
		case h = <-r.batches:
		case <-r.env.Stop:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
		b, n := h.b, int64(h.b.Len())
		if r.env.Limit > 0 {
			if n > left {
				b = r.cut(b, int(left))
			}
			left -= int64(b.Len())
		}
		r.env.Stats.In.Add(int64(b.Len()))
		r.env.Stats.InBytes.Add(int64(len(b.Buf)))
		if h.s != nil && !b.Ack.Empty() {
			h.s.sent(b.Ack)
		}
		if err := out.Write(b); err != nil {
			return err
		}
		if r.env.Limit > 0 && left <= 0 {
			return nil
		}
	}
}

// cut returns the first n records of b, with the acknowledgement of those alone. It
// can't be said which those are if b has others than its peer has numbered; then
// nothing of b is acknowledged.
func (r *Receiver) cut(b *stage.Batch, n int) *stage.Batch {
	ack, whole := b.Ack, int64(b.Len()) == b.Ack.To-b.Ack.From
	b = b.Cut(b.Off[:n])
	if whole {
		ack.To = ack.From + int64(n)
		b.Ack = ack
	}
	return b
}

// accept takes connections until ln is closed.
func (r *Receiver) accept(ctx context.Context, ln net.Listener) {
	wait := time.Millisecond
	for {
		nc, err := ln.Accept()
		if err != nil {
			select {
			case <-r.stop:
				return
			case <-time.After(wait): // short of descriptors, say
			}
			r.quiet.say(r.log, "accept a connection: "+err.Error())
			wait = min(2*wait, time.Second)
			continue
		}
		wait = time.Millisecond
		c := newConn(r, nc)
		if why := r.admit(c); why != "" {
			nc.Close()
			r.quiet.say(r.log, fmt.Sprintf("connection from %s refused: %s", nc.RemoteAddr(), why))
			continue
		}
		go func() {
			defer r.serving.Done()
			c.serve(ctx)
		}()
	}
}

// admit counts c among the connections; what it returns, if anything, is why not.
func (r *Receiver) admit(c *conn) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing {
		return "stopping"
	}
	if len(r.conns) >= r.opt.Connections {
		return fmt.Sprintf("there are %d already", len(r.conns))
	}
	r.conns[c] = struct{}{}
	r.serving.Add(1)
	return ""
}

// end lets all that read know that no more is wanted. Those that write go on.
func (r *Receiver) end() {
	r.mu.Lock()
	r.closing = true
	close(r.stop)
	for c := range r.conns {
		c.sock.SetReadDeadline(time.Unix(1, 0))
	}
	for _, s := range r.sessions {
		s.wake()
	}
	r.mu.Unlock()
}

// Acked implements stage.Acker: it has the peer told.
func (r *Receiver) Acked(a stage.Range) {
	r.mu.Lock()
	s := r.sources[a.Source]
	r.mu.Unlock()
	if s != nil {
		s.ackedRange(a)
	}
}

// Settle implements stage.Acker: it sends the last acknowledgements, and closes all
// connections.
func (r *Receiver) Settle() error {
	r.mu.Lock()
	var all []*conn
	for c := range r.conns {
		all = append(all, c)
		close(c.last)
	}
	r.mu.Unlock()
	r.answers.Wait()
	var wg sync.WaitGroup
	for _, c := range all {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c.part()
			c.forget()
		}()
	}
	wg.Wait()
	return nil
}

// quiet says what goes wrong at most once in ten seconds: whoever connects can make it
// happen as often as they like.
type quiet struct {
	mu     sync.Mutex
	at     time.Time
	unsaid int
}

const quietFor = 10 * time.Second

func (q *quiet) say(log *slog.Logger, text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if now := time.Now(); now.Sub(q.at) >= quietFor {
		if q.unsaid > 0 {
			text += fmt.Sprintf(" (and %d more since the last such message)", q.unsaid)
		}
		q.at, q.unsaid = now, 0
		log.Warn(text)
		return
	}
	q.unsaid++
}
