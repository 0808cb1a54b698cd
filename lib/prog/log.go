package prog

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
)

// logHandler writes what programs have to say in the form of Unix: the program's
// name, what there is to say, attributes behind it.
type logHandler struct {
	mu    *sync.Mutex
	w     io.Writer
	name  string
	color bool
	attrs []slog.Attr
}

func newLogHandler(w io.Writer, name string, color bool) *logHandler {
	return &logHandler{mu: &sync.Mutex{}, w: w, name: name, color: color}
}

// Enabled implements slog.Handler: Info and above are said.
func (h *logHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }

// Handle implements slog.Handler.
func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(h.name + ": ")
	switch {
	case r.Level >= slog.LevelError:
		b.WriteString(h.paint("31", "error: "))
	case r.Level >= slog.LevelWarn:
		b.WriteString(h.paint("33", "warning: "))
	}
	b.WriteString(r.Message)
	attr := func(a slog.Attr) bool {
		b.WriteString(" " + a.Key + "=" + a.Value.String())
		return true
	}
	for _, a := range h.attrs {
		attr(a)
	}
	r.Attrs(attr)
	b.WriteByte('\n')
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := io.WriteString(h.w, b.String())
	return err
}

func (h *logHandler) paint(code, text string) string {
	if !h.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// WithAttrs implements slog.Handler.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.attrs = append(append([]slog.Attr{}, h.attrs...), attrs...)
	return &c
}

// WithGroup implements slog.Handler; groups are not shown.
func (h *logHandler) WithGroup(string) slog.Handler { return h }
