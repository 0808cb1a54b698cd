package encode

import (
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
