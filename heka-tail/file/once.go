package file

import (
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

// once reads every source from start to end, one after another.
func (t *tail) once(ctx context.Context, sink *source.Sink) error {
	paths, errs := expand(t.args)
	r := &reading{tail: t, sink: sink, of: len(paths) + len(errs)}
	for _, err := range errs {
		r.failed(err)
	}
	if t.env.Progress != nil {
		for _, p := range paths {
			r.total += sizeOf(p)
		}
	}
	for _, p := range paths {
		err := r.one(ctx, p, t.opt.start())
		var pe *os.PathError
		switch {
		case errors.As(err, &pe):
			r.failed(err)
		case err != nil:
			return err
		}
		if t.stopped() {
			break
		}
	}
	return r.outcome()
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

// expand returns the files that args name, in their order, those of a glob sorted.
// A glob that matches none is an error.
func expand(args []string) (paths []string, errs []error) {
	for _, a := range args {
		if a == "-" || !isPattern(a) {
			paths = append(paths, a)
			continue
		}
		found, _ := filepath.Glob(a) // the pattern is checked
		if len(found) == 0 {
			errs = append(errs, &os.PathError{Op: "read", Path: a,
				Err: fmt.Errorf("no file matches: %w", os.ErrNotExist)})
		}
		paths = append(paths, found...)
	}
	return paths, errs
}

func sizeOf(path string) int64 {
	if path == "-" {
		return 0
	}
	st, err := source.Stat(path)
	if err != nil || !st.Regular() {
		return 0
	}
	return st.Size
}

// reading is one run over all files.
type reading struct {
	tail *tail
	sink *source.Sink
	of   int // sources there are

	done, total int64     // bytes
	said        time.Time // when Progress was told last

	bad     int   // sources with an error
	damaged int   // those of them of which something was read
	first   error // of them
}

// one reads the source path from where start says.
func (r *reading) one(ctx context.Context, path string, start source.Start) error {
	t := r.tail
	var in *source.Input
	var err error
	if path == "-" {
		in, err = source.NewInput(ctx, t.env.Stop, int(t.stdin.Fd()), "stdin")
	} else {
		in, err = source.Open(ctx, t.env.Stop, path)
	}
	if errors.Is(err, syscall.EISDIR) {
		return errDir(path)
	}
	if err != nil {
		return err
	}
	defer in.Close()
	var tick func()
	if t.env.Progress != nil && !t.opt.follow {
		defer func() { r.done += in.Count(); r.progress(0) }()
		tick = func() { r.progress(in.Count()) }
	}
	err = source.Copy(r.sink, in, start, tick)
	if err != nil && in.Count() > 0 {
		r.damaged++
	}
	return err
}

// progress tells how far reading is: n bytes into the present file.
func (r *reading) progress(n int64) {
	if now := time.Now(); now.Sub(r.said) >= progressEvery || n == 0 {
		r.said = now
		r.tail.env.Progress(r.done+n, max(r.total, r.done+n))
	}
}

// failed reports err at once, unless it is what the run fails with.
func (r *reading) failed(err error) {
	if r.bad++; r.first == nil {
		r.first = err
	}
	if r.of > 1 {
		r.tail.env.Logger().Error(err.Error())
	}
}

// outcome is the error of the run: if nothing could be read, or not all of what
// could be opened.
func (r *reading) outcome() error {
	switch {
	case r.bad == 0, r.bad < r.of && r.damaged == 0:
		return nil
	case r.of == 1:
		return r.first
	}
	return fmt.Errorf("%d of %d sources could not be read whole, the first: %w",
		r.bad, r.of, r.first)
}
