package service

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// Bounds of what a log writes.
const (
	window    = 10 * time.Second
	windowMax = 10 * time.Minute
	sameMax   = 3   // lines of one level, text and node in their first window
	allMax    = 500 // lines in a window, and as many errors
	keysMax   = 500 // lines that are told apart; those beyond have allMax alone
)

// limit counts lines. A line goes by its level, text and the attribute node: what varies
// from one to the next belongs into other attributes.
//
// The first few lines are written as they come. If there were more in their window, it is
// said how many when that ends, and a window of twice the length begins, in which lines
// are counted alone; and so on until one passes without.
type limit struct {
	mu    sync.Mutex
	out   slog.Handler
	seen  map[string]*repeat
	start time.Time // of the window in which all are counted
	all   int       // lines in it,
	errs  int       // and errors, which are counted by themselves
	rest  repeat    // lines beyond allMax
}

// repeat is a line in its window.
type repeat struct {
	start   time.Time
	length  time.Duration
	n, left int
	last    time.Time
	record  slog.Record  // the last that was left out
	handler slog.Handler // which would have written it
}

// limiter is a handler in front of another.
type limiter struct {
	limit *limit
	next  slog.Handler
	node  string // attribute node of a logger
}

// Enabled implements slog.Handler.
func (h *limiter) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle implements slog.Handler. Time is that of the record.
func (h *limiter) Handle(ctx context.Context, r slog.Record) error {
	node := h.node
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "node" {
			node = a.Value.String()
		}
		return true
	})
	l := h.limit
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.take(r.Level.String()+"\x00"+node+"\x00"+r.Message, h.next, r) {
		return nil
	}
	return h.next.Handle(ctx, r)
}

// take reports whether a line is to be written. If not, it is counted.
func (l *limit) take(key string, h slog.Handler, r slog.Record) bool {
	if over(l.start, r.Time, window) {
		l.start, l.all, l.errs = r.Time, 0, 0
	}
	e := l.seen[key]
	if e != nil && over(e.start, r.Time, e.length) && !l.again(e, r.Time) {
		e = nil
	}
	if e == nil {
		if len(l.seen) >= keysMax && l.seen[key] == nil {
			return l.write(r)
		}
		e = &repeat{start: r.Time, length: window}
		l.seen[key] = e
	}
	if e.n++; e.n > sameMax {
		e.left++
		e.record, e.handler, e.last = r.Clone(), h, r.Time
		return false
	}
	return l.write(r)
}

// again ends the window of a line, and begins the next if there were lines in it that
// were left out.
func (l *limit) again(e *repeat, now time.Time) bool {
	if e.left == 0 {
		return false
	}
	l.tell(e)
	e.start, e.length = now, min(2*e.length, windowMax)
	return true
}

// write counts a line that is not one too many of its sort.
func (l *limit) write(r slog.Record) bool {
	count := &l.all
	if r.Level >= slog.LevelError {
		count = &l.errs
	}
	if *count++; *count <= allMax {
		return true
	}
	rest := &l.rest
	rest.left++
	rest.last = r.Time
	if rest.start.IsZero() {
		rest.start = r.Time
	}
	return false
}

// over reports whether a window that began at start has ended at now. A clock that was
// set back ends it too.
func over(start, now time.Time, length time.Duration) bool {
	d := now.Sub(start)
	return d >= length || d < 0
}

// tell writes how often a line was left out.
func (l *limit) tell(e *repeat) {
	if e.left == 0 {
		return
	}
	r := slog.NewRecord(e.last, e.record.Level, e.record.Message, 0)
	e.record.Attrs(func(a slog.Attr) bool {
		r.AddAttrs(a)
		return true
	})
	r.AddAttrs(slog.Int("repeated", e.left))
	_ = e.handler.Handle(context.Background(), r)
	e.left = 0
}

// flush tells of what has come to the end of its window by now, of all if now is zero,
// and forgets lines that have not come again.
func (l *limit) flush(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(l.seen)) {
		e := l.seen[key]
		if (now.IsZero() || over(e.start, now, e.length)) && !l.again(e, now) {
			delete(l.seen, key)
		}
	}
	if e := &l.rest; e.left > 0 && (now.IsZero() || over(e.start, now, window)) {
		text := fmt.Sprintf("more than %d lines in %v: lines were left out", allMax, window)
		r := slog.NewRecord(e.last, slog.LevelWarn, text, 0)
		r.AddAttrs(slog.Int("lines", e.left))
		_ = l.out.Handle(context.Background(), r)
		*e = repeat{}
	}
}

// WithAttrs implements slog.Handler.
func (h *limiter) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	for _, a := range attrs {
		if a.Key == "node" {
			c.node = a.Value.String()
		}
	}
	c.next = h.next.WithAttrs(attrs)
	return &c
}

// WithGroup implements slog.Handler.
func (h *limiter) WithGroup(name string) slog.Handler {
	c := *h
	c.next = h.next.WithGroup(name)
	return &c
}
