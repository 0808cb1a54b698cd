package file

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"heka/heka-tail/internal/source"
)

// progressEvery is how often it is said, at most, how far reading is.
const progressEvery = 100 * time.Millisecond

// once reads every source from start to end, one after another, in the order given;
// with positions, streams one after another.
func (t *tail) once(ctx context.Context, sink *source.Sink) error {
	t.failures = failures{of: len(t.args), log: t.env.Logger()}
	p := &progress{tail: t}
	if t.env.Progress != nil {
		for _, path := range t.args {
			p.total += sizeOf(path)
		}
	}
	for _, args := range t.groups() {
		var err error
		if args[0] == "-" {
			err = t.copy(ctx, sink, "-", t.opt.start(), p.set)
			p.next()
		} else {
			err = t.files(ctx, sink, args, p)
		}
		var pe *os.PathError
		if errors.As(err, &pe) {
			t.failures.note(err, false)
			err = nil
		}
		if err != nil || t.stopped() {
			return err
		}
	}
	return t.failures.outcome()
}

// groups returns the arguments that are read as one: each by itself, or with
// positions all files, so that one that was renamed between two arguments is known.
func (t *tail) groups() (groups [][]string) {
	if t.opt.state == "" {
		for _, a := range t.args {
			groups = append(groups, []string{a})
		}
		return groups
	}
	var paths []string
	for _, a := range t.args {
		if a == "-" {
			groups = append(groups, []string{a})
		} else {
			paths = append(paths, a)
		}
	}
	return append(groups, paths)
}

// files reads the files that args name.
func (t *tail) files(ctx context.Context, sink *source.Sink, args []string, p *progress) error {
	own := t.opt.state == "" && !isPattern(args[0])
	c := newCensus(t.layout(args, own), &logOnce{log: t.env.Logger()})
	r := &reader{
		tail: t, census: c, sink: sink, log: c.log, pace: t.pace, budget: descriptors(),
		pipes: newPipes(ctx, t, sink),
	}
	defer r.close()
	c.quiet = true
	c.all()
	t.missing(args)
	for _, s := range c.allStreams() {
		if err := r.whole(ctx, s, p); err != nil {
			return err
		}
		if t.stopped() {
			break
		}
	}
	return nil
}

// missing notes the arguments that name nothing.
func (t *tail) missing(args []string) {
	if t.opt.match.set() {
		return
	}
	for _, a := range args {
		if isPattern(a) {
			if found, _ := filepath.Glob(a); len(found) == 0 {
				t.failures.note(&os.PathError{Op: "read", Path: a,
					Err: fmt.Errorf("no file matches: %w", os.ErrNotExist)}, false)
			}
			continue
		}
		if _, err := source.Stat(a); err != nil {
			t.failures.note(&os.PathError{Op: "open", Path: a, Err: err}, false)
		}
	}
}

// whole reads all of s.
func (r *reader) whole(ctx context.Context, s *stream, p *progress) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		more, err := r.step(s)
		if err != nil {
			return err
		}
		p.of(s)
		if !more || r.tail.stopped() {
			break
		}
	}
	for _, m := range s.active {
		if m.file == nil {
			continue
		}
		if err := r.end(m); err != nil {
			return err
		}
		r.shut(m)
	}
	p.next()
	return nil
}

// end gives up the last line of m, which has no end.
func (r *reader) end(m *member) error {
	switch {
	case !m.file.AtEnd():
		return nil // it is whole in the file
	case r.sink.Store != nil:
		return cmp.Or(m.file.Keep(), m.file.FlushLast())
	}
	return cmp.Or(m.file.Leave(true), m.file.FlushLast())
}

// progress tells how far reading is, in bytes of the files.
type progress struct {
	tail        *tail
	done, total int64
	now         int64     // of the present stream
	said        time.Time // when Progress was told last
}

// set says that n bytes of the present source were read.
func (p *progress) set(n int64) {
	p.now = n
	if t := time.Now(); p.tail.env.Progress != nil && t.Sub(p.said) >= progressEvery {
		p.said = t
		p.tail.env.Progress(p.done+n, max(p.total, p.done+n))
	}
}

// of is set for all files of s.
func (p *progress) of(s *stream) {
	if p.tail.env.Progress == nil {
		return
	}
	n := int64(0)
	for _, m := range s.active {
		if m.file != nil {
			n += m.file.Raw()
		}
	}
	p.set(n)
}

// next goes on to the next source.
func (p *progress) next() {
	p.done += p.now
	p.said = time.Time{}
	p.set(0)
}

// stopped reports whether sources are to end.
func (t *tail) stopped() bool {
	select {
	case <-t.env.Stop:
		return true
	default:
		return false
	}
}

func sizeOf(arg string) (n int64) {
	found := []string{arg}
	if arg == "-" {
		return 0
	}
	if isPattern(arg) {
		found, _ = filepath.Glob(arg)
	}
	for _, path := range found {
		if st, err := source.Stat(path); err == nil && st.Regular() {
			n += st.Size
		}
	}
	return n
}

// errDir is the error for a directory.
func errDir(path string) error {
	return &os.PathError{Op: "read", Path: path,
		Err: fmt.Errorf("%w; name its files, as in %s", syscall.EISDIR, filepath.Join(path, "*"))}
}
