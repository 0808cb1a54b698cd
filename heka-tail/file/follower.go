package file

import (
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"heka/heka-tail/internal/source"
	"heka/heka-tail/internal/watch"
)

// pace is how often a follower looks, and how long it waits.
type pace struct {
	tick    time.Duration // between looks at what has no name any more, or at all if polling
	scan    time.Duration // between looks at everything, in case a watch said nothing
	grace   time.Duration // that an unfinished line has, once its file is replaced
	linger  time.Duration // that a file that lost its name stays open, without growing
	deleted time.Duration // the same for one that has no other name either
}

// follower follows files by name.
//
//	directories ──watch──> names to look at ──> stat ──> same file: read on
//	timers ─────────────────────^                  └───> another: drain the old, start it
//
// One goroutine looks at the names that may have changed, in turn, and reads what
// is new; a file with much to read goes to the end of the queue after each few
// megabytes. Pipes and the standard input have a goroutine each.
//
// When a name stands for another file than before, the old one is read to its end
// first. It stays open for a while, because its writer may not have noticed yet,
// and is still known: if it turns up under another name that is followed, as in
// access.log.1 for access.log*, it is read on, not again.
type follower struct {
	tail  *tail
	sink  *source.Sink
	watch *watch.Watcher
	poll  bool
	set   files
	names names
	queue []*name

	started bool      // what turns up now is new: read from its start
	scanned time.Time // last look at everything

	stream  func(path string) // starts to read what has no offsets
	streams sync.WaitGroup
	running int // streams
	ended   chan error
}

// follow runs a follower of what t is given.
func follow(ctx context.Context, t *tail, sink *source.Sink) error {
	ctx, cancel := context.WithCancel(ctx)
	f := &follower{tail: t, sink: sink, poll: t.opt.poll, ended: make(chan error)}
	f.set = newFiles(f)
	f.stream = func(path string) { f.goStream(ctx, path) }
	defer f.set.closeAll()
	defer f.streams.Wait()
	defer cancel()
	f.open()
	defer f.watch.Close()
	f.names = newNames(t.args)
	if err := f.scan(); err != nil {
		return err
	}
	f.names.sayWaiting(f.log())
	f.started = true
	if t.ready != nil {
		t.ready()
	}
	for _, a := range t.args {
		if a == "-" {
			f.stream(a)
		}
	}
	return f.run(ctx)
}

// open starts to watch, or to poll if it must be.
func (f *follower) open() {
	f.watch = watch.None()
	if f.poll {
		return
	}
	w, err := watch.New()
	f.watch = w
	f.unwatchable(err)
}

// unwatchable falls back to polling if err is not nil.
func (f *follower) unwatchable(err error) {
	if err != nil && !f.poll {
		f.poll = true
		f.log().Warn("directories can't be watched, so files are looked at four times a second",
			"error", err)
	}
}

// run looks at what may have changed until it is told to end.
func (f *follower) run(ctx context.Context) error {
	ticker := time.NewTicker(f.tail.pace.tick)
	defer ticker.Stop()
	busy := make(chan struct{})
	close(busy)
	for {
		idle := busy
		if len(f.queue) == 0 {
			if f.names.none() && f.running == 0 {
				return nil
			}
			idle = nil
		}
		var err error
		select { // ends come first
		case <-ctx.Done():
			return ctx.Err()
		case <-f.tail.env.Stop:
			return f.leaveAll()
		default:
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.tail.env.Stop:
			return f.leaveAll()
		case err = <-f.ended:
			f.running--
		case <-f.watch.Wake():
			err = f.changed(f.watch.Take())
		case now := <-ticker.C:
			err = f.tick(now)
		case <-idle:
			err = f.next()
		}
		if err != nil {
			return err
		}
	}
}

// changed queues the names that may have changed.
func (f *follower) changed(keys []string, all bool) error {
	if all {
		return f.scan()
	}
	orphans, grow := false, false
	for _, key := range keys {
		known := f.names.at(key)
		for _, n := range known {
			n.event = true
			f.enqueue(n)
		}
		if len(known) == 0 {
			orphans = true
			grow = grow || f.names.matches(key)
		}
	}
	if grow {
		f.names.glob()
		f.enqueueNew()
	}
	if orphans {
		f.enqueueMissing()
		return f.set.readOrphans()
	}
	return nil
}

// enqueue puts n into the queue, once.
func (f *follower) enqueue(n *name) {
	if !n.queued {
		n.queued = true
		f.queue = append(f.queue, n)
	}
}

// next looks at the first of the queue.
func (f *follower) next() error {
	n := f.queue[0]
	f.queue = f.queue[1:]
	n.queued = false
	more, err := f.look(n)
	if more {
		f.enqueue(n)
	}
	return err
}

// tick looks after what has no name, and at everything when it is time.
func (f *follower) tick(now time.Time) error {
	f.enqueueMissing()
	if err := f.set.expire(now); err != nil {
		return err
	}
	if f.poll || now.Sub(f.scanned) >= f.tail.pace.scan {
		return f.scan()
	}
	return nil
}

// scan looks for new names, renews the watches and queues every name.
func (f *follower) scan() error {
	f.scanned = time.Now()
	f.names.glob()
	if !f.poll {
		f.unwatchable(f.names.watch(f.watch))
	}
	for _, n := range f.names.list {
		f.enqueue(n)
	}
	if f.started {
		return nil
	}
	for _, n := range f.names.list { // so that the end of each is taken now
		if err := f.find(n, source.Key{}); err != nil {
			return err
		}
	}
	return nil
}

// enqueueMissing queues the names whose file has gone, or is being replaced.
func (f *follower) enqueueMissing() {
	for _, n := range f.names.list {
		if !n.since.IsZero() {
			f.enqueue(n)
		}
	}
}

// enqueueNew queues the names that stand for no file yet.
func (f *follower) enqueueNew() {
	if !f.poll {
		f.unwatchable(f.names.watch(f.watch))
	}
	for _, n := range f.names.list {
		if n.cur == nil {
			f.enqueue(n)
		}
	}
}

// leaveAll writes the unfinished lines of all files.
func (f *follower) leaveAll() error {
	f.streams.Wait()
	return f.set.leaveAll()
}

// goStream reads what has no offsets, in a goroutine of its own: the standard
// input to its end, a FIFO for writer after writer.
func (f *follower) goStream(ctx context.Context, path string) {
	f.running++
	f.streams.Add(1)
	go func() {
		defer f.streams.Done()
		err := f.tail.stream(ctx, f.sink, path)
		select {
		case f.ended <- err:
		case <-ctx.Done():
		case <-f.tail.env.Stop:
		}
	}()
}

// stream reads the source path until its end; errors of it are logged.
func (t *tail) stream(ctx context.Context, sink *source.Sink, path string) error {
	again := false
	if path != "-" {
		// Held open, the FIFO keeps what a writer leaves in it before we are back.
		f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err == nil {
			defer f.Close()
			info, err := f.Stat()
			again = err == nil && info.Mode()&os.ModeNamedPipe != 0
		}
	}
	r := &reading{tail: t, sink: sink}
	var start source.Start // what a pipe gives is new, unless -n says otherwise
	if t.opt.lines.set {
		start = t.opt.start()
	}
	for {
		err := r.one(ctx, path, start)
		start = source.Start{}
		var pe *os.PathError
		if errors.As(err, &pe) {
			t.env.Logger().Error(err.Error())
			return nil
		}
		if err != nil || !again || t.stopped() {
			return err
		}
	}
}
