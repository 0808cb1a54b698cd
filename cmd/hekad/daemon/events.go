package daemon

import (
	"context"
	"io"
	"sync"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/report"
	"heka/lib/bus"
	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

// Self is the node under whose name the daemon reports on itself.
const Self = api.Self

// maxEvents is how many messages wait to be published; more are left out.
const maxEvents = 1024

// events is the source of what the daemon says of itself. Nobody waits for it.
type events struct {
	d    *Daemon
	port *bus.Port
	env  *stage.Env
	ch   chan msg.Builder
	stop chan struct{}

	mu sync.Mutex // of b
	b  msg.Builder
}

func newEvents(d *Daemon) *events {
	return &events{d: d, env: &stage.Env{Name: Self, Pool: stage.NewPool(4)},
		ch: make(chan msg.Builder, maxEvents), stop: make(chan struct{})}
}

// Run implements stage.Stage: it publishes what was said.
func (e *events) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	c := stage.NewCollector(e.env, out)
	for {
		select {
		case b := <-e.ch:
			if err := e.publish(c, &b); err != nil {
				return err
			}
		case <-e.stop:
			for {
				select {
				case b := <-e.ch:
					if err := e.publish(c, &b); err != nil {
						return err
					}
				default:
					return nil
				}
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (e *events) publish(c *stage.Collector, b *msg.Builder) error {
	if b.Uuid == [16]byte{} {
		c.NewUuid(b)
	}
	if err := c.Add(b); err != nil {
		return err
	}
	return c.Flush()
}

// say publishes a copy of b, unless too many wait. It never waits itself.
func (e *events) say(b *msg.Builder) error {
	var v msg.View
	v.Reset(b.Append(nil)[msg.HeaderSize:])
	e.sayView(&v)
	return nil
}

// sayView publishes a copy of the message of v.
func (e *events) sayView(v *msg.View) {
	var own msg.Builder
	own.Copy(v)
	select {
	case e.ch <- own:
	default:
	}
}

// with makes a message of how things stand and publishes it.
func (e *events) with(f func(st api.Status, b *msg.Builder)) {
	st := e.d.Status()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.b.Reset()
	f(st, &e.b)
	e.say(&e.b)
}

func (e *events) terminated(node, why string, sandbox bool) {
	e.with(func(st api.Status, b *msg.Builder) { report.Terminated(st, node, why, sandbox, b) })
}

func (e *events) gap(node string, g *frame.Gap) {
	e.with(func(st api.Status, b *msg.Builder) {
		report.Lost(st, &report.Gap{
			Node: node, Source: g.Source, Offset: g.Offset, Bytes: g.Bytes, Reason: g.Reason,
		}, b)
	})
}

func (e *events) reloaded(o *api.Outcome) {
	e.with(func(st api.Status, b *msg.Builder) { report.Reloaded(st, o, b) })
}

// tap is a bus.Tap whose matcher was compiled.
type tap struct{ *bus.Tap }

// Read implements api.Tap.
func (t tap) Read(ctx context.Context, buf []byte) ([]byte, int64, error) {
	b, n, err := t.Tap.Read(ctx, buf)
	if err == io.EOF {
		return b, n, io.EOF
	}
	return b, n, err
}
