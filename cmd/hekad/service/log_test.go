package service

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// say logs a line at a time of its own.
func say(l *Log, at time.Duration, level slog.Level, text string, args ...any) {
	r := slog.NewRecord(noon.Add(at), level, text, 0)
	r.Add(args...)
	if l.Enabled(context.Background(), level) {
		_ = l.Handler().Handle(context.Background(), r)
	}
}

func TestText(t *testing.T) {
	f := func(want string, level slog.Level, text string, args ...any) {
		t.Helper()
		var w strings.Builder
		say(NewTextLog("hekad", &w, slog.LevelDebug, false), 0, level, text, args...)
		if w.String() != want {
			t.Errorf("got %q, want %q", w.String(), want)
		}
	}
	f("12:00:00 hekad: started node=a\n", slog.LevelInfo, "started", "node", "a")
	f("12:00:00 hekad: warning: x n=3 took=1.5s\n", slog.LevelWarn, "x", "n", 3, "took", 1500*time.Millisecond)
	f("12:00:00 hekad: error: x err=\"open a: no\"\n", slog.LevelError, "x", "err", fmt.Errorf("open a: no"))
	f("12:00:00 hekad: debug: x empty=\"\"\n", slog.LevelDebug, "x", "empty", "")
	f(`12:00:00 hekad: a\x1b[31mb\nc v="d\ne \x1b"`+"\n", slog.LevelInfo, "a\x1b[31mb\nc", "v", "d\ne \x1b")
	f("12:00:00 hekad: x g.a=1 g.b=2\n", slog.LevelInfo, "x", slog.Group("g", "a", 1, "b", 2))
}

func TestTextColor(t *testing.T) {
	var w strings.Builder
	l := NewTextLog("hekad", &w, slog.LevelInfo, true)
	say(l, 0, slog.LevelError, "x")
	if want := "\x1b[2m12:00:00\x1b[0m hekad: \x1b[31merror: \x1b[0mx\n"; w.String() != want {
		t.Errorf("%q", w.String())
	}
	w.Reset()
	say(l, 0, slog.LevelDebug, "x")
	if w.String() != "" {
		t.Errorf("below its level: %q", w.String())
	}
}

func TestTextWith(t *testing.T) {
	var w strings.Builder
	l := NewTextLog("hekad", &w, slog.LevelInfo, false)
	l.With("node", "a b").WithGroup("g").With("c", 1).Info("x", "d", 2)
	if !strings.HasSuffix(w.String(), `hekad: x node="a b" g.c=1 g.d=2`+"\n") {
		t.Errorf("%q", w.String())
	}
}

func TestJSON(t *testing.T) {
	var w strings.Builder
	say(NewJSONLog(&w, slog.LevelInfo), 0, slog.LevelWarn, "a\n\x1b\xff", "node", "b", "n", 3)
	var m map[string]any
	if err := json.Unmarshal([]byte(w.String()), &m); err != nil || strings.Count(w.String(), "\n") != 1 {
		t.Fatalf("%v: %q", err, w.String())
	}
	if m["level"] != "WARN" || m["node"] != "b" || m["n"] != 3.0 || m["time"] != "2026-11-23T12:00:00Z" {
		t.Errorf("%v", m)
	}
}

func TestNewLog(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	t.Setenv("HEKA_LOG", "error")
	l, err := NewLog("hekad", f, false)
	if err != nil {
		t.Fatal(err)
	}
	l.Warn("left out")
	l.Error("there")
	b, err := os.ReadFile(f.Name())
	if err != nil || strings.Contains(string(b), "left out") || !json.Valid(b) {
		t.Errorf("%v %s", err, b)
	}
}

func TestLevel(t *testing.T) {
	f := func(text string, want slog.Level, wantErr string) {
		t.Helper()
		got, err := Level(text)
		if got != want || (err == nil) != (wantErr == "") || err != nil && err.Error() != wantErr {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	f("", slog.LevelInfo, "")
	f("DEBUG", slog.LevelDebug, "")
	f("warn", slog.LevelWarn, "")
	f("eror", slog.LevelInfo, "HEKA_LOG: no level eror; did you mean error?")
	f("5", slog.LevelInfo, "HEKA_LOG: no level 5; it is one of debug, info, warn, error")
}

// TestRepeats has a line ten times a second for a minute, and then no more.
func TestRepeats(t *testing.T) {
	var w strings.Builder
	l := NewTextLog("h", &w, slog.LevelInfo, false)
	for i := range 600 {
		at := time.Duration(i) * 100 * time.Millisecond
		say(l, at, slog.LevelWarn, "no answer", "node", "store", "try", i)
		if i%10 == 0 {
			l.Flush(noon.Add(at))
		}
	}
	say(l, time.Minute, slog.LevelWarn, "no answer", "node", "other")
	for i := range 1000 {
		l.Flush(noon.Add(time.Minute + time.Duration(i)*time.Second))
	}
	want := `12:00:00 h: warning: no answer node=store try=0
12:00:00 h: warning: no answer node=store try=1
12:00:00 h: warning: no answer node=store try=2
12:00:09 h: warning: no answer node=store try=99 repeated=97
12:00:29 h: warning: no answer node=store try=299 repeated=200
12:01:00 h: warning: no answer node=other
12:00:59 h: warning: no answer node=store try=599 repeated=300
`
	if w.String() != want {
		t.Errorf("got\n%swant\n%s", w.String(), want)
	}
	w.Reset()
	say(l, 2000*time.Second, slog.LevelWarn, "no answer", "node", "store", "try", 1000)
	if w.String() != "12:33:20 h: warning: no answer node=store try=1000\n" {
		t.Errorf("after a pause: %q", w.String())
	}
	if n := len(l.limit.seen); n != 1 {
		t.Errorf("%d lines are remembered", n)
	}
}

// TestRepeatsWithoutFlush wants the count with the next such line.
func TestRepeatsWithoutFlush(t *testing.T) {
	var w strings.Builder
	l := NewTextLog("h", &w, slog.LevelInfo, false)
	for range 5 {
		say(l, 0, slog.LevelInfo, "x")
	}
	say(l, 11*time.Second, slog.LevelInfo, "x")
	l.Flush(time.Time{})
	if got := strings.Count(w.String(), "\n"); got != 5 || !strings.Contains(w.String(), "x repeated=2\n") ||
		!strings.Contains(w.String(), "x repeated=1\n") {
		t.Errorf("%s", w.String())
	}
}

// TestFlood has lines that are all different: what is written and remembered is bounded,
// what is left out counted, and errors come through.
func TestFlood(t *testing.T) {
	var w strings.Builder
	l := NewTextLog("h", &w, slog.LevelInfo, false)
	for i := range 5000 {
		say(l, 0, slog.LevelInfo, fmt.Sprint("line ", i))
	}
	say(l, 0, slog.LevelError, "bad")
	if n := strings.Count(w.String(), "\n"); n != allMax+1 || !strings.HasSuffix(w.String(), "error: bad\n") {
		t.Errorf("%d lines", n)
	}
	if n := len(l.limit.seen); n > keysMax {
		t.Errorf("%d lines are remembered", n)
	}
	w.Reset()
	l.Flush(time.Time{})
	want := "12:00:00 h: warning: more than 500 lines in 10s: lines were left out lines=4500\n"
	if w.String() != want {
		t.Errorf("%q", w.String())
	}
	w.Reset()
	l.Flush(time.Time{})
	say(l, 11*time.Second, slog.LevelInfo, "line 0")
	if w.String() != "12:00:11 h: line 0\n" {
		t.Errorf("in the next window: %q", w.String())
	}
}

func TestLogRace(t *testing.T) {
	var w strings.Builder
	l := NewTextLog("h", &w, slog.LevelInfo, false)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			l.With("node", "a").Info("x")
		}
	}()
	for range 100 {
		l.Info("y")
		l.Flush(time.Now())
	}
	<-done
}
