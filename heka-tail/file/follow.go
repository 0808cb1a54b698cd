package file

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"heka/heka-tail/internal/source"
	"heka/heka-tail/internal/watch"
)

// pace is how often files are looked at that are followed, and how long is waited.
type pace struct {
	tick    time.Duration // between looks at what is about to change, or at all if polling
	scan    time.Duration // between looks at everything, in case a watch said nothing
	grace   time.Duration // that an unfinished line has, once its file is replaced
	settle  time.Duration // that a file has to turn out to be a copy of another
	hole    time.Duration // that a place has to be written that is not written yet
	linger  time.Duration // that a file that lost its name stays open, without growing
	deleted time.Duration // the same for one that has no other name either
}

var usual = pace{
	tick: 250 * time.Millisecond, scan: time.Second, grace: time.Second,
	settle: 2 * time.Second, hole: time.Second,
	linger: time.Minute, deleted: 5 * time.Second,
}

// maxPause is how long a look at everything is put off at most, however long the last
// one took: files may be removed in the meantime.
const maxPause = 100 * time.Millisecond

// fsTick is how much the clock of a file system lags behind ours, at most.
const fsTick = 10 * time.Millisecond

// follower follows files. Two goroutines do:
//
//	directories ──watch──> the census ──streams with something new──> the reader ──> out
//	timers ────────────────────^  │                                       ^
//	                              └── descriptors of files that came ─────┘
//
// The census never waits, so that it misses nothing while the reader is held up by
// those who take the lines.
type follower struct {
	tail   *tail
	census *census
	reader *reader
	watch  *watch.Watcher
	poll   bool
	log    *logOnce
}

// follow runs a follower of what t is given.
func follow(ctx context.Context, t *tail, sink *source.Sink) error {
	ctx, cancel := context.WithCancel(ctx)
	log := &logOnce{log: t.env.Logger()}
	c := newCensus(t.layout(t.args, false), log)
	r := &reader{
		tail: t, census: c, sink: sink, log: log, live: true, pace: t.pace, budget: t.budget,
		pipes: newPipes(ctx, t, sink), began: time.Now().Add(-fsTick).UnixNano(),
	}
	if r.budget == 0 {
		r.budget = descriptors()
	}
	c.hold = func() bool { return c.held < (r.budget+1)/2 }
	f := &follower{tail: t, census: c, reader: r, poll: t.opt.poll, log: log}
	defer r.close()
	defer r.pipes.wg.Wait()
	defer cancel()
	f.open()
	defer f.watch.Close()
	f.look()
	for _, s := range c.allStreams() {
		if err := r.plan(s); err != nil {
			return err
		}
		if t.stopped() || ctx.Err() != nil {
			return ctx.Err()
		}
	}
	f.sayWaiting()
	if err := t.firstSave(); err != nil {
		return err
	}
	if t.ready != nil {
		t.ready()
	}
	for _, a := range t.args {
		if a == "-" {
			r.pipes.start(a, source.Key{})
		}
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		f.run(ctx)
	}()
	err := r.run(ctx)
	cancel()
	<-over
	return err
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
		f.log.log.Warn("directories can't be watched, so files are looked at four times a second",
			"error", err)
	}
}

// look looks at everything.
func (f *follower) look() {
	if !f.poll {
		f.unwatchable(f.census.watchAll(f.watch))
	}
	f.census.all()
	if !f.poll {
		f.unwatchable(f.census.watchLinks(f.watch))
	}
}

// run tells the census when to look, until ctx ends. A look at everything that is
// asked for by a watch has to wait until four times as long has passed as the last
// one took, or maxPause.
func (f *follower) run(ctx context.Context) {
	ticker := time.NewTicker(f.tail.pace.tick)
	defer ticker.Stop()
	scanned, took := time.Now(), time.Duration(0)
	var due <-chan time.Time
	scan := func() {
		start := time.Now()
		f.look()
		scanned, due = time.Now(), nil
		took = scanned.Sub(start)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.watch.Wake():
			if !f.census.changed(f.watch.Take()) || due != nil {
				continue
			}
			if wait := min(4*took, maxPause) - time.Since(scanned); wait > 0 {
				due = time.After(wait)
				continue
			}
			scan()
		case <-due:
			scan()
		case now := <-ticker.C:
			if f.poll || now.Sub(scanned) >= f.tail.pace.scan {
				scan()
			}
		}
	}
}

// sayWaiting reports what there is not yet.
func (f *follower) sayWaiting() {
	f.census.mu.Lock()
	defer f.census.mu.Unlock()
	for _, s := range f.census.order {
		if len(s.members) == 0 && !f.log.has(s.name) {
			f.log.log.Warn(s.name + " does not exist yet; waiting for it")
		}
	}
	for _, p := range f.tail.args {
		if found, _ := filepath.Glob(p); isPattern(p) && len(found) == 0 {
			f.log.log.Info("no file matches " + p + " yet; waiting for one")
		}
	}
}

// run reads what the census says is new, until it is told to end.
func (r *reader) run(ctx context.Context) error {
	ticker := time.NewTicker(r.pace.tick)
	defer ticker.Stop()
	for {
		select { // ends come first
		case <-ctx.Done():
			return ctx.Err()
		case <-r.tail.env.Stop:
			return r.stop()
		default:
		}
		if s := r.census.next(); s != nil {
			if err := r.one(s); err != nil {
				return err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.tail.env.Stop:
			return r.stop()
		case <-r.census.wake:
		case <-r.pipes.ended:
			if n, err := r.pipes.state(); err != nil || n == 0 && r.nothingElse() {
				return err
			}
		case <-ticker.C:
			r.restless()
		}
	}
}

// one gives s a turn.
func (r *reader) one(s *stream) error {
	more, err := r.step(s)
	if errors.Is(err, source.ErrLimit) {
		return err
	}
	if more {
		r.census.again(s)
	}
	return err
}

// nothingElse reports whether there are no files to follow, and never will be.
func (r *reader) nothingElse() bool {
	for _, a := range r.tail.args {
		if a != "-" {
			return false
		}
	}
	return true
}

// restless queues the streams in which something is waited for.
func (r *reader) restless() {
	r.lag()
	for _, s := range r.census.allStreams() {
		if s.waiting || r.due(s) {
			r.census.again(s)
		}
	}
}

// lag counts what is there and was not read yet.
func (r *reader) lag() {
	n := int64(0)
	r.census.mu.Lock()
	defer r.census.mu.Unlock()
	for _, s := range r.census.order {
		for _, m := range s.active {
			switch {
			case m.file != nil:
				n += max(0, m.st.Size-m.file.Raw())
			case m.rec == nil:
				n += m.st.Size
			case !m.rec.Packed:
				n += max(0, m.st.Size-m.rec.Offset)
			}
		}
	}
	r.tail.env.Stats.Lag.Store(n)
}

// due reports whether a member of s may have something new that nobody tells of.
func (r *reader) due(s *stream) bool {
	for i, m := range s.active {
		switch {
		case m.file == nil && (m.rec == nil || !r.untouched(m)):
			return true // it could not be opened, or waits for its turn
		case m.file == nil:
		case m.known == bound && !m.file.IsOpen():
			if !m.file.AtEnd() || m.file.Gathering() || m.retry {
				return true
			}
		case !m.file.IsOpen():
		case m.file.Waits() || m.v.gone || i < len(s.active)-1:
			return true
		}
	}
	return false
}

// stop delivers what is whole, and what is not as the options say.
func (r *reader) stop() error {
	r.pipes.wg.Wait()
	for _, s := range r.census.allStreams() {
		for i, m := range s.active {
			if m.file == nil {
				continue
			}
			if err := r.last(m, i < len(s.active)-1); err != nil {
				return err
			}
		}
	}
	_, err := r.pipes.state()
	return err
}

// last gives up the unfinished line of m. With positions it stays in the file, and
// comes whole in the next run; but not that of a file that was replaced.
func (r *reader) last(m *member, replaced bool) error {
	if r.sink.Store != nil && !replaced || !m.file.AtEnd() {
		return nil
	}
	if err := r.rest(m); err != nil {
		return err
	}
	return m.file.Leave(false)
}

// close gives all descriptors back.
func (r *reader) close() {
	for _, s := range r.census.allStreams() {
		for _, m := range s.active {
			if m.file != nil {
				m.file.Drop()
				r.shut(m)
			}
		}
	}
	r.census.close()
}
