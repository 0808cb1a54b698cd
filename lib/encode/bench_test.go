package encode

import (
	"math/rand/v2"
	"testing"

	"heka/lib/msg"
)

// nginxMessage is what heka-decode makes of a line of an access log.
func nginxMessage() msg.Message {
	return msg.Message{
		Uuid:      [16]byte{0x01, 0x8f, 2, 3, 4, 5, 0x76, 7, 0x88, 9, 10, 11, 12, 13, 14, 15},
		Timestamp: 1790812800123000000,
		Type:      "nginx.access",
		Logger:    "/var/log/nginx/access.log",
		Severity:  7,
		Hostname:  "web01.example.org",
		Fields: []msg.Field{
			{Name: "remote_addr", Value: "203.0.113.195"},
			{Name: "remote_user", Value: "-"},
			{Name: "request_method", Value: "GET"},
			{Name: "request_uri", Value: "/articles/2026/10/how-we-count?page=3&sort=date"},
			{Name: "protocol", Value: "HTTP/1.1"},
			{Name: "status", Value: int64(200)},
			{Name: "body_bytes_sent", Value: int64(48213)},
			{Name: "http_referer", Value: "https://www.example.com/search/results?query=stream+of+logs" +
				"&source=homepage&campaign=autumn-2026"},
			{Name: "http_user_agent", Value: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 " +
				"(KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"},
			{Name: "request_time", Value: 0.012},
		},
	}
}

// shortNginxMessage has the lengths that limits of 400 bytes a line come from.
func shortNginxMessage() msg.Message {
	m := nginxMessage()
	m.Logger, m.Hostname = "access.log", "web01"
	m.Fields[3].Value = "/index.html"
	m.Fields[7].Value = "-"
	m.Fields[8].Value = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0)"
	return m
}

// jsonMessage is what heka-decode json makes of an application's line.
func jsonMessage() msg.Message {
	return msg.Message{
		Uuid:      [16]byte{0x01, 0x8f, 2, 3, 4, 5, 0x76, 7, 0x88, 9, 10, 11, 12, 13, 14, 15},
		Timestamp: 1790812800123456000,
		Type:      "app",
		Severity:  4,
		Hostname:  "app-7",
		Pid:       4711,
		Fields: []msg.Field{
			{Name: "level", Value: "warn"},
			{Name: "msg", Value: "request \"GET /x\" took long: 1.2 s\nsee trace"},
			{Name: "logger", Value: "http.server"},
			{Name: "trace_id", Value: "4bf92f3577b34da6a3ce929d0e0e4736"},
			{Name: "span_id", Value: "00f067aa0ba902b7"},
			{Name: "user", Value: "Zoë Müller"},
			{Name: "duration", Value: 1.2345678},
			{Name: "retries", Value: int64(-1)},
			{Name: "ok", Value: false},
			{Name: "http.status_code", Value: int64(504)},
			{Name: "tags", Value: []any{"slow", "edge", "eu-central-1"}},
			{Name: "size", Value: int64(123456789)},
		},
	}
}

func view(m msg.Message) *msg.View {
	v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
	if err != nil {
		panic(err)
	}
	return &v
}

func bench(b *testing.B, e Encoder, m msg.Message) {
	v := view(m)
	dst := e.Append(nil, v)
	b.SetBytes(int64(len(dst)))
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		dst = e.Append(dst[:0], v)
	}
}

func BenchmarkJSONNginx(b *testing.B)      { bench(b, NewJSON(false), nginxMessage()) }
func BenchmarkJSONNginxShort(b *testing.B) { bench(b, NewJSON(false), shortNginxMessage()) }
func BenchmarkJSONNginxFlat(b *testing.B)  { bench(b, NewJSON(true), nginxMessage()) }
func BenchmarkJSONFields12(b *testing.B)   { bench(b, NewJSON(false), jsonMessage()) }

func benchNew(b *testing.B, format string, o Options, m msg.Message) {
	make, err := New(format, o)
	if err != nil {
		b.Fatal(err)
	}
	bench(b, make(), m)
}

func BenchmarkLogfmtNginx(b *testing.B) { benchNew(b, "logfmt", Options{}, nginxMessage()) }
func BenchmarkCSVNginx(b *testing.B)    { benchNew(b, "csv", Options{}, nginxMessage()) }
func BenchmarkTemplate(b *testing.B) {
	o := Options{Template: "%Y-%m-%d %H:%M:%S %{Hostname} %{request_method} %{request_uri} %{status}"}
	benchNew(b, "template", o, nginxMessage())
}
func BenchmarkPath(b *testing.B) {
	t, err := ParseTemplate("logs/%{Hostname}/%Y-%m-%d.log", nil)
	if err != nil {
		b.Fatal(err)
	}
	v := view(nginxMessage())
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = t.AppendPath(dst[:0], v)
	}
}

// BenchmarkJSONMixed renders messages of all lengths and a few shapes in turn,
// as branch predictors meet them.
func BenchmarkJSONMixed(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var all []*msg.View
	for range 512 {
		m := nginxMessage()
		m.Timestamp += r.Int64N(60e9) / 1e6 * 1e6
		for i, f := range m.Fields {
			if s, ok := f.Value.(string); ok && i > 2 {
				m.Fields[i].Value = s[:r.IntN(len(s)+1)]
			}
		}
		m.Fields[5].Value = []any{int64(200), int64(304), int64(404)}[r.IntN(3)]
		m.Fields[6].Value = r.Int64N(1 << r.IntN(20))
		if r.IntN(4) == 0 {
			m.Fields = append(m.Fields[:7], m.Fields[8+r.IntN(2):]...)
		}
		if r.IntN(10) == 0 {
			m = jsonMessage()
		}
		all = append(all, view(m))
	}
	e := NewJSON(false)
	var dst []byte
	total := 0
	for _, v := range all {
		total += len(e.Append(dst[:0], v))
	}
	b.SetBytes(int64(total / len(all)))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		dst = e.Append(dst[:0], all[i&511])
		i++
	}
}
