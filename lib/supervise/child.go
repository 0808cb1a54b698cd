package supervise

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"heka/lib/stage"
)

// statsEvery is how often a child tells its counters, if they have changed.
const statsEvery = time.Second

// Source returns the first stage of the pipeline: it emits the batches that the parent
// sends, each with the Range that the parent gave it, until the parent ends them.
func (c *Conn) Source(env *stage.Env) stage.Stage {
	c.sourced = true
	return &connSource{c, env, pool(env)}
}

// errGone ends a pipeline whose parent does not read any more.
var errGone = errors.New("the parent is gone")

type connSource struct {
	c    *Conn
	env  *stage.Env
	pool *stage.Pool
}

func (s *connSource) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	s.c.start()
	defer s.c.stopped()
	r, err := newReceiver(s.c.conn, s.pool, s.env.MaxRecord)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, r.hurry)()
	for {
		b, control, err := r.next()
		switch {
		case ctx.Err() != nil:
			if b != nil {
				b.Release()
			}
			return ctx.Err()
		case err == io.EOF || err == nil && b == nil && control[0] == codeStop:
			return nil
		case err != nil:
			return err
		case b == nil && control[0] == codeHurry:
			b = s.pool.Hurry()
		case b == nil:
			continue
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

// Sink returns the last stage of the pipeline: it writes the batches to the parent, each
// with its Range, and says when the pipeline runs. In a source's pipeline, it hands what
// the parent acknowledges on to stage.Run, which tells the source; it ends when the
// parent has nothing more to say.
func (c *Conn) Sink(env *stage.Env) stage.Stage {
	pool(env)
	c.env = env
	return &connSink{c: c, env: env, all: true}
}

// Done returns the last stage of the pipeline in place of Sink, where another stage
// delivers the batches: the parent gets their Ranges alone. In a source's pipeline the
// Ranges go to stage.Run.
func (c *Conn) Done(env *stage.Env) stage.Stage {
	pool(env)
	c.env = env
	return &connSink{c: c, env: env}
}

type connSink struct {
	c   *Conn
	env *stage.Env
	all bool // records, too
}

func (s *connSink) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	s.c.start()
	var wg sync.WaitGroup
	done := make(chan struct{})
	acked := error(nil)
	if !s.c.sourced {
		wg.Go(func() { acked = s.acks(ctx, out) })
	}
	wg.Go(func() { s.stats(done) })
	err := s.c.send.control(codeReady, nil)
	if err == nil {
		err = s.copy(in, out)
	}
	if err == nil {
		err = s.c.send.control(codeLast, nil)
	}
	close(done)
	if !s.c.sourced && (err != nil || !s.all) {
		s.c.conn.CloseRead() // ends acks
	}
	wg.Wait()
	if err == nil {
		err = acked
	}
	if err == io.EOF {
		err = errGone
	}
	return err
}

// copy writes what comes.
func (s *connSink) copy(in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case s.all:
			err = s.c.send.batch(b)
		case !s.c.sourced:
			if err := out.Write(b); err != nil {
				return err
			}
			continue
		case !b.Ack.Empty() && !b.Interim:
			err = s.c.send.ack(b.Ack)
		}
		b.Release()
		if err != nil {
			return err
		}
	}
}

// acks hands what the parent acknowledges on to out, until the parent ends.
func (s *connSink) acks(ctx context.Context, out stage.Writer) error {
	defer s.c.stopped()
	r, err := newReceiver(s.c.conn, s.env.Pool, s.env.MaxRecord)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, r.hurry)()
	for {
		b, control, err := r.next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case b == nil:
			if control[0] == codeStop {
				s.c.stopped()
			}
			continue
		case !s.all:
			b.Release() // there is nothing to acknowledge
			continue
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

// stats tells the parent the counters until done is closed.
func (s *connSink) stats(done <-chan struct{}) {
	t := time.NewTicker(statsEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			if s.c.tell() != nil {
				return
			}
		case <-done:
			return
		}
	}
}
