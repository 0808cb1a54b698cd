package json

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"heka/heka-decode/internal/kindtest"
	"heka/lib/encode"
	"heka/lib/msg"
)

func decodeLine(t testing.TB, line string, words ...string) msg.Message {
	t.Helper()
	return kindtest.Line(t, Kind, line, words...)
}

func show(m msg.Message) string { return kindtest.Show(m) }

func TestFields(t *testing.T) {
	f := func(line, want string, args ...string) {
		t.Helper()
		if got := show(decodeLine(t, line, args...)); got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
	f(`{}`, "")
	f(` { "a" : 1 , "b" : "x" } `, "a=int64:1 b=string:x")
	f(`{"a":-5,"b":0.25,"c":1e3,"d":-0}`, "a=int64:-5 b=float64:0.25 c=float64:1000 d=int64:0")
	f(`{"a":9223372036854775807,"b":-9223372036854775808}`,
		"a=int64:9223372036854775807 b=int64:-9223372036854775808")
	f(`{"a":9223372036854775808}`, "a=float64:9.223372036854776e+18")
	f(`{"a":99999999999999999999999}`, "a=float64:1e+23")
	f(`{"a":1e999}`, "a=string:1e999")
	f(`{"a":true,"b":false,"c":null}`, "a=bool:true b=bool:false")
	f(`{"a":"\"\\\/\b\f\n\r\té😀"}`, "a=string:\"\\/\b\f\n\r\té😀")
	f(`{"a":"\ud83dx\u0000"}`, "a=string:\ufffdx\x00")
	f(`{"\u0061b":"naïve"}`, "ab=string:naïve")
	f("{\"a\":\"x\xffy\"}", "a=string:x\ufffdy")
	f(`{"a":[1,2,3]}`, "a=[]interface {}:[1 2 3]")
	f(`{"a":[1, 2.5]}`, "a=[]interface {}:[1 2.5]")
	f(`{"a":[ "x" , "y\n" ]}`, "a=[]interface {}:[x y\n]")
	f(`{"a":[true,false]}`, "a=[]interface {}:[true false]")
	f(`{"a":[]}`, "a=[]interface {}:[]")
	f(`{"a":[1,"x"]}`, `a=string:[1,"x"]`)
	f(`{"a":[1,null]}`, `a=string:[1,null]`)
	f(`{"a":[[1],[2]]}`, `a=string:[[1],[2]]`)
	f("{\"a\":[1,\"x\xff\"]}", "a=string:[1,\"x\ufffd\"]")
	f(`{"a":{"b":{"c":1}},"d":2}`, `a=string:{"b":{"c":1}} d=int64:2`)
	f(`{"a":1,"a":2}`, "a=int64:1 a=int64:2")
	f(`{"a":{"b":{"c":1},"d":"x"},"e":2}`, "a.b.c=int64:1 a.d=string:x e=int64:2", "--flatten")
	f(`{"a":{"b":[1,2],"c":{}}}`, "a/b=[]interface {}:[1 2] a/c=string:{}",
		"--flatten", "--separator", "/")
	f(`{"a":{"b":[{"c":1}]}}`, `a.b=string:[{"c":1}]`, "--flatten")
}

func TestEnvelope(t *testing.T) {
	f := func(line string, ns, severity int64, want string, args ...string) {
		t.Helper()
		m := decodeLine(t, line, args...)
		if m.Timestamp != ns || m.Severity != severity || show(m) != want {
			t.Errorf("%s: %d %d %s", line, m.Timestamp, m.Severity, show(m))
		}
	}
	const own = 1700000000e9
	f(`{"time":"2026-11-22T00:00:00.5Z","level":"WARN"}`, 1795305600_500000000, 4, "level=string:WARN")
	f(`{"ts":1795305600.25,"lvl":"loud"}`, 1795305600_250000000, 7, "lvl=string:loud")
	f(`{"t":1795305600123}`, 1795305600_123000000, 7, "")
	f(`{"t":17}`, own, 7, "t=int64:17")
	f(`{"time":"later"}`, own, 7, "time=string:later")
	f(`{"time":"2026-11-22T00:00:00Z"}`, 1795305600e9, 7, "time=string:2026-11-22T00:00:00Z",
		"--keep-time")
	f(`{"when":"22.11.2026","time":1}`, 1795305600e9, 7, "time=int64:1",
		"--time-field=when", "--time-format=%d.%m.%Y")
	f(`{"log":{"when":"2026-11-22T00:00:00Z"}}`, 1795305600e9, 7, "",
		"--time-field=log.when", "--flatten")
	f(`{"when":"soon"}`, own, 7, "heka.error=string:the time field holds no time in this format "+
		"heka.error.by=string:json", "--time-field=when")
}

func TestPayloadAndType(t *testing.T) {
	m := decodeLine(t, `{"a":1}`)
	if m.Type != "json" || m.Payload != "" || m.Hostname != "host" {
		t.Errorf("%+v", m)
	}
	m = decodeLine(t, `{"a":1}`, "--type=app", "--keep-payload")
	if m.Type != "app" || m.Payload != `{"a":1}` {
		t.Errorf("%+v", m)
	}
}

func TestErrors(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		m := decodeLine(t, line)
		if m.Payload != line || len(m.Fields) != 2 || m.Fields[0].Value != want {
			t.Errorf("%q: %s, want %q", line, show(m), want)
		}
	}
	f(``, "byte 0: no JSON object")
	f(`[1]`, "byte 0: no JSON object")
	f(`{"a":1`, "byte 6: ends within an object")
	f(`{"a":1}x`, "byte 7: more behind the object")
	f(`{a:1}`, "byte 1: expected a name in quotes")
	f(`{"a" 1}`, "byte 5: expected a colon")
	f(`{"a":}`, "byte 5: expected a value")
	f(`{"a":`, "byte 5: ends before a value")
	f(`{"a":01}`, "byte 5: a number that starts with 0")
	f(`{"a":1.}`, "byte 7: expected a digit")
	f(`{"a":1e+}`, "byte 8: expected a digit")
	f(`{"a":-}`, "byte 6: expected a digit")
	f(`{"a":nul}`, "byte 5: expected a value")
	f(`{"a":1,}`, "byte 7: expected a name in quotes")
	f(`{"a":1 2}`, "byte 7: expected a comma or a closing brace")
	f(`{"a":"x`, "byte 7: ends within a string")
	f("{\"a\":\"x\ty\"}", "byte 7: a control character within a string")
	f(`{"a":"\x"}`, "byte 6: a bad escape within a string")
	f(`{"a":"\u12g4"}`, "byte 6: a bad escape within a string")
	f(`{"a":[1,]}`, "byte 8: expected a value")
	f(`{"a":[1 2]}`, "byte 8: expected a comma or a closing bracket")
	f(`{"a":[1`, "byte 7: ends within an array")
	f(`{"a":{"b"}}`, "byte 9: expected a colon")
	deep := strings.Repeat(`{"a":`, 1001) + "1" + strings.Repeat("}", 1001)
	f(deep, "byte 5000: nested too deep")
	m := decodeLine(t, deep, "--flatten")
	if m.Fields[0].Value != "byte 5000: nested too deep" {
		t.Errorf("flattened: %s", show(m))
	}
}

// restored returns what becomes of m as JSON and back.
func restored(t testing.TB, m msg.Message) msg.Message {
	t.Helper()
	v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
	if err != nil {
		t.Fatal(err)
	}
	line := encode.NewJSON(false).Append(nil, &v)
	return decodeLine(t, strings.TrimSuffix(string(line), "\n"), "--type=other")
}

func TestIdentity(t *testing.T) {
	full := msg.Message{
		Timestamp: 1795305600_123456789, Type: "nginx.access", Logger: "/var/log/x", Severity: 3,
		Payload: "a \"line\"\n", EnvVersion: "0.8", Pid: 42, Hostname: "web1",
		Fields: []msg.Field{
			{Name: "status", Value: int64(200)}, {Name: "time", Value: "2026-11-22T00:00:00Z"},
			{Name: "level", Value: "error"}, {Name: "took", Value: 0.25}, {Name: "ok", Value: true},
			{Name: "tags", Value: []any{"a", "b"}}, {Name: "n", Value: []any{int64(1), int64(2)}},
		},
	}
	full.Uuid[0], full.Uuid[15] = 1, 2
	bare := msg.Message{Timestamp: -1, Severity: 7, Type: "x"}
	bare.Uuid[3] = 9
	for _, m := range []msg.Message{full, bare} {
		if d := cmp.Diff(m, restored(t, m)); d != "" {
			t.Error(d)
		}
	}
}

func FuzzIdentity(f *testing.F) {
	f.Add(int64(5), "nginx.access", "a \"line\"\n", int64(3), int64(17), "name", "v\u2028", int64(-1))
	f.Fuzz(func(t *testing.T, ns int64, typ, text string, severity, pid int64,
		name, value string, n int64) {
		year := time.Unix(0, ns).UTC().Year()
		if year <= 1678 || year > 2261 || !utf8.ValidString(typ+" "+text+" "+name+" "+value) || name == "n" {
			return
		}
		if typ == "" {
			typ = "x" // with neither type nor payload the object is no message
		}
		m := msg.Message{
			Timestamp: ns, Type: typ, Payload: text, Severity: severity, Pid: pid,
			Fields: []msg.Field{{Name: name, Value: value}, {Name: "n", Value: n}},
		}
		m.Uuid[0] = 1
		if d := cmp.Diff(m, restored(t, m)); d != "" {
			t.Error(d)
		}
	})
}

func TestHekaForm(t *testing.T) {
	f := func(line, typ string, fields string) {
		t.Helper()
		m := decodeLine(t, line)
		if m.Type != typ || show(m) != fields {
			t.Errorf("%s: %s %s", line, m.Type, show(m))
		}
	}
	f(`{"Type":"x","Timestamp":5,"Fields":{"a":1}}`, "x", "a=int64:1")
	f(`{"Timestamp":"2026-11-22T00:00:00Z","Type":"x","more":1}`, "x", "more=int64:1")
	f(`{"Timestamp":"2026-11-22T00:00:00Z","Level":"Error"}`, "json",
		"Timestamp=string:2026-11-22T00:00:00Z Level=string:Error")
	f(`{"Timestamp":"soon","Type":"x"}`, "json", "Timestamp=string:soon Type=string:x")
	f(`{"Type":5,"Timestamp":6}`, "json", "Type=int64:5 Timestamp=int64:6")
	f(`{"Timestamp":5,"Uuid":"x"}`, "json", "Timestamp=int64:5 Uuid=string:x")
	f(`{"Type":"x","Fields":{"a":1}}`, "json", `Type=string:x Fields=string:{"a":1}`)
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"a":1,"b":[1,2.5,"x"],"c":{"d":null}}`, `{"a":"\ud83d\ude00\n","b":-0.5e+3}`, `{`,
		`{"Timestamp":5,"Type":"x","Fields":{"a":[true]}}`, "{\"a\":\"\xff\"}", `{"a":[[],{}]}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		var all map[string]any
		dec := json.NewDecoder(strings.NewReader(line))
		dec.UseNumber()
		valid := json.Valid([]byte(line)) && dec.Decode(&all) == nil && all != nil
		for _, args := range [][]string{nil, {"--flatten"}} {
			m := decodeLine(t, line, args...)
			bad := m.Payload == line && len(m.Fields) > 0 && m.Fields[len(m.Fields)-1].Name == "heka.error.by"
			if bad == valid {
				t.Fatalf("%q: valid %v, %s", line, valid, show(m))
			}
			if m.Type == "json" && args == nil && !bad {
				compare(t, line, all, m)
			}
		}
	})
}

// compare wants the strings and numbers of m to be those that encoding/json read.
func compare(t *testing.T, line string, want map[string]any, m msg.Message) {
	t.Helper()
	last := map[string]any{}
	for _, f := range m.Fields {
		last[f.Name] = f.Value
		if s, ok := f.Value.(string); ok && !utf8.ValidString(s) {
			t.Errorf("%q: %q is not UTF-8", line, s)
		}
	}
	for name, got := range last {
		switch w := want[name].(type) {
		case string:
			if got != w {
				t.Errorf("%q: %q is %q, want %q", line, name, got, w)
			}
		case json.Number:
			f, err := w.Float64()
			g, isFloat := got.(float64)
			if n, ok := got.(int64); ok {
				g, isFloat = float64(n), true
			}
			if err == nil && (!isFloat || g != f) {
				t.Errorf("%q: %q is %v, want %v", line, name, got, f)
			}
		}
	}
}

const line368 = `{"time":"2026-11-22T10:15:32.123456Z","level":"info","msg":"request completed",` +
	`"service":"checkout","host":"web-17.example.com","method":"POST",` +
	`"path":"/api/v2/orders/12345/items","status":201,"duration_ms":42.317,"bytes":18234,` +
	`"user":{"id":90210,"plan":"pro","tags":["a","b"]},"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736",` +
	`"agent":"Mozilla/5.0 (X11; Linux x86_64)"}`

func TestAllocs(t *testing.T) {
	kindtest.Allocs(t, Kind, 0, line368)
	kindtest.Allocs(t, Kind, 0, line368, "--flatten")
	kindtest.Allocs(t, Kind, 0, `{"a\n":"b\"c","d":["x\n","y"],"e":1e300}`)
	kindtest.Allocs(t, Kind, 0, `{"Timestamp":5,"Type":"a\n","Fields":{"x":1}}`)
}

func BenchmarkDecode(b *testing.B)  { kindtest.Bench(b, Kind, line368) }
func BenchmarkFlatten(b *testing.B) { kindtest.Bench(b, Kind, line368, "--flatten") }
func BenchmarkHeka(b *testing.B) {
	kindtest.Bench(b, Kind, `{"Timestamp":"2026-11-22T10:15:32.123456Z","Type":"nginx.access",`+
		`"Logger":"x","Severity":6,"Pid":17,"Hostname":"web1",`+
		`"Uuid":"018f2d5c-0000-7000-8000-000000000001",`+
		`"Fields":{"status":200,"request":"GET / HTTP/1.1","remote_addr":"192.0.2.1"}}`)
}
