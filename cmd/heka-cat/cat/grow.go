package cat

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"
)

// pollEvery is how often a file is looked at where nobody tells of changes: a
// network file system, or a system that gives no watches.
const pollEvery = 250 * time.Millisecond

// growing reads a file by its name. At its end it waits for more. When another
// file has taken the name, as when captures rotate, it goes on with that from its
// start: captures one after another are a capture. The same goes for a file that
// was cut.
type growing struct {
	ctx   context.Context
	stop  <-chan struct{}
	name  string
	f     *os.File
	watch *fsnotify.Watcher // nil: there is none

	// atEnd is called before each wait. It may fail, and so does Read then.
	atEnd func() error
}

// openGrowing opens the file of this name. ctx and stop end its waits.
func openGrowing(ctx context.Context, name string, stop <-chan struct{}) (*growing, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "follow", Path: name, Err: errNotRegular}
		if info.IsDir() {
			err = &fs.PathError{Op: "follow", Path: name, Err: unix.EISDIR}
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	g := &growing{ctx: ctx, stop: stop, name: name, f: f}
	if g.watch, err = fsnotify.NewWatcher(); err != nil {
		g.watch = nil
	} else if err := g.watch.Add(filepath.Dir(name)); err != nil {
		g.watch.Close()
		g.watch = nil
	}
	return g, nil
}

var errNotRegular = errors.New("not a regular file: read it without -f")

func (g *growing) Close() {
	if g.watch != nil {
		g.watch.Close()
	}
	g.f.Close()
}

// Ready reports whether Read would return at once.
func (g *growing) Ready() bool {
	info, err := g.f.Stat()
	if err != nil {
		return true // Read tells
	}
	at, err := g.f.Seek(0, io.SeekCurrent)
	return err != nil || info.Size() > at
}

// Read implements io.Reader. io.EOF says that it was told to stop.
func (g *growing) Read(p []byte) (int, error) {
	for {
		if err := g.ctx.Err(); err != nil {
			return 0, err
		}
		if stopped(g.stop) {
			return 0, io.EOF
		}
		n, err := g.f.Read(p)
		if n > 0 || err != nil && err != io.EOF {
			return n, err
		}
		again, err := g.next()
		if err != nil {
			return 0, err
		}
		if again {
			continue
		}
		if g.atEnd != nil {
			if err := g.atEnd(); err != nil {
				return 0, err
			}
		}
		g.wait()
	}
}

func stopped(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

// next looks at the end of the file whether there is something else to read: the
// file from its start, if it was cut, or another one of its name.
func (g *growing) next() (bool, error) {
	was, err := g.f.Stat()
	if err != nil {
		return false, err
	}
	at, err := g.f.Seek(0, io.SeekCurrent)
	if err != nil {
		return false, err
	}
	if was.Size() != at {
		if was.Size() < at {
			_, err = g.f.Seek(0, io.SeekStart)
		}
		return true, err
	}
	now, err := os.Stat(g.name)
	if err != nil || os.SameFile(was, now) || !now.Mode().IsRegular() {
		return false, nil // it was moved away, and the next is not there yet
	}
	if g.Ready() { // the last was written just before it was moved
		return true, nil
	}
	f, err := os.Open(g.name)
	if err != nil {
		return false, nil
	}
	g.f.Close()
	g.f = f
	return true, nil
}

// wait returns when something may have changed.
func (g *growing) wait() {
	t := time.NewTimer(pollEvery)
	defer t.Stop()
	var events <-chan fsnotify.Event
	var errs <-chan error
	if g.watch != nil {
		events, errs = g.watch.Events, g.watch.Errors
	}
	select {
	case <-events:
	case <-errs:
	case <-t.C:
	case <-g.stop:
	case <-g.ctx.Done():
	}
}
