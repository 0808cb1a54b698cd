package supervise

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"heka/lib/frame"
	"heka/lib/stage"
)

// follow emits what comes from the child, until it has no more to say, or no more
// records if it is a source, or ctx ends. It returns nil then.
func (l *link) follow(ctx context.Context, out stage.Writer) error {
	defer context.AfterFunc(ctx, func() { l.conn.Close() })()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-l.p.gone:
			l.recv.hurry()
		case <-stop:
		}
	}()
	for !l.last || !l.source {
		b, control, err := l.recv.next()
		switch {
		case err == io.EOF || ctx.Err() != nil:
			if b != nil {
				b.Release()
			}
			return nil
		case err != nil:
			return err
		case b != nil:
			err = out.Write(b)
		case control[0] == codeHurry:
			err = out.Write(pool(l.c.env).Hurry())
		default:
			err = l.control(control)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// control does what a control record asks for.
func (l *link) control(body []byte) error {
	switch text := body[1:]; body[0] {
	case codeReady:
		l.ready = true
		l.c.isReady()
	case codeLast:
		l.last = true
	case codeEnd:
		l.well = true
	case codeError:
		if len(text) == 0 {
			return fmt.Errorf("%w: an error without text", frame.ErrDamaged)
		}
		l.err = newFailure(text[0], string(text[1:]))
	case codeStats:
		return l.count(text)
	case codeDead:
		if fail := l.c.env.Fail; fail != nil {
			return fail(text)
		}
	default:
		return fmt.Errorf("%w: control record %d", frame.ErrDamaged, body[0])
	}
	return nil
}

// count adds what the child has counted.
func (l *link) count(text []byte) error {
	if len(text) != statsSize {
		return fmt.Errorf("%w: counters of %d bytes", frame.ErrDamaged, len(text))
	}
	for i, n := range counters(&l.c.env.Stats) {
		d := int64(binary.BigEndian.Uint64(text[8*i:]))
		if n.Add(d); i == lagAt {
			l.lag += d
		}
	}
	return nil
}

// finish ends what is left of the child and returns what Run is to return, after follow
// has returned err.
func (l *link) finish(ctx context.Context, err error) error {
	grace := l.c.spec.grace()
	if err == io.ErrUnexpectedEOF {
		err = nil // it died within a record
	}
	switch {
	case ctx.Err() != nil:
		l.conn.Close()
		l.p.stop(0, "its time is up")
	case err == nil:
		l.conn.Close()
		l.p.stop(grace, fmt.Sprintf("it had closed its stream, and was still there %s later", grace))
	case os.IsTimeout(err):
		l.p.stop(0, fmt.Sprintf("it did nothing for %s behind the end of its input", grace))
		l.conn.Close()
		err = nil
	case errors.Is(err, stage.ErrClosed):
		l.conn.Close()
		l.p.stop(0, "nobody reads what it writes")
	default:
		l.p.kill("its stream is damaged")
		l.conn.Close()
		l.p.stop(grace, "")
	}
	l.c.env.Stats.Lag.Add(-l.lag)
	l.c.notReady(l.ready)
	died := l.p.close()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		return l.outcome(died)
	case errors.Is(err, frame.ErrDamaged):
		return fmt.Errorf("%s: process %d: %w", l.c.spec.Name, l.p.pid, err)
	}
	return err
}

// outcome says how the child's pipeline has ended, if the process has ended as died
// tells.
func (l *link) outcome(died error) error {
	switch {
	case l.err != nil:
		return l.err
	case died != nil:
		return died
	case l.well:
		return nil
	}
	return &Died{Name: l.c.spec.Name, Pid: l.p.pid}
}

func (c *Child) isReady() {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.ready:
	default:
		close(c.ready)
	}
}

// notReady makes the channel for the next Run, if that of the last was closed.
func (c *Child) notReady(was bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if was {
		c.ready = make(chan struct{})
	}
}
