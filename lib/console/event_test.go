package console

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"heka/lib/msg"
	"heka/lib/stage/stagetest"
)

func line(t testing.TB, m msg.Message, k look) string {
	t.Helper()
	v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
	if err != nil {
		t.Fatal(err)
	}
	var e events
	got := string(e.append(nil, &v, &k))
	_, got, _ = strings.Cut(got, "\n") // the date
	return got
}

func TestEvents(t *testing.T) {
	f := func(m msg.Message, want string) {
		t.Helper()
		if got := line(t, m, look{loc: time.UTC}); got != want+"\n" {
			t.Errorf("got %s\nnot %s", got, want)
		}
	}
	m := fields("nginx.access", "status", 200, "t", .25, "request", "GET / HTTP/1.1", "ok", true,
		"empty", "", "quote", `a"b`, "bin", []byte("\x00a"), "all", []any{"a", "b c"}, "a b", -1)
	f(m, `12:00:00.000 nginx.access status=200 t=0.25 request="GET / HTTP/1.1" ok=true empty="" `+
		`quote="a\"b" bin=\x00a all=[a,"b c"] "a b"=-1`)
	m = fields("x", "heka.error", "no match", "heka.error.by", "nginx", "later", 1)
	m.Severity, m.Payload, m.Timestamp = 3, "the line", noon+1234567890
	f(m, `12:00:01.234 ERROR x the line later=1 heka.error="no match" heka.error.by=nginx`)
	f(msg.Message{Severity: 9, Timestamp: noon}, "12:00:00.000 severity=9")
	f(msg.Message{Severity: 0, Timestamp: -1}, "23:59:59.999 EMERG")
}

func TestEventColours(t *testing.T) {
	m := fields("x", "n", 1, "heka.error", "no")
	m.Severity, m.Payload = 4, "text"
	got := line(t, m, look{loc: time.UTC, color: true})
	want := "\x1b[2m12:00:00.000\x1b[0m \x1b[33mWARN\x1b[0m \x1b[2mx\x1b[0m text" +
		" \x1b[2mn=\x1b[0m\x1b[36m1\x1b[0m\x1b[31m heka.error=no\x1b[0m\n"
	if got != want {
		t.Errorf("got %q\nnot %q", got, want)
	}
}

func TestDatesAndZones(t *testing.T) {
	zone := time.FixedZone("east", 3600)
	f := newFeed()
	for _, h := range []int{0, 10, 11, 12} {
		f.send(false, event(h*3600, "x"))
	}
	var got strings.Builder
	s := newSink(f.env, &got, look{loc: zone}, false, func() (int, int) { return 80, 24 })
	if err := s.Run(t.Context(), f, stagetest.Writer(nil)); err != nil {
		t.Fatal(err)
	}
	same(t, got.String(), `
-- 2026-10-01 --
13:00:00.000 x
23:00:00.000 x
-- 2026-10-02 --
00:00:00.000 x
01:00:00.000 x
`)
}

// FuzzHostile holds that whatever messages hold, what is written are lines of
// visible text: all sequences are ours, and the model stops at any other.
func FuzzHostile(f *testing.F) {
	f.Add("\x1b[2J\x1b]0;title\a", "\u202eabc\xff\u009b31m", "a\nb\r\tc", "heka.top", int64(1e18))
	f.Add("世界\u200d😀", "", "\x00", "heka.\x1bc", int64(-5))
	f.Fuzz(func(t *testing.T, name, value, payload, kind string, n int64) {
		m := fields(kind, name, value, "count", n, "rep:count", value, []byte(payload), "", float64(n))
		other := fields(kind, name, n, payload, payload, "rep:"+value)
		event := m
		event.Payload, event.Timestamp = payload, n
		feed := newFeed().send(true, m, other, m).send(false, event).tick(true)
		feed.send(true, other, m).send(false, m, other, m, event, other)
		pipe := *feed
		text := onTerminal(t, feed, 30, 8).text()
		pipe.env = newFeed().env
		text += inPipe(t, &pipe, 30)
		if !utf8.ValidString(text) {
			t.Fatalf("not UTF-8: %q", text)
		}
		for _, r := range text {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
				t.Fatalf("%q in %q", r, text)
			}
		}
	})
}

func TestEnvironment(t *testing.T) {
	f := func(vars string, want bool) {
		t.Helper()
		get := func(name string) string {
			for _, v := range strings.Fields(vars) {
				if s, ok := strings.CutPrefix(v, name+"="); ok {
					return s
				}
			}
			return ""
		}
		if got := utf8Locale(get); got != want {
			t.Errorf("%s: %v", vars, got)
		}
	}
	f("", false)
	f("LANG=en_GB.UTF-8", true)
	f("LANG=C.utf8", true)
	f("LANG=en_GB.UTF-8 LC_ALL=C", false)
	f("LANG=C LC_CTYPE=de_DE.utf8", true)
	f("LANG=de_DE.ISO-8859-1", false)
	g := func(s string, want int) {
		t.Helper()
		if got := columns(s); got != want {
			t.Errorf("%q: %d", s, got)
		}
	}
	g("", 80)
	g("100", 100)
	g("-1", 80)
	g("x", 80)
	g("99999999", 80)
}

func access(t testing.TB) msg.View {
	m := fields("nginx.access", "remote_addr", "192.0.2.17", "status", 200, "request_time", .123,
		"request", "GET /index.html HTTP/1.1", "body_bytes_sent", 4711, "user_agent",
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestEventAllocatesNothing(t *testing.T) {
	v, k := access(t), look{loc: time.UTC, color: true}
	var e events
	buf := e.append(nil, &v, &k)
	if n := testing.AllocsPerRun(100, func() { buf = e.append(buf[:0], &v, &k) }); n != 0 {
		t.Errorf("%v allocations a line", n)
	}
}

func BenchmarkEvent(b *testing.B) {
	v, k := access(b), look{loc: time.UTC, color: true}
	var e events
	buf := e.append(nil, &v, &k)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		buf = e.append(buf[:0], &v, &k)
	}
}

func BenchmarkFrame(b *testing.B) {
	k := look{screen: true, unicode: true, color: true, loc: time.UTC, width: 100, height: 30}
	v := access(b)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		t := newTable(&v)
		t.result = true
		for range 25 {
			t.add(&v, &k)
		}
		buf, _ = render(buf[:0], &frame{tables: []*table{t}}, &k)
	}
}
