package service

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"heka/lib/encode"
)

// textHandler writes lines for people.
type textHandler struct {
	mu     *sync.Mutex
	w      io.Writer
	name   string
	level  slog.Level
	color  bool
	prefix string // of the names of attributes: groups
	attrs  string // rendered
}

func newTextHandler(name string, w io.Writer, level slog.Level, color bool) *textHandler {
	return &textHandler{mu: &sync.Mutex{}, w: w, name: name, level: level, color: color}
}

// Enabled implements slog.Handler.
func (h *textHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

// Handle implements slog.Handler.
func (h *textHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	if !r.Time.IsZero() {
		b.WriteString(h.paint("2", r.Time.Format("15:04:05")) + " ")
	}
	b.WriteString(h.name + ": ")
	switch {
	case r.Level >= slog.LevelError:
		b.WriteString(h.paint("31", "error: "))
	case r.Level >= slog.LevelWarn:
		b.WriteString(h.paint("33", "warning: "))
	case r.Level < slog.LevelInfo:
		b.WriteString("debug: ")
	}
	b.Write(encode.AppendVisible(nil, []byte(r.Message)))
	b.WriteString(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		writeAttr(&b, h.prefix, a)
		return true
	})
	b.WriteByte('\n')
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := io.WriteString(h.w, b.String())
	return err
}

func writeAttr(b *strings.Builder, prefix string, a slog.Attr) {
	v := a.Value.Resolve()
	switch {
	case a.Equal(slog.Attr{}):
	case v.Kind() == slog.KindGroup:
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, in := range v.Group() {
			writeAttr(b, prefix, in)
		}
	default:
		b.WriteString(" " + prefix + a.Key + "=" + value(v.String()))
	}
}

// value quotes what would not be seen to be one.
func value(s string) string {
	if s == "" || strings.ContainsAny(s, " \"=\\") {
		s = strconv.Quote(s)
	}
	return string(encode.AppendVisible(nil, []byte(s)))
}

func (h *textHandler) paint(code, text string) string {
	if !h.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// WithAttrs implements slog.Handler.
func (h *textHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	for _, a := range attrs {
		writeAttr(&b, h.prefix, a)
	}
	c := *h
	c.attrs += b.String()
	return &c
}

// WithGroup implements slog.Handler.
func (h *textHandler) WithGroup(name string) slog.Handler {
	c := *h
	if name != "" {
		c.prefix += name + "."
	}
	return &c
}
