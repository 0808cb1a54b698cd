package link

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

// Times of a link, unless told otherwise.
const (
	DefaultTimeout   = 30 * time.Second
	DefaultHandshake = 10 * time.Second
	DefaultWindow    = 16 << 20
)

// Waits between attempts to connect, unless told otherwise.
const (
	firstWait   = 100 * time.Millisecond
	longestWait = 10 * time.Second
)

// patience is how long there may be no connection before that is said: a peer that is
// started again is back by then.
const patience = 2 * time.Second

// SenderOptions say where a Sender sends, and how.
type SenderOptions struct {
	// Dial makes a connection. It may take as long as it needs, until ctx ends.
	Dial func(ctx context.Context) (net.Conn, error)

	// Done is given the acknowledgements of batches that have arrived, those of several
	// batches at a time, in their order; by one goroutine at a time. It does not keep the
	// slice. An error ends the Sender.
	Done func([]stage.Range) error

	// Refused, if not nil, is given the messages that are longer than the peer takes: they
	// are not sent. It may be called by the goroutine of Add. An error ends that.
	Refused func(record []byte) error

	Window    int64         // bytes that are kept for lack of an acknowledgement; DefaultWindow if 0
	Timeout   time.Duration // silence after which a connection is given up; DefaultTimeout if 0
	Handshake time.Duration // how long an answer to the hello may take; DefaultHandshake if 0
	GiveUp    time.Duration // how long it may be without a connection; 0: for ever
	Name      string        // of the peer, for people

	// FirstWait and LongestWait are between attempts to connect, with jitter of half of
	// them; 100 ms and 10 s if 0.
	FirstWait, LongestWait time.Duration

	// Protobuf sends the framing of Mozilla's Heka: no hello, no acknowledgements. What
	// the system has taken counts as delivered. Signer, if not nil, signs it.
	Protobuf bool
	Signer   *frame.Signer

	Log *slog.Logger
}

// Sender sends batches to a Receiver. Add, Finish and Run are for one goroutine each.
type Sender struct {
	opt SenderOptions
	id  [16]byte

	mu       sync.Mutex
	win      window
	finished bool
	err      error // what ended Run; Add returns it
	most     int64 // longest body that the peer takes; 0: it has not said

	work chan struct{} // has a value when there is something to send, or to end
	room chan struct{} // has a value when the window may have room
	over chan struct{} // closed when Run has ended

	doneMu sync.Mutex
	done   []stage.Range

	view    msg.View // of Add
	scratch []byte

	headBuf []byte // of the goroutine that writes
	parts   [2][]byte
	iov     net.Buffers
	met     bool      // the connection was made, and the peer has answered
	moved   bool      // it brought something forward
	up      bool      // it was not said that there is none
	said    time.Time // when it was
}

// NewSender returns a Sender, which is a session of its own. Run makes it send.
func NewSender(opt SenderOptions) *Sender {
	if opt.Window <= 0 {
		opt.Window = DefaultWindow
	}
	if opt.Timeout <= 0 {
		opt.Timeout = DefaultTimeout
	}
	if opt.Handshake <= 0 {
		opt.Handshake = DefaultHandshake
	}
	opt.FirstWait, opt.LongestWait = cmp.Or(opt.FirstWait, firstWait), cmp.Or(opt.LongestWait, longestWait)
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	s := &Sender{
		opt: opt, work: make(chan struct{}, 1), room: make(chan struct{}, 1), over: make(chan struct{}),
		up: true,
	}
	rand.Read(s.id[:])
	return s
}

// poke puts a value into a channel that holds one.
func poke(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// Add takes the records of b, or its gap, and its acknowledgement, and copies them; b
// stays the caller's. It waits while the window is full.
func (s *Sender) Add(ctx context.Context, b *stage.Batch) error {
	size := Size(b)
	if err := s.await(ctx, size); err != nil {
		return err
	}
	s.mu.Lock()
	most := s.most
	s.mu.Unlock()
	if most > 0 && size > most && s.opt.Refused != nil {
		fit, err := s.fitting(b.Retain(), most)
		if err != nil {
			return err
		}
		defer fit.Release()
		b = fit
	}
	s.mu.Lock()
	if s.opt.Protobuf {
		s.convert(b)
	} else {
		s.win.batch(b)
	}
	ready := s.win.sent < len(s.win.chunks)
	idle := len(s.win.chunks) == 0
	s.mu.Unlock()
	if ready {
		poke(s.work)
	}
	if idle {
		return s.acknowledge(0)
	}
	return nil
}

// Size returns the bytes of b's records.
func Size(b *stage.Batch) (n int64) {
	if p, whole := b.Bytes(); whole {
		return int64(len(p))
	}
	for i := range b.Off {
		n += int64(len(b.Record(i)))
	}
	return n
}

// fitting returns a batch of those records of b that the peer takes. It takes b over.
func (s *Sender) fitting(b *stage.Batch, most int64) (*stage.Batch, error) {
	var off []uint32
	for i, at := range b.Off {
		rec := b.Record(i)
		if int64(len(rec)-msg.HeaderSize) <= most {
			off = append(off, at)
		} else if err := s.opt.Refused(rec); err != nil {
			b.Release()
			return nil, err
		}
	}
	return b.Select(off), nil
}

// await waits until the window has room for size bytes, or is empty. It returns with
// the window as it is: only Add makes it larger.
func (s *Sender) await(ctx context.Context, size int64) error {
	for {
		s.mu.Lock()
		err := s.err
		w := &s.win
		fits := w.bytes == 0 || w.bytes+size <= s.opt.Window && w.unsent < maxUnsent &&
			len(w.pending) < maxPending
		s.mu.Unlock()
		switch {
		case err != nil:
			return err
		case fits:
			return nil
		}
		select {
		case <-s.room:
		case <-s.over:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// convert appends the messages of b in the framing of Mozilla's Heka, which has none
// for a gap.
func (s *Sender) convert(b *stage.Batch) {
	for i := range b.Off {
		b.View(i, &s.view)
		s.scratch = frame.AppendHeka(s.scratch[:0], &s.view, s.opt.Signer)
		s.win.add(s.scratch, 1, 0)
	}
	s.win.hold(b)
}

// Finish says that nothing will be added any more.
func (s *Sender) Finish() {
	s.mu.Lock()
	s.finished = true
	s.mu.Unlock()
	poke(s.work)
}

// acknowledge notes that all before to has arrived. It is called by several
// goroutines.
func (s *Sender) acknowledge(to int64) error {
	s.doneMu.Lock()
	defer s.doneMu.Unlock()
	s.mu.Lock()
	before := s.win.acked
	var ok bool
	s.done, ok = s.win.acknowledge(max(to, before), s.done[:0])
	drained := s.finished && len(s.win.chunks) == 0
	s.mu.Unlock()
	if !ok {
		return fmt.Errorf("%w: an acknowledgement of what was not sent", ErrProtocol)
	}
	poke(s.room)
	if drained {
		poke(s.work)
	}
	if len(s.done) == 0 {
		return nil
	}
	if err := s.opt.Done(s.done); err != nil {
		return &endError{err}
	}
	return nil
}

// endError is an error that ends the Sender, not only a connection.
type endError struct{ err error }

func (e *endError) Error() string { return e.err.Error() }
func (e *endError) Unwrap() error { return e.err }

// waiting reports what there is to do: nothing is left for ever, or something to send.
func (s *Sender) waiting() (ended, some bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.finished && len(s.win.chunks) == 0, len(s.win.chunks) > 0
}

// Run connects, sends and connects again, until all that was added before Finish is
// acknowledged. It connects when there is something to send. The error is ctx's, that
// of Done, or what made the last attempt fail when GiveUp is over.
func (s *Sender) Run(ctx context.Context) error {
	err := s.run(ctx)
	s.mu.Lock()
	if s.err = err; err == nil {
		s.err = errOver
	}
	s.mu.Unlock()
	close(s.over)
	return err
}

func (s *Sender) run(ctx context.Context) error {
	wait := &backoff.ExponentialBackOff{
		InitialInterval: s.opt.FirstWait, MaxInterval: s.opt.LongestWait, Multiplier: 2,
		RandomizationFactor: 0.5,
	}
	var since time.Time // when there was a connection last; zero: none is missed
	for {
		if ended, some := s.waiting(); ended {
			return nil
		} else if !some {
			since = time.Time{}
			select {
			case <-s.work:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if since.IsZero() {
			since = time.Now()
		}
		s.met, s.moved = false, false
		err := s.connect(ctx)
		if err == nil {
			continue
		}
		if s.met {
			since = time.Now()
		}
		if s.moved {
			wait.Reset()
		}
		if err := s.failed(ctx, err, since); err != nil {
			return err
		}
		if err := pause(ctx, wait.NextBackOff()); err != nil {
			return err
		}
	}
}

// failed says what to do about err, which ended a connection or the attempt to make
// one: to end with what it returns, or to try again.
func (s *Sender) failed(ctx context.Context, err error, since time.Time) error {
	var end *endError
	switch missed := time.Since(since); {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &end):
		return end.err
	case s.opt.GiveUp > 0 && missed >= s.opt.GiveUp:
		return fmt.Errorf("%s: %w", s.opt.Name, err)
	case missed >= patience:
		s.lost(err)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errOver is what Add returns behind the end of Run.
var errOver = errors.New("the link has ended")

// lost says that there is no connection, once, and every minute again.
func (s *Sender) lost(err error) {
	if s.up || time.Since(s.said) >= time.Minute {
		s.up, s.said = false, time.Now()
		s.opt.Log.Warn(fmt.Sprintf("%s: %v; trying again", s.opt.Name, err))
	}
}

// restored says that there is one again.
func (s *Sender) restored() {
	if !s.up {
		s.up = true
		s.opt.Log.Info(s.opt.Name + ": connected again")
	}
}
