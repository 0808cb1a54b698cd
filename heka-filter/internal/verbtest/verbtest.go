// Package verbtest runs verbs in tests: messages go in as lines of words and come
// out so.
package verbtest

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// Make makes the stage of kind k that words ask for. Words are cut at spaces, but
// not within single quotes.
func Make(k stage.Kind, env *stage.Env, words string) (stage.Stage, error) {
	return stagetest.Make(k, env, cut(words)...)
}

func cut(words string) []string {
	var all []string
	quoted, started := false, false
	for _, r := range words {
		switch {
		case r == '\'':
			quoted = !quoted
			if !started {
				all, started = append(all, ""), true
			}
		case r == ' ' && !quoted:
			started = false
		default:
			if !started {
				all, started = append(all, ""), true
			}
			all[len(all)-1] += string(r)
		}
	}
	return all
}

// Run runs what words ask for on messages, in data time, and wants lines to come
// out: see Lines and Line.
func Run(t *testing.T, k stage.Kind, words string, in, want []string) {
	t.Helper()
	RunEnv(t, &stage.Env{}, k, words, in, want)
}

// RunEnv is Run in an environment of its own.
func RunEnv(t *testing.T, env *stage.Env, k stage.Kind, words string, in, want []string) {
	t.Helper()
	env.DataTime, env.Hostname = true, "host"
	st := func() stage.Stage {
		s, err := Make(k, env, words)
		if err != nil {
			t.Fatalf("%s %s: %v", k.Name, words, err)
		}
		return s
	}
	var got []string
	for _, m := range stagetest.Run(t, env, st, Lines(in...)...) {
		got = append(got, Line(&m))
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("%s %s:\n%s\nwant:\n%s", k.Name, words, g, w)
	}
}

// Err wants words to be a mistake whose text holds all of want.
func Err(t *testing.T, k stage.Kind, words string, want ...string) {
	t.Helper()
	_, err := Make(k, &stage.Env{}, words)
	if err == nil {
		t.Errorf("%s %s: no error", k.Name, words)
		return
	}
	if _, ok := err.(*stage.UsageError); !ok {
		t.Errorf("%s %s: error of type %T", k.Name, words, err)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%s %s: error %q, want %q in it", k.Name, words, err, w)
		}
	}
}

// Lines makes a message of each line: words NAME=VALUE, which are fields, but for
// t (the timestamp in seconds), Type and Payload. A value is a whole number, a
// number with a point, true, false or a text; NAME:REP=VALUE has a representation.
func Lines(lines ...string) []msg.Message {
	var all []msg.Message
	for i, l := range lines {
		m := msg.Message{Severity: msg.DefaultSeverity, Logger: "test", Hostname: "in"}
		binary.BigEndian.PutUint64(m.Uuid[8:], uint64(i+1)*0x9e3779b97f4a7c15)
		for _, w := range cut(l) {
			name, text, _ := strings.Cut(w, "=")
			name, rep, _ := strings.Cut(name, ":")
			switch name {
			case "t":
				f, _ := strconv.ParseFloat(text, 64)
				m.Timestamp = int64(f * 1e9)
			case "Type":
				m.Type = text
			case "Payload":
				m.Payload = text
			default:
				m.Fields = append(m.Fields, msg.Field{Name: name, Value: value(text), Rep: rep})
			}
		}
		all = append(all, m)
	}
	return all
}

func value(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return f
	}
	if b, err := strconv.ParseBool(text); err == nil && len(text) > 1 {
		return b
	}
	return text
}

// Line writes a message as a line: the type, @ and the timestamp in seconds, and
// the fields; texts are in quotes, floats have a point.
func Line(m *msg.Message) string {
	s := strings.TrimSpace(m.Type + "@" + strconv.FormatFloat(float64(m.Timestamp)/1e9, 'f', -1, 64))
	for _, f := range m.Fields {
		s += " " + f.Name + "=" + show(f.Value)
	}
	return s
}

func show(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(v)
	case float64:
		s := strconv.FormatFloat(v, 'g', 6, 64)
		if !strings.ContainsAny(s, ".eIN") {
			s += ".0"
		}
		return s
	}
	return fmt.Sprint(v)
}

// Log is a logger that counts what it is told.
type Log struct{ strings.Builder }

// Logger returns the logger that writes to l.
func (l *Log) Logger() *slog.Logger { return slog.New(slog.NewTextHandler(&l.Builder, nil)) }

// Bodies returns n encoded messages such as heka-decode nginx makes: ten fields,
// among them status of 5 values, request of 100 values of 30 bytes, and
// request_time.
func Bodies(n int) [][]byte {
	var all [][]byte
	for i := range n {
		m := msg.Message{
			Timestamp: 1700000000e9 + int64(i)*1e6, Type: "nginx.access", Logger: "access.log",
			Severity: 6, Hostname: "web1.example", Uuid: [16]byte{15: byte(i), 14: byte(i >> 8)},
			Fields: []msg.Field{
				{Name: "remote_addr", Value: fmt.Sprintf("192.0.2.%d", i%250), Rep: "ipv4"},
				{Name: "remote_user", Value: "-"},
				{Name: "method", Value: "GET"},
				{Name: "request", Value: fmt.Sprintf("/catalogue/articles/page/%05d", i*7%100)},
				{Name: "protocol", Value: "HTTP/1.1"},
				{Name: "status", Value: []int64{200, 200, 200, 304, 404, 500, 302}[i%7]},
				{Name: "body_bytes_sent", Value: int64(i * 37 % 50000), Rep: "B"},
				{Name: "http_referer", Value: "https://www.example.com/catalogue/"},
				{Name: "http_user_agent", Value: "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Firefox/120.0"},
				{Name: "request_time", Value: float64(i*31%1000+1) / 1000, Rep: "s"},
			},
		}
		all = append(all, m.Append(nil)[msg.HeaderSize:])
	}
	return all
}

// Bench measures add, which takes in one message.
func Bench(b *testing.B, add func(m *msg.View)) {
	bodies := Bodies(1000)
	size := 0
	for _, p := range bodies {
		size += len(p)
	}
	b.SetBytes(int64(size / len(bodies)))
	b.ReportAllocs()
	var v msg.View
	for i := range b.N {
		v.Reset(bodies[i%len(bodies)])
		add(&v)
	}
}

// NoAllocs wants add not to allocate once it has seen all messages.
func NoAllocs(t *testing.T, add func(m *msg.View)) {
	t.Helper()
	bodies := Bodies(1000)
	var v msg.View
	all := func() {
		for _, p := range bodies {
			v.Reset(p)
			add(&v)
		}
	}
	all()
	if n := testing.AllocsPerRun(3, all); n > 0 {
		t.Errorf("%v allocations in %d messages", n, len(bodies))
	}
}

// batch returns the messages of Bodies as one batch.
func batch(n int) *stage.Batch {
	b := stage.NewPool(4).Get()
	for _, p := range Bodies(n) {
		b.Off = append(b.Off, uint32(len(b.Buf)))
		b.Buf = append(b.Buf, make([]byte, msg.HeaderSize)...)
		b.Buf = append(b.Buf, p...)
		msg.PutHeader(b.Buf[b.Off[len(b.Off)-1]:])
	}
	return b
}

// BenchBatch measures pick, which takes a batch over and returns a selection of it,
// per message.
func BenchBatch(b *testing.B, pick func(*stage.Batch) *stage.Batch) {
	in := batch(1000)
	b.SetBytes(int64(len(in.Buf) / in.Len()))
	b.ReportAllocs()
	for i := 0; i < b.N; i += in.Len() {
		pick(in.Retain()).Release()
	}
}

// NoAllocsBatch wants pick not to allocate once it has seen all messages.
func NoAllocsBatch(t *testing.T, pick func(*stage.Batch) *stage.Batch) {
	t.Helper()
	in := batch(1000)
	all := func() { pick(in.Retain()).Release() }
	all()
	if n := testing.AllocsPerRun(3, all); n > 0 {
		t.Errorf("%v allocations in a batch", n)
	}
}
