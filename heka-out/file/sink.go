package file

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"heka/lib/encode"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/target"
)

// second is how often files are flushed, looked after, and synced if asked for.
const second = int64(time.Second)

// sink writes to the files of a destination, in the order of the input.
type sink struct {
	*dest
	enc     encode.Encoder // of formats that don't depend on order; nil: records
	packed  target.Packer
	files   map[string]*out
	open    []*out
	dir     target.Dir
	shutDir func() error // nil: dir was not opened

	path  []byte // of the message at hand
	last  *out   // of the message before
	view  msg.View
	b     msg.Builder
	used  uint64
	tick  int64 // the last tick that was heeded
	slice int64 // the multiple of --rotate-every that it is in
	told  bool  // that messages fail

	out  stage.Writer
	acks stage.Acks // of batches that are not as durable yet as --fsync wants
}

func newSink(d *dest) *sink {
	s := &sink{dest: d, packed: d.packer(), files: map[string]*out{}, dir: target.OS{}, slice: -1}
	if d.header != nil && !encode.Ordered(d.format) {
		s.enc = d.header()
	}
	return s
}

// Every implements stage.Ticking. In data time, when ticks come as fast as the
// messages, they do nothing but rotate.
func (s *sink) Every() int64 {
	if s.env.DataTime {
		return int64(s.opt.every)
	}
	return second
}

func (s *sink) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	s.out = out
	err := s.run(ctx, in)
	ferr := s.finish(ctx)
	if ferr == nil && (err == nil || errors.Is(err, context.Canceled)) {
		ferr = s.acks.Flush(out)
	}
	if err == nil {
		err = ferr
	}
	return err
}

func (s *sink) run(ctx context.Context, in stage.Reader) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case b.Tick != 0:
			err = s.ticked(ctx, b)
		case !b.Interim:
			err = s.write(ctx, b)
		}
		if err != nil {
			b.Release()
			return err
		}
		if err := s.pass(ctx, b); err != nil {
			return err
		}
	}
}

// write writes b to its file or files.
func (s *sink) write(ctx context.Context, b *stage.Batch) error {
	var err error
	switch {
	case b.Gap != nil:
		err = s.gap(ctx, b.Gap)
	case !b.Text && len(b.Off) == 0:
		return nil
	case s.template != nil:
		err = s.scatter(ctx, b)
	default:
		err = s.single(ctx, b)
	}
	if err == nil && s.opt.fsync == fsyncBatch {
		err = s.each(func(o *out) error { return errors.Join(o.flush(ctx), o.sync()) })
	}
	return err
}

// single writes b to the one file of a path.
func (s *sink) single(ctx context.Context, b *stage.Batch) error {
	o, err := s.one(ctx)
	if err != nil {
		return err
	}
	if b.Text { // done by a lane
		return o.unit(ctx, b.Buf)
	}
	if s.header == nil {
		o.buf = b.AppendTo(o.buf)
	} else {
		o.buf = appendText(o.buf, o.enc, b, &s.view)
	}
	s.env.Stats.Out.Add(int64(len(b.Off)))
	return o.commit(ctx)
}

// one returns the file of a path.
func (s *sink) one(ctx context.Context) (*out, error) {
	if s.last == nil {
		s.last = s.add(s.name, s.name)
	}
	return s.last, s.use(ctx, s.last)
}

// scatter writes each message of b to the file that it names.
func (s *sink) scatter(ctx context.Context, b *stage.Batch) error {
	for i := range b.Off {
		b.View(i, &s.view)
		s.path = s.template.AppendPath(s.path[:0], &s.view)
		o, err := s.find(ctx)
		if err == nil && o.bad == nil {
			err = s.use(ctx, o)
		}
		if err != nil {
			return err
		}
		if o.bad != nil {
			if err := s.fail(o.bad); err != nil {
				return err
			}
			continue
		}
		if s.header == nil {
			o.buf = append(o.buf, b.Record(i)...)
		} else {
			o.buf = o.enc.Append(o.buf, &s.view)
		}
		s.env.Stats.Out.Add(1)
	}
	return s.each(func(o *out) error { return o.commit(ctx) })
}

// find returns the file of s.path. Neighbours mostly go to one.
func (s *sink) find(ctx context.Context) (*out, error) {
	if s.last != nil && string(s.path) == s.last.path {
		return s.last, nil
	}
	o := s.files[string(s.path)]
	if o == nil {
		if len(s.files) >= s.opt.maxFiles {
			return tooMany, nil
		}
		if err := s.openRoot(); err != nil {
			return nil, err
		}
		o = s.add(string(s.path), string(bytes.TrimPrefix(s.path, []byte(s.root))))
		if o.bad = badPath(o.file.Name()); o.bad == nil {
			if err := s.use(ctx, o); isPathsFault(err) {
				o.bad = errPath
			} else if err != nil {
				return nil, err
			}
		}
	}
	s.last = o
	return o, nil
}

// fail deals with the message at hand, which has no file to go to.
func (s *sink) fail(cause error) error {
	s.env.Stats.Bad.Add(1)
	if s.env.Strict {
		return &badData{cause}
	}
	s.b.Copy(&s.view)
	stage.Mark(&s.b, "file", cause)
	if s.env.Fail != nil {
		return s.env.Fail(s.b.Append(nil))
	}
	s.b.ClearFields()
	if !s.told {
		s.told = true
		s.env.Logger().Warn("messages that have no file to go to are lost; --fail keeps them",
			"first", cause.Error())
	}
	return nil
}

// each calls f for each open file.
func (s *sink) each(f func(*out) error) error {
	for _, o := range s.open {
		if err := f(o); err != nil {
			return err
		}
	}
	return nil
}

// ticked flushes, syncs and rotates what is due.
func (s *sink) ticked(ctx context.Context, b *stage.Batch) error {
	if b.Live {
		return nil
	}
	if err := s.rotateAll(ctx, b.Tick); err != nil {
		return err
	}
	if s.env.DataTime || b.Tick-s.tick < second {
		return nil
	}
	s.tick = b.Tick
	return s.look(ctx)
}

// look flushes all files, syncs them if asked for, and closes those that another
// has moved away.
func (s *sink) look(ctx context.Context) error {
	for i := len(s.open) - 1; i >= 0; i-- {
		o := s.open[i]
		if err := o.flush(ctx); err != nil {
			return err
		}
		if s.opt.fsync == fsyncSecond {
			if err := o.sync(); err != nil {
				return err
			}
		}
		if o.file.Moved() {
			if err := s.shut(ctx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish flushes and closes all files; after an error, as far as it goes.
func (s *sink) finish(ctx context.Context) error {
	var err error
	for len(s.open) > 0 {
		o := s.open[len(s.open)-1]
		if e := s.shut(ctx, o); e != nil && err == nil {
			err = e
		}
	}
	if s.shutDir != nil {
		s.shutDir()
	}
	return err
}
