package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"heka/lib/msg"
)

// Handler carries commands out. Its methods may be called by several goroutines.
type Handler interface {
	// Do carries out a command that was admitted, and returns what came of it.
	Do(ctx context.Context, c *Command) Answer

	// Refused is told of a command that was not. c has what was understood of it; of one
	// that is not verified, nothing is known to be true.
	Refused(c *Command, why *Refusal)
}

// Exchange has the command that v is admitted and carried out, and returns the answer as
// a record of heka-frame(5). from says where it came from.
func (g *Gate) Exchange(
	ctx context.Context, h Handler, v *msg.View, f Framing, from string,
) (answer []byte, why *Refusal) {
	c, why := g.Admit(v, f)
	c.From = from
	return g.settle(ctx, h, c, why), why
}

// settle carries c out, unless it is refused, and returns the answer.
func (g *Gate) settle(ctx context.Context, h Handler, c *Command, why *Refusal) []byte {
	var a Answer
	switch {
	case why == nil:
		a = h.Do(ctx, c)
	case why.Verified:
		a = Answer{Result: why.Result(), Text: why.Why}
		h.Refused(c, why)
	default:
		c.key = nil
		a = Answer{Result: Unverified, Text: refusedSignature}
		h.Refused(c, why)
	}
	a.Hostname, a.Time = g.hostname(), g.now().UnixNano()
	return a.record(c)
}

// Server takes commands from connections and answers them. Its members are set before
// Serve is called, and not changed.
type Server struct {
	Gate    *Gate
	Handler Handler
	Log     *slog.Logger // nil: silent

	// Bounds; 0 stands for the value behind it.
	Max        int           // bytes of a message: DefaultMax
	Conns      int           // connections: 32
	PerAddress int           // of one address: 8
	Patience   time.Duration // for a whole message to come, or an answer to be taken: 30 s
	Rate       float64       // commands a second of one address, after Burst at once: 2
	Burst      int           // 20
	// Delay is how long the answer to a wrong signature is kept back; it doubles with
	// each in a row, up to 30 s: 1 s.
	Delay time.Duration
}

func or[T int | float64 | time.Duration](v, standard T) T {
	if v == 0 {
		return standard
	}
	return v
}

// Serve takes connections from ln, which may be one of TLS, until ctx ends; then it
// closes ln, ends the connections, and returns nil when all are gone. It may be called
// once.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	log := s.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	t := &tables{
		Server: s, log: log, free: make(chan struct{}, or(s.Conns, 32)),
		guests: guests{
			perAddress: or(s.PerAddress, 8), rate: or(s.Rate, 2), burst: float64(or(s.Burst, 20)),
			delay: or(s.Delay, time.Second), all: map[string]*guest{},
		},
	}
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	defer t.wg.Wait()
	for {
		conn, err := ln.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil: // no descriptors left, or gone before it was taken
			log.Warn("control: connection not taken", "error", err)
			pause(ctx, time.Second/10)
			continue
		}
		t.seat(ctx, conn)
	}
}

// tables is a Server at work.
type tables struct {
	*Server
	log    *slog.Logger
	wg     sync.WaitGroup
	free   chan struct{}
	guests guests
}

// seat starts to serve a connection, or closes it where there are too many.
func (t *tables) seat(ctx context.Context, conn net.Conn) {
	address := hostOf(conn.RemoteAddr())
	select {
	case t.free <- struct{}{}:
	default:
		conn.Close()
		return
	}
	if !t.guests.enter(address, time.Now()) {
		<-t.free
		conn.Close()
		return
	}
	t.wg.Go(func() {
		defer func() { <-t.free }()
		defer t.guests.leave(address)
		defer conn.Close()
		stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
		defer stop()
		if err := t.serve(ctx, conn, address); err != nil {
			t.log.Debug("control: connection ended", "from", address, "error", err)
		}
	})
}

// hostOf returns the address without its port.
func hostOf(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}

// serve answers the commands of one connection.
func (t *tables) serve(ctx context.Context, conn net.Conn, address string) error {
	r := &reader{src: conn, max: or(t.Max, DefaultMax)}
	patience := or(t.Patience, 30*time.Second)
	used := 0
	for {
		if err := deadline(ctx, conn, patience); err != nil {
			return err
		}
		body, record, err := r.next(used)
		if err == io.EOF || errors.Is(err, os.ErrDeadlineExceeded) && len(r.buf) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		used = len(record)
		if err := pause(ctx, t.guests.wait(address, time.Now())); err != nil {
			return err
		}
		answer, why := t.answer(ctx, body, record, conn.RemoteAddr().String())
		if why != nil && !why.Verified {
			if err := pause(ctx, t.guests.failed(address)); err != nil {
				return err
			}
		} else {
			t.guests.passed(address)
		}
		if err := deadline(ctx, conn, patience); err != nil {
			return err
		}
		if _, err := conn.Write(framed(answer)); err != nil {
			return err
		}
		if why != nil && !why.Verified {
			return why
		}
	}
}

// deadline gives the next step its time, unless ctx has ended.
func deadline(ctx context.Context, conn net.Conn, d time.Duration) error {
	if err := conn.SetDeadline(time.Now().Add(d)); err != nil {
		return err
	}
	if ctx.Err() != nil { // it may have ended, and set its own, just before
		conn.SetDeadline(time.Unix(1, 0))
	}
	return ctx.Err()
}

// answer has one message of a connection carried out.
func (t *tables) answer(
	ctx context.Context, body, record []byte, from string,
) (answer []byte, why *Refusal) {
	v, err := viewOf(body)
	if err != nil {
		c, why := &Command{From: from}, unverified("it is no message: %v", err)
		return t.Gate.settle(ctx, t.Handler, c, why), why
	}
	keys, err := t.Gate.Keys()
	if err != nil {
		err = fmt.Errorf("the keys can't be read: %w", err)
	}
	f := Framing{}
	if err == nil {
		f, err = framingOf(record, keys)
	}
	if err != nil {
		c, _ := parse(&v)
		c.From = from
		why := unverified("%v", err)
		return t.Gate.settle(ctx, t.Handler, c, why), why
	}
	return t.Gate.Exchange(ctx, t.Handler, &v, f, from)
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
