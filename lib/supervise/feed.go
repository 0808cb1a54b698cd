package supervise

import (
	"errors"
	"os"
	"syscall"
	"time"

	"heka/lib/encode"
	"heka/lib/msg"
	"heka/lib/stage"
)

// settleEvery is how often it is looked whether a command has read what was written.
const settleEvery = 100 * time.Millisecond

// maxWrite is how much text is written at once.
const maxWrite = 256 << 10

// give feeds the command with batches until there are no more, and closes its input then.
func (k *kept) give(batches <-chan *stage.Batch, done <-chan struct{}) {
	f := newFeeder(k.c.feed)
	t := time.NewTicker(settleEvery)
	defer t.Stop()
	first, stop := true, (<-chan struct{})(nil)
	for {
		tick := t.C
		if len(k.waits.list) == 0 {
			tick = nil
		}
		select {
		case b, ok := <-batches:
			if ok {
				first = false
				ack := b.Ack
				err := k.write(f, b)
				if b.Release(); err != nil {
					k.gaveUp(err)
					batches = nil
					continue
				}
				k.waits.add(ack)
				continue
			}
			batches = nil
			k.stdin.Close()
			if first {
				k.source, stop = true, k.c.env.Stop
			} else {
				k.recv.drain(k.c.spec.grace())
			}
		case <-tick:
			if err := k.settle(); err != nil {
				return // follow sees that, too
			}
		case <-stop:
			stop = nil
			k.p.signal(syscall.SIGTERM)
			k.recv.drain(k.c.spec.grace())
		case <-done:
			return
		}
	}
}

// gaveUp is called when nothing can be written any more: the command has closed its input,
// which is its right, or the batch was one that can't be.
func (k *kept) gaveUp(err error) {
	k.stdin.Close()
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, os.ErrClosed) {
		k.waits.wantsNoMore()
		return
	}
	k.err = err
	k.recv.drain(k.c.spec.grace())
}

// write writes b as f renders it.
func (k *kept) write(f *feeder, b *stage.Batch) error {
	switch {
	case b.Tick != 0 || b.Interim || b.Gap != nil:
		return nil
	case b.Text:
		return stage.Permanent{Err: errText}
	}
	return f.each(b, func(p []byte) error {
		n, err := k.stdin.Write(p)
		k.waits.written += int64(n)
		return err
	})
}

// settle acknowledges what the command has read.
func (k *kept) settle() error {
	if len(k.waits.list) == 0 {
		return nil
	}
	c, err := k.stdin.SyscallConn()
	if err != nil {
		return nil // closed: the end tells
	}
	unread, ok := 0, false
	err = c.Control(func(fd uintptr) { unread, ok = inPipe(fd) })
	if err != nil || !ok {
		return nil
	}
	return k.waits.upTo(k.waits.written-int64(unread), k.c.env.Pool, &k.out)
}

// feeder renders batches for a command.
type feeder struct {
	enc encode.Encoder // nil: records
	buf []byte
	v   msg.View
}

func newFeeder(f Feed) *feeder {
	switch f {
	case FeedHeka:
		return &feeder{}
	case FeedText:
		return &feeder{enc: encode.NewText()}
	}
	return &feeder{enc: encode.NewJSON(false)}
}

// each calls write with the text of b, in pieces. It is on the hot path.
func (f *feeder) each(b *stage.Batch, write func([]byte) error) error {
	if f.enc == nil {
		p, ok := b.Bytes()
		if !ok {
			f.buf = b.AppendTo(f.buf[:0])
			p = f.buf
		}
		if len(p) == 0 {
			return nil
		}
		return write(p)
	}
	f.buf = f.buf[:0]
	for i := range b.Off {
		b.View(i, &f.v)
		f.buf = f.enc.Append(f.buf, &f.v)
		if len(f.buf) >= maxWrite || i == len(b.Off)-1 {
			if err := write(f.buf); err != nil {
				return err
			}
			f.buf = f.buf[:0]
		}
	}
	return nil
}

// pending holds the ranges of what was written and is not acknowledged.
type pending struct {
	list    []waiting
	written int64
	left    bool // the command has not read all, and does not want to
}

// waiting is a range that was written when so much was.
type waiting struct {
	at int64
	r  stage.Range
}

func (w *pending) add(r stage.Range) {
	if r.Empty() {
		return
	}
	if n := len(w.list); n > 0 && w.list[n-1].at == w.written && w.list[n-1].r.To == r.From &&
		w.list[n-1].r.Source == r.Source {
		w.list[n-1].r.To = r.To // between them was nothing to write
		return
	}
	w.list = append(w.list, waiting{w.written, r})
}

func (w *pending) wantsNoMore() { w.left = true }

// upTo acknowledges what was written before the byte at.
func (w *pending) upTo(at int64, pool *stage.Pool, out stage.Writer) error {
	n := 0
	for ; n < len(w.list) && w.list[n].at <= at; n++ {
		b := pool.Tick(0, false) // one without a buffer
		b.Ack = w.list[n].r
		if err := out.Write(b); err != nil {
			return err
		}
	}
	w.list = w.list[:copy(w.list, w.list[n:])]
	return nil
}

// all acknowledges the rest, once the command has exited with 0.
func (w *pending) all(pool *stage.Pool, out stage.Writer) error {
	if w.left {
		return nil
	}
	return w.upTo(w.written, pool, out)
}
