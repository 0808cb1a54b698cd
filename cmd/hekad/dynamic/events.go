package dynamic

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"sync"
	"time"

	"heka/lib/control"
	"heka/lib/msg"
	"heka/lib/stage"
)

// events are messages that wait for their way to the bus.
type events struct {
	mu      sync.Mutex
	records [][]byte
	missed  int64 // for which there is no record, since the last that there is one for

	// Of commands that were not verified, which anybody can send, a few a second go out.
	tokens float64
	at     time.Time
}

// Bounds.
const (
	maxEvents = 256 // that wait
	eventRate = 1.0 // a second, of what is not verified
	eventRush = 10.0
)

// add keeps a record until the bus takes it.
func (e *events) add(record []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.records) >= maxEvents {
		e.missed++
		return
	}
	e.records = append(e.records, record)
}

// take returns what waits.
func (e *events) take() [][]byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.records
	e.records = nil
	return all
}

// event makes a message of what came of c. It returns how many such messages there were
// before for which there was none; -1 if there is none for this one.
func (e *events) event(c *control.Command, result control.Result, text, host string) int64 {
	now := time.Now()
	missed := e.allowed(now, result == control.Unverified)
	if missed < 0 {
		return -1
	}
	m := msg.Message{
		Timestamp: now.UnixNano(), Type: control.EventType, Logger: "hekad", Hostname: host,
		Severity: 6, Payload: text,
		Fields: []msg.Field{
			{Name: "result", Value: string(result)}, {Name: "action", Value: clip(c.Action)},
			{Name: "signer", Value: clip(c.Signer)}, {Name: "from", Value: c.From},
		},
	}
	if result != control.Done {
		m.Severity = 4
	}
	if c.Name != "" {
		m.Fields = append(m.Fields, msg.Field{Name: "filter", Value: clip(c.Name)})
	}
	if missed > 0 {
		m.Fields = append(m.Fields, msg.Field{Name: "missed", Value: missed, Rep: "count"})
	}
	rand.Read(m.Uuid[:])
	m.Uuid[6], m.Uuid[8] = m.Uuid[6]&0x0f|0x40, m.Uuid[8]&0x3f|0x80
	e.add(m.Append(nil))
	return missed
}

// allowed returns how many were missed before this one; -1 if this one is, too, which it
// may be if it is anybody's.
func (e *events) allowed(now time.Time, anybody bool) int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !anybody {
		missed := e.missed
		e.missed = 0
		return missed
	}
	if e.at.IsZero() {
		e.tokens = eventRush
	} else {
		e.tokens = min(eventRush, e.tokens+max(now.Sub(e.at).Seconds(), 0)*eventRate)
	}
	e.at = now
	if e.tokens < 1 {
		e.missed++
		return -1
	}
	e.tokens--
	missed := e.missed
	e.missed = 0
	return missed
}

// Stage returns the stage of a node of the daemon: it has the commands among the
// messages that it reads carried out, and emits what is to be known of them, and of
// those that came over a connection: messages of control.EventType, and the answers to
// those that came over the bus. Its node matches
//
//	Type == 'heka.control.sandbox'
//
// signer says who signed a message in Heka's framing, as its listener found; it may be
// nil, if that is not known of any.
func (m *Manager) Stage(env *stage.Env, signer func(v *msg.View) string) stage.Stage {
	return &managing{Manager: m, env: env, signer: signer}
}

type managing struct {
	*Manager
	env    *stage.Env
	signer func(v *msg.View) string
}

// Every implements stage.Ticking: so long an event waits at most.
func (s *managing) Every() int64 { return int64(time.Second) }

// waiting is how many commands may wait for those before them.
const waiting = 16

// Run implements stage.Stage. Commands are carried out beside the stream: what changes
// the daemon may have to wait until batches are acknowledged, this one among them.
func (s *managing) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	queue := make(chan []byte, waiting)
	var wg sync.WaitGroup
	wg.Go(func() {
		for record := range queue {
			s.one(ctx, record)
		}
	})
	c := stage.NewCollector(s.env, out)
	err := s.loop(ctx, in, out, c, queue)
	close(queue)
	wg.Wait()
	if err != nil {
		return err
	}
	return s.emit(c)
}

func (s *managing) loop(
	ctx context.Context, in stage.Reader, out stage.Writer, c *stage.Collector, queue chan<- []byte,
) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.batch(ctx, b, queue); err != nil {
			b.Release()
			return err
		}
		if err := s.emit(c); err != nil {
			b.Release()
			return err
		}
		if b.Control() {
			err = out.Write(b)
		} else {
			err = stage.Pass(b, out)
		}
		if err != nil {
			return err
		}
	}
}

// batch queues the commands of b.
func (s *managing) batch(ctx context.Context, b *stage.Batch, queue chan<- []byte) error {
	var v msg.View
	for i := range b.Off {
		b.View(i, &v)
		if string(v.Type()) != control.Type {
			continue
		}
		select {
		case queue <- bytes.Clone(b.Record(i)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// one has the command in a record carried out.
func (s *managing) one(ctx context.Context, record []byte) {
	var v msg.View
	v.Reset(record[msg.HeaderSize:])
	who := ""
	if s.signer != nil {
		who = s.signer(&v)
	}
	s.Message(ctx, &v, who)
}

// emit writes what waits.
func (s *managing) emit(c *stage.Collector) error {
	for _, record := range s.events.take() {
		if err := c.AddRecord(record); err != nil {
			return err
		}
	}
	return c.Flush()
}
