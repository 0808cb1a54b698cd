package supervise

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"heka/lib/encode"
	"heka/lib/msg"
)

func TestJSON(t *testing.T) {
	var r jsonReader
	f := func(line string, want int, m msg.Message) {
		t.Helper()
		var b msg.Builder
		b.Reset()
		b.Timestamp = 7
		got := r.read([]byte(line), &b)
		if got != want {
			t.Errorf("%s: got %d, want %d", line, got, want)
			return
		}
		if got != isMessage {
			return
		}
		v, err := msg.Parse(b.AppendBody(nil))
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if m.Severity == 0 {
			m.Severity = msg.DefaultSeverity
		}
		if g := v.Message(); !reflect.DeepEqual(g, m) {
			t.Errorf("%s: got\n%+v, want\n%+v", line, g, m)
		}
	}
	f(`{}`, isMessage, msg.Message{Timestamp: 7})
	f(` { "Type" : "a" , "Pid":-3,"Severity":2 } `, isMessage, msg.Message{Timestamp: 7, Type: "a", Pid: -3, Severity: 2})
	f(`{"Timestamp":"1970-01-01T00:00:01.5+00:00"}`, isMessage, msg.Message{Timestamp: 1.5e9})
	f(`{"Timestamp":12}`, isMessage, msg.Message{Timestamp: 12})
	f(`{"Payload":"a\"\\\/\b\f\n\r\té\ud83d\ude00\ud83dx`+"\xff"+`"}`, isMessage,
		msg.Message{Timestamp: 7, Payload: "a\"\\/\b\f\n\r\té😀\ufffdx\ufffd"})
	f(`{"Fields":{"s":"x\n","i":-5,"f":1.5e3,"big":92233720368547758070,"t":true,"n":null,"o":{"a":[1]},
		"as":["a","\u0062"],"ai":[1,2],"af":[1,2.5],"ab":[true,false],"ax":[1,"a"],"e":[]}}`, isMessage,
		msg.Message{Timestamp: 7, Fields: []msg.Field{
			{Name: "s", Value: "x\n"}, {Name: "i", Value: int64(-5)}, {Name: "f", Value: 1500.0},
			{Name: "big", Value: 92233720368547758070.0}, {Name: "t", Value: true},
			{Name: "o", Value: `{"a":[1]}`}, {Name: "as", Value: []any{"a", "b"}},
			{Name: "ai", Value: []any{int64(1), int64(2)}}, {Name: "af", Value: []any{1.0, 2.5}},
			{Name: "ab", Value: []any{true, false}}, {Name: "ax", Value: `[1,"a"]`}, {Name: "e", Value: []any{}},
		}})
	for _, odd := range []string{
		`{"a":1}`, `{"Type":1}`, `{"Pid":1.5}`, `{"Uuid":"x"}`, `{"Timestamp":"noon"}`, `{"Fields":[1]}`,
		`{"Fields":null}`, `{"Severity":"6"}`, `{"Type":"a","more":{}}`,
	} {
		f(odd, noMessage, msg.Message{})
	}
	for _, bad := range []string{
		``, `{`, `{"`, `{"a`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{"a":01}`, `{"a":-}`, `{"a":1.}`,
		`{"a":1e}`, `{"a":tru}`, `{"a":[1,]}`, `{"a":[}`, `{"a":"\x"}`, `{"a":"\u12"}`, "{\"a\":\"\n\"}", `{} x`,
		`{"a":"\`, `{"a" 1}`, `{a:1}`, `[1]`, `x`, `{"Fields":{"a":}}`, `{"Fields":{"a":[1 2]}}`,
	} {
		f(bad, noJSON, msg.Message{})
	}
}

// TestJSONBack wants what encode writes back.
func TestJSONBack(t *testing.T) {
	m := msg.Message{
		Uuid: [16]byte{1, 2, 3}, Timestamp: 1764_000_000_123456789, Type: "nginx.access", Logger: "l",
		Severity: 6, Payload: "p\n\x1b", EnvVersion: "1", Pid: 9, Hostname: "h",
		Fields: []msg.Field{{Name: "status", Value: int64(200)}, {Name: "time", Value: 0.25}},
	}
	v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
	if err != nil {
		t.Fatal(err)
	}
	line := encode.NewJSON(false).Append(nil, &v)
	var r jsonReader
	var b msg.Builder
	b.Reset()
	if r.read(line, &b) != isMessage {
		t.Fatalf("%s is no message", line)
	}
	v, _ = msg.Parse(b.AppendBody(nil))
	if got := v.Message(); !reflect.DeepEqual(got, m) {
		t.Errorf("got\n%+v, want\n%+v", got, m)
	}
}

const benchLine = `{"Timestamp":"2026-10-01T00:00:00.123Z","Type":"nginx.access","Logger":"access",` +
	`"Severity":6,"Hostname":"web1","Uuid":"01020300-0000-0000-0000-000000000000","Fields":{"status":200,` +
	`"request":"GET /index.html?a=b HTTP/1.1","bytes":1234,"time":0.012,"agent":"curl\/7","tags":["a","b"]}}`

func TestJSONAllocs(t *testing.T) {
	var r jsonReader
	var b msg.Builder
	line, dst := []byte(benchLine), []byte(nil)
	read := func() {
		b.Reset()
		if r.read(line, &b) != isMessage {
			t.Fatal("no message")
		}
		dst = b.Append(dst[:0])
	}
	if n := testing.AllocsPerRun(100, read); n > 0 {
		t.Errorf("%v allocations a line", n)
	}
}

func BenchmarkJSON(b *testing.B) {
	var r jsonReader
	var m msg.Builder
	line, dst := []byte(benchLine), []byte(nil)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		m.Reset()
		r.read(line, &m)
		dst = m.Append(dst[:0])
	}
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(benchLine))
	f.Add([]byte(`{"Fields":{"a":[1,2.5,-3e9],"b":{"c":[[]]},"d":null},"Payload":"\ud83d\ude00\ud83d"}`))
	f.Add([]byte("{\"Type\":\"\xff\\u00e9\"}"))
	f.Fuzz(func(t *testing.T, line []byte) {
		var r jsonReader
		var b msg.Builder
		b.Reset()
		got := r.read(line, &b)
		if (got != noJSON) && !json.Valid(line) || got == noJSON && json.Valid(line) && line[0] == '{' {
			if len(line) < maxNest { // those that nest too deep are longer
				t.Fatalf("%q: %d, but valid is %v", line, got, json.Valid(line))
			}
		}
		if got != isMessage {
			return
		}
		v, err := msg.Parse(b.AppendBody(nil))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		for it := v.Fields(); it.Next(); {
			if it.Value.Kind() == msg.Float && math.IsNaN(it.Value.Float()) {
				t.Fatalf("%q: a field is no number", line)
			}
		}
	})
}
