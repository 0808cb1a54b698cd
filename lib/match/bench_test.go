package match

import (
	"fmt"
	"strings"
	"testing"

	"heka/lib/msg"
)

// view returns the view of m, encoded.
func view(t testing.TB, m msg.Message) *msg.View {
	t.Helper()
	v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
	if err != nil {
		t.Fatal(err)
	}
	return &v
}

// access is a message of about 500 bytes with eight fields.
func access() msg.Message {
	return msg.Message{
		Uuid:      [16]byte{0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b, 0x12, 0xd3, 0xa4, 0x56, 0x42},
		Timestamp: 1416840893000000001,
		Type:      "nginx.access",
		Logger:    "web-1/access.log",
		Severity:  6,
		Payload:   `203.0.113.9 - - "GET /index.html HTTP/1.1" 502 ` + strings.Repeat("x", 180),
		Pid:       4242,
		Hostname:  "web-1.example.com",
		Fields: []msg.Field{
			{Name: "remote_addr", Value: "203.0.113.9", Rep: ""},
			{Name: "request_method", Value: "GET"},
			{Name: "request", Value: "/index.html"},
			{Name: "http_user_agent", Value: "Mozilla/5.0 (X11; Linux x86_64)"},
			{Name: "status", Value: 502},
			{Name: "request_time", Value: 0.043},
			{Name: "body_bytes_sent", Value: 123456},
			{Name: "ok", Value: true},
		},
	}
}

// tenExprs is what a daemon may ask of each message.
var tenExprs = []string{
	"Type == 'nginx.access' && Fields[status] >= 500",
	"Type == 'nginx.access' && Fields[status] == 404",
	"Type == 'nginx.error'",
	"Type == 'nginx.access' && Fields[request_method] == 'POST'",
	"Type =~ /^nginx/ && Fields[body_bytes_sent] > 1000000",
	"Type == 'syslog' && Severity <= 3",
	"Type == 'nginx.access' && Fields[status] < 300 && Fields[ok] == TRUE",
	"Type == 'heka.all-report' || Type == 'heka.sandbox-output'",
	"Type == 'statmetric'",
	"Type == 'nginx.access' && Fields[request_time] > 1.5",
}

func set(t testing.TB, exprs ...string) *Set {
	t.Helper()
	var all []*Expr
	for _, s := range exprs {
		e, err := Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return NewSet(all...)
}

// hotExprs are measured, and must not allocate.
var hotExprs = []struct{ name, expr string }{
	{"type", "Type == 'nginx.access'"},
	{"two", "Type == 'nginx.access' && Fields[status] >= 500"},
	{"other", "Type == 'other' && Fields[status] >= 500"},
	{"missing", "Fields[nothing] == 'x'"},
	{"prefix", "Hostname =~ /^web-/"},
	{"contains", "Payload =~ /HTTP/"},
	{"alternatives", "Payload =~ /POST|PUT|DELETE/"},
	{"regexp", `Payload =~ /GET \S+ HTTP.\d/`},
	{"regexp-absent", `Payload =~ /\d+ POST/`},
	{"in", "Fields[status] in (404, 500, 502, 503)"},
	{"unit", "Fields[request_time] > 10ms"},
	{"now", "Timestamp > now - 10m"},
	{"uuid", "Uuid == '123e4567-e89b-12d3-a456-420000000000'"},
}

func BenchmarkMatch(b *testing.B) {
	for _, c := range hotExprs {
		b.Run(c.name, func(b *testing.B) {
			v, m := view(b, access()), MustCompile(c.expr)
			m.SetNow(1416840893000000001)
			body := v.Body()
			b.ReportAllocs()
			for b.Loop() {
				v.Reset(body)
				m.Match(v)
			}
		})
	}
}

func BenchmarkSet(b *testing.B) {
	v, s := view(b, access()), set(b, tenExprs...)
	body := v.Body()
	b.ReportAllocs()
	for b.Loop() {
		v.Reset(body)
		s.Reset(v)
		for i := range s.Len() {
			s.Match(v, i)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := Parse("Type == 'nginx.access' && Fields[status] >= 500"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendText(b *testing.B) {
	for _, name := range []string{"Uuid", "Timestamp", "Type", ".status", ".request_time"} {
		b.Run(name, func(b *testing.B) {
			x, err := ParseVar(name)
			if err != nil {
				b.Fatal(err)
			}
			v := view(b, access())
			var buf [64]byte
			b.ReportAllocs()
			for b.Loop() {
				x.AppendText(buf[:0], v)
			}
		})
	}
}

func TestNoAllocations(t *testing.T) {
	none := func(name string, f func()) {
		t.Helper()
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	v := view(t, access())
	for _, c := range hotExprs {
		m := MustCompile(c.expr)
		m.SetNow(1)
		none(c.name, func() { m.Match(v) })
	}
	s := set(t, tenExprs...)
	none("set", func() {
		s.Reset(v)
		for i := range s.Len() {
			s.Match(v, i)
		}
	})
	var buf [64]byte
	for _, name := range []string{"Uuid", "Timestamp", "Type", "Pid", ".status", ".request_time",
		".ok"} {
		x, err := ParseVar(name)
		if err != nil {
			t.Fatal(err)
		}
		none(fmt.Sprint(x), func() {
			x.AppendText(buf[:0], v)
			x.Value(v)
		})
	}
}

// BenchmarkSeparate is BenchmarkSet with ten matchers that share nothing.
func BenchmarkSeparate(b *testing.B) {
	v := view(b, access())
	var all []*Matcher
	for _, expr := range tenExprs {
		all = append(all, MustCompile(expr))
	}
	body := v.Body()
	b.ReportAllocs()
	for b.Loop() {
		v.Reset(body)
		for _, m := range all {
			m.Match(v)
		}
	}
}
