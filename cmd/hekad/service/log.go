package service

import (
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"heka/lib/near"
	"heka/lib/stage"
)

// Log is the log of a daemon. Of lines that repeat, a few are written, and then how many
// there were.
type Log struct {
	*slog.Logger
	limit *limit
}

// levels are what HEKA_LOG takes.
var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// Level reads a level: debug, info, warn or error; empty is info.
func Level(text string) (slog.Level, error) {
	if text == "" {
		return slog.LevelInfo, nil
	}
	if l, ok := levels[strings.ToLower(text)]; ok {
		return l, nil
	}
	names := []string{"debug", "info", "warn", "error"}
	e := &stage.UsageError{
		Msg:  "HEKA_LOG: no level " + text,
		Hint: "it is one of " + strings.Join(names, ", "),
	}
	if name := near.Word(text, names); name != "" {
		e.Hint = "did you mean " + name + "?"
	}
	return slog.LevelInfo, e
}

// NewLog returns a log that writes to f at the level that HEKA_LOG names: lines for
// people if f is a terminal, JSON else. color is whether those may be coloured. A level
// that there is not is a *stage.UsageError, with a log at info.
func NewLog(name string, f *os.File, color bool) (*Log, error) {
	level, err := Level(os.Getenv("HEKA_LOG"))
	if term.IsTerminal(int(f.Fd())) {
		return NewTextLog(name, f, level, color), err
	}
	return NewJSONLog(f, level), err
}

// NewTextLog returns a log that writes lines for people: the time, the program's name,
// what there is to say, attributes behind it. Control characters are escaped.
func NewTextLog(name string, w io.Writer, level slog.Level, color bool) *Log {
	return newLog(newTextHandler(name, w, level, color))
}

// NewJSONLog returns a log that writes a JSON object a line, with the keys time, level and
// msg, and the attributes.
func NewJSONLog(w io.Writer, level slog.Level) *Log {
	return newLog(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}

func newLog(h slog.Handler) *Log {
	l := &limit{out: h, seen: map[string]*repeat{}}
	return &Log{Logger: slog.New(&limiter{limit: l, next: h}), limit: l}
}

// Flush writes how often lines were left out whose time is over. It is called each
// second, with the time; and with a zero time at the end, which writes all.
func (l *Log) Flush(now time.Time) { l.limit.flush(now) }
