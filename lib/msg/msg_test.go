package msg

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vmihailenco/msgpack/v5"
)

// full is a message that has everything a message can have.
func full() Message {
	return Message{
		Uuid:      [16]byte{0: 1, 6: 0x70, 8: 0x80, 15: 9},
		Timestamp: 1416840893000000001,
		Type:      "nginx.access", Logger: "/var/log/nginx/access.log", Severity: 6,
		Payload: strings.Repeat("p", 300), EnvVersion: "0.8", Pid: 98765, Hostname: "web-1",
		Fields: []Field{
			{Name: "status", Value: int64(200)},
			{Name: "request_time", Value: 0.125, Rep: "s"},
			{Name: "cached", Value: true},
			{Name: "raw", Value: []byte{0, 1, 0xff}},
			{Name: "status", Value: int64(-5000000000)},
			{Name: "tags", Value: []any{"a", "b", ""}, Rep: "list"},
			{Name: "sizes", Value: []any{int64(1), int64(-1), int64(70000)}},
			{Name: strings.Repeat("long", 20), Value: strings.Repeat("v", 70000)},
			{Name: "none", Value: []any{}},
		},
	}
}

func body(t testing.TB, m Message) []byte {
	t.Helper()
	rec := m.Append(nil)
	if rec[0] != Sep || rec[1] != KindMessage || rec[3] != Version {
		t.Fatalf("header % x", rec[:HeaderSize])
	}
	return rec[HeaderSize:]
}

func TestRoundTrip(t *testing.T) {
	f := func(m Message) {
		t.Helper()
		v, err := Parse(body(t, m))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(m, v.Message()); d != "" {
			t.Errorf("want (-), got (+):\n%s", d)
		}
	}
	f(Message{})
	f(full())
	var many Message
	for i := range 70000 {
		many.Fields = append(many.Fields, Field{Name: "f", Value: int64(i)})
	}
	f(many)
	for _, n := range []int64{
		0, 127, 128, 255, 256, 65535, 65536, math.MaxUint32, math.MaxUint32 + 1, math.MaxInt64,
		-1, -32, -33, -128, -129, -32768, -32769, math.MinInt32, math.MinInt32 - 1, math.MinInt64,
	} {
		f(Message{Timestamp: n, Pid: n, Severity: n, Fields: []Field{{Name: "n", Value: n}}})
	}
	for _, n := range []int{0, 1, 31, 32, 255, 256, 65535, 65536} {
		s := strings.Repeat("x", n)
		f(Message{Type: s, Payload: s, Fields: []Field{{Name: s, Value: s, Rep: s}, {Name: "b", Value: []byte(s)}}})
	}
}

// TestOracle decodes what a Builder writes with the library, and the other way round.
func TestOracle(t *testing.T) {
	m := full()
	d := msgpack.NewDecoder(bytes.NewReader(body(t, m)))
	d.UseLooseInterfaceDecoding(true)
	n, err := d.DecodeArrayLen()
	if err != nil || n != 11 {
		t.Fatalf("array of %d: %v", n, err)
	}
	want := []any{m.Uuid[:], m.Timestamp, m.Type, m.Logger, m.Severity, m.Payload, m.EnvVersion, m.Pid, m.Hostname}
	for i, w := range want {
		got, err := d.DecodeInterfaceLoose()
		if err != nil || loose(got) != loose(w) {
			t.Errorf("element %d: %v, %v; want %v", i, got, err, w)
		}
	}
	if n, err = d.DecodeMapLen(); err != nil || n != len(m.Fields) {
		t.Fatalf("map of %d: %v", n, err)
	}
	for _, f := range m.Fields {
		name, err := d.DecodeString()
		if err != nil || name != f.Name {
			t.Fatalf("name %q, %v; want %q", name, err, f.Name)
		}
		got, err := d.DecodeInterfaceLoose()
		if err != nil || loose(got) != loose(f.Value) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, f.Value)
		}
	}
	reps, err := d.DecodeMap()
	if want := map[string]any{"request_time": "s", "tags": "list"}; err != nil || !cmp.Equal(reps, want) {
		t.Errorf("representations %v, %v", reps, err)
	}
}

// loose renders a value without what the library's loose decoding does not keep:
// bytes are strings there, and integers of one type.
func loose(v any) string {
	if b, ok := v.([]byte); ok {
		v = string(b)
	}
	return fmt.Sprint(v)
}

func TestView(t *testing.T) {
	m := full()
	v, err := Parse(body(t, m))
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := v.Field("status", 1); !ok || got.Int() != -5000000000 {
		t.Errorf("status[1] = %d, %v", got.Int(), ok)
	}
	if _, ok := v.Field("status", 2); ok {
		t.Error("status[2] exists")
	}
	tags, _ := v.Field("tags", 0)
	if e, ok := tags.Elem(1); !ok || string(e.Text()) != "b" || tags.Len() != 3 {
		t.Errorf("tags[0][1] = %q, %v", e.Text(), ok)
	}
	if _, ok := tags.Elem(3); ok {
		t.Error("tags[0][3] exists")
	}
	if string(v.Rep([]byte("request_time"))) != "s" || v.Rep([]byte("status")) != nil || !v.HasReps() {
		t.Error("representations")
	}
	if v.NumFields() != len(m.Fields) || v.Pid() != m.Pid || string(v.EnvVersion()) != "0.8" {
		t.Error("header behind the fields")
	}
}

// TestTemplate wants the record of a Template to be that of a Builder.
func TestTemplate(t *testing.T) {
	b := Builder{Type: []byte("logfile"), Logger: []byte("x.log"), Severity: 7, Hostname: []byte("h"), Pid: 77}
	tm := NewTemplate(&b)
	for _, p := range []string{"", "line", strings.Repeat("l", 300), strings.Repeat("l", 70000)} {
		got := tm.Append([]byte("before"), 0x0102030405067708, 0x8090a0b0c0d0e0f0, 42, []byte(p))
		PutUuid(&b.Uuid, 0x0102030405067708, 0x8090a0b0c0d0e0f0)
		b.Timestamp, b.Payload = 42, []byte(p)
		if want := b.Append([]byte("before")); !bytes.Equal(got, want) {
			t.Errorf("payload of %d:\n% x, want\n% x", len(p), got[:40], want[:40])
		}
	}
}

// TestCanonical reads messages in other encodings than ours.
func TestCanonical(t *testing.T) {
	var buf bytes.Buffer
	e := msgpack.NewEncoder(&buf)
	e.UseCompactInts(true)
	e.EncodeArrayLen(17)
	e.EncodeString("0123456789abcdef")
	e.EncodeInt(5)
	e.EncodeString("T")
	e.EncodeString("L")
	e.EncodeInt(3)
	e.EncodeBytes([]byte("payload"))
	e.EncodeString("")
	e.EncodeInt(1)
	e.EncodeString("h")
	e.EncodeMapLen(1)
	e.EncodeString("a")
	e.EncodeFloat32(1.5)
	e.EncodeMapLen(0)
	for range 6 {
		e.Encode(map[string]any{"later": []any{1, nil, "x"}})
	}
	if err := Check(buf.Bytes()); err != ErrNotCanonical {
		t.Fatalf("Check: %v", err)
	}
	got, err := Canonical(nil, buf.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	v, err := Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	m := v.Message()
	want := Message{
		Timestamp: 5, Type: "T", Logger: "L", Severity: 3, Payload: "payload", Pid: 1, Hostname: "h",
		Fields: []Field{{Name: "a", Value: 1.5}},
	}
	copy(want.Uuid[:], "0123456789abcdef")
	if d := cmp.Diff(want, m); d != "" {
		t.Error(d)
	}
}

func TestHostile(t *testing.T) {
	f := func(name string, b []byte) {
		t.Helper()
		if err := Check(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
		if n := testing.AllocsPerRun(10, func() { Check(b) }); n > 40 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	good := body(t, full())
	for i := range good[:2000] {
		f("cut off", good[:i])
	}
	f("array32 of 4 billion", []byte{0xdd, 0xff, 0xff, 0xff, 0xff})
	f("map32 of 4 billion", []byte{0xdf, 0xff, 0xff, 0xff, 0xff})
	f("nested arrays", bytes.Repeat([]byte{0x91}, 24000))
	f("nested in a later element", append(bytes.Replace(body(t, Message{}), []byte{0x9a}, []byte{0x9c}, 1),
		append([]byte{0x80}, bytes.Repeat([]byte{0x91}, 24000)...)...))
	f("bytes behind", append(body(t, Message{}), 0))
	f("empty", nil)
	f("text", []byte(strings.Repeat("GET / HTTP/1.1 ", 10)))
}

func FuzzCheck(f *testing.F) {
	f.Add(body(f, full()))
	f.Add(body(f, Message{}))
	f.Add([]byte{0xdd, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		err := Check(b)
		if err == ErrNotCanonical {
			if b, err = Canonical(nil, b); err == nil {
				err = Check(b)
			}
			if err != nil {
				t.Fatalf("canonical form: %v", err)
			}
		}
		if err != nil {
			return
		}
		v := View{}
		v.Reset(b)
		m := v.Message() // reads everything
		again, err := Parse(m.Append(nil)[HeaderSize:])
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(m.Fields, again.Message().Fields, cmp.Comparer(sameFloat)); d != "" && !v.HasReps() {
			t.Fatal(d)
		}
		var c Builder
		c.Copy(&v)
		c.AppendBody(nil)
	})
}

func sameFloat(a, b float64) bool { return a == b || a != a && b != b }

func TestUuid(t *testing.T) {
	u := full().Uuid
	text := AppendUuid(nil, u[:])
	got, ok := ParseUuid(text)
	if !ok || got != u || string(text) != "01000000-0000-7000-8000-000000000009" {
		t.Errorf("%s, %v, %v", text, got, ok)
	}
	for _, bad := range []string{"", "01000000-0000-7000-8000-00000000000", "01000000x0000-7000-8000-000000000009",
		"g1000000-0000-7000-8000-000000000009"} {
		if _, ok := ParseUuid([]byte(bad)); ok {
			t.Errorf("%q is taken for a uuid", bad)
		}
	}
}

func access() Message {
	return Message{
		Timestamp: 1416840893000000000, Type: "nginx.access", Logger: "access.log", Severity: 7, Hostname: "web-1",
		Fields: []Field{
			{Name: "remote_addr", Value: "203.0.113.7"}, {Name: "request", Value: "GET /a/b/c?d=e HTTP/1.1"},
			{Name: "request_method", Value: "GET"}, {Name: "request_uri", Value: "/a/b/c?d=e"},
			{Name: "status", Value: int64(200)}, {Name: "body_bytes_sent", Value: int64(5321)},
			{Name: "http_referer", Value: "https://www.example.com/index.html"},
			{Name: "http_user_agent", Value: "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0"},
		},
	}
}

func TestNoAllocations(t *testing.T) {
	rec := body(t, access())
	var v View
	var b Builder
	buf := make([]byte, 0, 4096)
	n := testing.AllocsPerRun(100, func() {
		if Check(rec) != nil {
			t.Fatal("check")
		}
		v.Reset(rec)
		if s, ok := v.Field("status", 0); !ok || s.Int() != 200 {
			t.Fatal("status")
		}
		b.Copy(&v)
		buf = b.Append(buf[:0])
	})
	if n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}

func BenchmarkCheck(b *testing.B) {
	rec := body(b, access())
	b.SetBytes(int64(len(rec)))
	b.ReportAllocs()
	for b.Loop() {
		if Check(rec) != nil {
			b.Fatal()
		}
	}
}

func BenchmarkCopyAndAppend(b *testing.B) {
	rec := body(b, access())
	var v View
	var bu Builder
	buf := make([]byte, 0, 4096)
	b.SetBytes(int64(len(rec)))
	b.ReportAllocs()
	for b.Loop() {
		v.Reset(rec)
		bu.Copy(&v)
		buf = bu.Append(buf[:0])
	}
}

func BenchmarkField(b *testing.B) {
	rec := body(b, access())
	var v View
	b.ReportAllocs()
	for b.Loop() {
		v.Reset(rec)
		if _, ok := v.Field("status", 0); !ok {
			b.Fatal()
		}
	}
}
