package file

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"syscall"
	"time"

	"heka/heka-tail/internal/source"
)

func (f *follower) log() *slog.Logger { return f.tail.env.Logger() }

// look finds out what n stands for and reads what is new. more says that there is
// more than one turn's worth.
func (f *follower) look(n *name) (more bool, err error) {
	event := n.event
	n.event = false
	if n.special {
		return false, nil
	}
	st, err := source.Stat(n.path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return f.missing(n)
	case err != nil:
		n.say(f.log(), &os.PathError{Op: "stat", Path: n.path, Err: err})
		return false, nil
	case n.cur == nil && st.Key == n.ignored:
		return false, nil
	case n.cur == nil || n.cur.Key != st.Key:
		return f.turn(n, st.Key)
	}
	n.since = time.Time{}
	if !n.cur.Unread(st) && (!event || !n.cur.IsOpen()) {
		return false, nil
	}
	return f.set.read(n.cur)
}

// missing looks after a name that no file has, perhaps for a moment. The file that
// had it is read on as long as it may grow.
func (f *follower) missing(n *name) (more bool, err error) {
	if n.cur == nil {
		if n.globbed {
			f.names.remove(n)
		}
		return false, nil
	}
	n.begin()
	if more, err = f.set.read(n.cur); more || err != nil {
		return more, err
	}
	if n.cur.Partial() && time.Since(n.since) < f.tail.pace.grace {
		return false, nil
	}
	return false, f.release(n)
}

// turn makes n stand for the file of key that has its name now, once the one
// before is read to its end. If that ends within a line, a writer may be about to
// complete it: it has a moment to do so.
func (f *follower) turn(n *name, key source.Key) (more bool, err error) {
	if n.cur != nil {
		n.begin()
		if more, err = f.set.read(n.cur); more || err != nil {
			return more, err
		}
		if n.cur.Partial() && n.cur.names == 1 && time.Since(n.since) < f.tail.pace.grace {
			return false, nil
		}
	}
	if err := f.find(n, key); err != nil || n.cur == nil {
		return false, err
	}
	return f.set.read(n.cur)
}

// find makes n stand for the file of its name, which was seen to have this key, or
// for none if it can't be followed.
func (f *follower) find(n *name, key source.Key) error {
	start := f.tail.opt.start()
	if f.started {
		start = source.Start{}
	}
	next, err := f.set.find(n.path, start)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it went again
	}
	if rerr := f.release(n); rerr != nil {
		return rerr
	}
	switch {
	case errors.Is(err, source.ErrSpecial):
		n.special = true
		f.stream(n.path)
	case errors.Is(err, source.ErrPacked):
		n.ignored = key
		n.say(f.log(), errors.New(n.path+": compressed files are not followed; read it without -f"))
	case errors.Is(err, syscall.EISDIR):
		n.ignored = key
		n.say(f.log(), errDir(n.path))
	case err != nil:
		n.say(f.log(), err)
	default:
		n.cur, n.said, n.ignored = next, "", source.Key{}
		f.set.named(next)
	}
	return nil
}

// release makes n stand for no file.
func (f *follower) release(n *name) error {
	old := n.cur
	n.cur, n.since, n.watched = nil, time.Time{}, false
	if old == nil {
		return nil
	}
	return f.set.unnamed(old)
}
