package stage

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"heka/lib/encode"
	"heka/lib/msg"
)

// Func makes a message of a message. b holds a copy of m, envelope and fields, and
// is what goes on once Func has returned nil. ErrDrop gives the message up. Any
// other error says that m can't be processed: it goes on, or to the dead letters,
// as it was and marked with the error. m and what b aliases live until Func
// returns.
type Func func(m *msg.View, b *msg.Builder) error

// ErrDrop is returned by a Func that wants its message to go no further.
var ErrDrop = errors.New("drop the message")

// Map returns the stage that applies a Func to each message. newFunc makes one for
// each lane, so that a Func may have scratch space of its own. name stands in
// the errors and marks of what it can't process.
func Map(env *Env, name string, newFunc func() Func) Parallel {
	return lanes(func() Lane {
		return &mapLane{env: env, name: name, fn: newFunc()}
	})
}

// lanes is a Parallel stage made of a function that makes lanes.
type lanes func() Lane

func (l lanes) NewLane() Lane { return l() }

// Run runs the stage by itself, in one lane.
func (l lanes) Run(ctx context.Context, in Reader, out Writer) error {
	return runLane(ctx, l(), in, out)
}

// NewParallel returns the stage that is made of lanes which newLane makes.
func NewParallel(newLane func() Lane) Parallel { return lanes(newLane) }

func runLane(ctx context.Context, l Lane, in Reader, out Writer) error {
	s := series{l}
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			b.Release()
			return err
		}
		if b, err = s.Do(b); b != nil {
			if werr := out.Write(b); werr != nil {
				return werr
			}
		}
		if err != nil {
			return err
		}
	}
}

// Expander makes any number of messages of one: emit takes them, and copies what b
// holds. ErrDrop and other errors are as of a Func; what was emitted before one does
// not go on. A Permanent error ends the pipeline.
type Expander func(m *msg.View, emit func(b *msg.Builder)) error

// GiveUp wraps the error of a message that could not be processed and does not go on
// for all that, since nothing of it could: an encoder's, say.
type GiveUp struct{ Err error }

func (g GiveUp) Error() string { return g.Err.Error() }

// Unwrap returns the error that g wraps.
func (g GiveUp) Unwrap() error { return g.Err }

// Expand is Map for what makes any number of messages of one.
func Expand(env *Env, name string, newExpander func() Expander) Parallel {
	return lanes(func() Lane {
		l := &expandLane{mapLane: mapLane{env: env, name: name}, expand: newExpander()}
		l.emit = func(b *msg.Builder) {
			l.out.Off = append(l.out.Off, uint32(len(l.out.Buf)))
			l.out.Buf = b.Append(l.out.Buf)
		}
		return l
	})
}

type expandLane struct {
	mapLane
	expand Expander
	emit   func(b *msg.Builder)
	out    *Batch
}

// Do is on the hot path of decoders whose lines are many messages.
func (l *expandLane) Do(in *Batch) (*Batch, error) {
	out := in.pool.Get()
	out.Ack, out.Interim = in.Ack, in.Interim
	l.out = out
	defer in.Release()
	for i := range in.Off {
		in.View(i, &l.view)
		records, bytes := len(out.Off), len(out.Buf)
		err := l.expand(&l.view, l.emit)
		if err == nil {
			continue
		}
		out.Off, out.Buf = out.Off[:records], out.Buf[:bytes]
		var permanent Permanent
		var gone GiveUp
		to := out
		switch {
		case err == ErrDrop:
			continue
		case errors.As(err, &permanent):
			return out, err
		case errors.As(err, &gone):
			to = nil
		}
		if err := l.fail(to, err); err != nil {
			return out, err
		}
	}
	return out, nil
}

type mapLane struct {
	env  *Env
	name string
	fn   Func
	view msg.View
	b    msg.Builder
}

// Do is on the hot path of every decoder.
func (l *mapLane) Do(in *Batch) (*Batch, error) {
	out := in.pool.Get()
	out.Ack, out.Interim = in.Ack, in.Interim
	defer in.Release()
	for i := range in.Off {
		in.View(i, &l.view)
		l.b.Copy(&l.view)
		if err := l.fn(&l.view, &l.b); err != nil {
			if err == ErrDrop {
				continue
			}
			if err := l.fail(out, err); err != nil {
				return out, err
			}
			continue
		}
		out.Off = append(out.Off, uint32(len(out.Buf)))
		out.Buf = l.b.Append(out.Buf)
	}
	return out, nil
}

// fail deals with the message in l.view, which fn could not process. It goes on in out,
// if that is not nil.
func (l *mapLane) fail(out *Batch, err error) error {
	l.env.Stats.Bad.Add(1)
	if l.env.Strict {
		return fmt.Errorf("%w: %s: %w%s", ErrBadData, l.name, err, l.place())
	}
	l.b.Copy(&l.view)
	Mark(&l.b, l.name, err)
	if l.env.Fail != nil {
		return l.env.Fail(l.b.Append(nil))
	}
	if out == nil {
		return nil
	}
	out.Off = append(out.Off, uint32(len(out.Buf)))
	out.Buf = l.b.Append(out.Buf)
	return nil
}

// maxQuoted is how much of a payload a text of an error quotes.
const maxQuoted = 200

// place says which message is in l.view: where it came from, with the byte at which
// its line starts if its uuid tells; and what it says, if texts of errors may tell.
func (l *mapLane) place() string {
	u, v := l.view.Uuid(), &l.view
	where := "a message"
	if u[6]>>4 == 8 { // made of a file and an offset
		offset := binary.BigEndian.Uint64(u[8:]) & (1<<62 - 1)
		where = fmt.Sprintf("the line at byte %d", offset)
	}
	text := fmt.Sprintf(" (%s of %s)", where, encode.AppendVisible(nil, v.Logger()))
	if p := v.Payload(); l.env.ShowData && len(p) > 0 {
		text += ": " + string(encode.AppendVisible(nil, p[:min(len(p), maxQuoted)]))
	}
	return text
}

// Select returns the stage that lets those messages through for which a condition
// holds. newCond makes a condition for each lane.
func Select(newCond func() func(*msg.View) bool) Parallel {
	return lanes(func() Lane { return &selectLane{cond: newCond()} })
}

type selectLane struct {
	cond func(*msg.View) bool
	view msg.View
	off  []uint32
}

// Do selects within the batch: it copies no message.
func (l *selectLane) Do(in *Batch) (*Batch, error) {
	l.off = l.off[:0]
	for i := range in.Off {
		in.View(i, &l.view)
		if l.cond(&l.view) {
			l.off = append(l.off, in.Off[i])
		}
	}
	if len(l.off) == len(in.Off) {
		return in, nil
	}
	return in.Select(l.off), nil
}

// Sift is Select for a condition that remembers what it saw: it is asked about one
// message after another, by one goroutine, and about no snapshots.
func Sift(cond func(*msg.View) bool) Stage {
	return inOrder{lanes(func() Lane { return &siftLane{selectLane{cond: cond}} })}
}

type siftLane struct{ selectLane }

func (l *siftLane) Do(in *Batch) (*Batch, error) {
	if in.Interim {
		return in, nil
	}
	return l.selectLane.Do(in)
}

// Appender renders messages as text, or as records of another form.
type Appender interface {
	Append(dst []byte, m *msg.View) []byte
}

// Render returns the stage that renders each message. newAppender makes one for
// each lane.
func Render(env *Env, newAppender func() Appender) Parallel {
	return lanes(func() Lane { return &renderLane{env: env, a: newAppender()} })
}

type renderLane struct {
	env  *Env
	a    Appender
	view msg.View
}

// Do is on the hot path of every output of text.
func (l *renderLane) Do(in *Batch) (*Batch, error) {
	out := in.pool.Get()
	out.Ack, out.Interim, out.Text = in.Ack, in.Interim, true
	for i := range in.Off {
		in.View(i, &l.view)
		out.Buf = l.a.Append(out.Buf, &l.view)
	}
	l.env.Stats.Out.Add(int64(len(in.Off)))
	in.Release()
	return out, nil
}
