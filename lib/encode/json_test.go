package encode

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"heka/lib/msg"
)

// TestJSON shows the form of a line.
func TestJSON(t *testing.T) {
	f := func(m msg.Message, want string) {
		t.Helper()
		if got := string(NewJSON(false).Append(nil, view(m))); got != want+"\n" {
			t.Errorf("got  %swant %s", got, want)
		}
	}
	const ts = `{"Timestamp":"1970-01-01T00:00:00Z"`
	field := func(name string, value any) msg.Field { return msg.Field{Name: name, Value: value} }
	fields := func(all ...msg.Field) msg.Message {
		return msg.Message{Severity: 7, Fields: all}
	}
	f(msg.Message{Severity: 7}, ts+`}`)
	f(msg.Message{}, ts+`,"Severity":0}`)
	f(msg.Message{Severity: -7, Pid: -3}, ts+`,"Severity":-7,"Pid":-3}`)
	f(msg.Message{
		Uuid: [16]byte{15: 1}, Timestamp: 1790812800123000000, Type: "T\n", Logger: "L", Severity: 6,
		Payload: `a"b`, EnvVersion: "0.8", Pid: 42, Hostname: "hé",
		Fields: []msg.Field{field("status", int64(200))},
	}, `{"Timestamp":"2026-10-01T00:00:00.123Z","Type":"T\n","Logger":"L","Severity":6,`+
		`"Payload":"a\"b","EnvVersion":"0.8","Pid":42,"Hostname":"hé",`+
		`"Uuid":"00000000-0000-0000-0000-000000000001","Fields":{"status":200}}`)
	f(fields(field("", "")), ts+`,"Fields":{"":""}}`)
	f(fields(field("a", true), field("b", false), field("c", []byte("\xff\x00a")),
		field("d", []any{}), field("e", []any{"x", "y\""}), field("f", []any{int64(-5)})),
		ts+`,"Fields":{"a":true,"b":false,"c":"/wBh","d":[],"e":["x","y\""],"f":[-5]}}`)
	f(fields(field("nan", math.NaN()), field("inf", math.Inf(1)), field("f", -0.5)),
		ts+`,"Fields":{"nan":null,"inf":null,"f":-0.5}}`)
	f(fields(field("s", "a\x00\x1f\r\t\\/<>&\x7f\u2028é\xff\xc3")),
		ts+`,"Fields":{"s":"a\u0000\u001f\r\t\\/<>&`+"\x7f\u2028é\uFFFD\uFFFD"+`"}}`)
	f(fields(field("x", int64(1)), field("y", "b"), field("x", []any{int64(2), int64(3)}),
		field("x", "c")), ts+`,"Fields":{"x":[1,[2,3],"c"],"y":"b"}}`)
	f(fields(field("\xff", int64(1)), field("\uFFFD", int64(2)), field("\xfe", int64(3))),
		ts+`,"Fields":{"`+"\uFFFD"+`":[1,2,3]}}`)
}

func TestJSONFlat(t *testing.T) {
	f := func(m msg.Message, want string) {
		t.Helper()
		e := NewJSON(true)
		for range 2 { // with and without what the first left behind
			if got := string(e.Append(nil, view(m))); got != want+"\n" {
				t.Errorf("got  %swant %s", got, want)
			}
		}
	}
	f(msg.Message{Type: "x", Payload: "p"}, `{}`)
	m := msg.Message{Payload: strings.Repeat("p", 300), Hostname: strings.Repeat("h", 600)}
	m.Fields = []msg.Field{{Name: "a", Value: int64(1)}}
	f(m, `{"a":1}`)
	m.Fields = append(m.Fields, msg.Field{Name: "a", Value: int64(1)})
	f(m, `{"a":[1,1]}`)
}

// TestJSONKeepsDst holds that what was in the buffer stays, at any capacity.
func TestJSONKeepsDst(t *testing.T) {
	v := view(jsonMessage())
	e := NewJSON(false)
	want := string(e.Append(nil, v))
	for size := 5; size < 4000; size += 37 {
		dst := append(make([]byte, 0, size), "keep\n"...)
		if got := string(e.Append(dst, v)); got != "keep\n"+want {
			t.Fatalf("capacity %d: %q", size, got)
		}
	}
}

// TestJSONReadsBack renders random messages of a few shapes by one encoder, and
// reads each back with encoding/json.
func TestJSONReadsBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	e, flat := NewJSON(false), NewJSON(true)
	var dst []byte
	for range 1000 {
		m := randomMessage(r)
		v := view(m)
		dst = e.Append(dst[:0], v)
		checkJSON(t, dst, &m)
		dst = flat.Append(dst[:0], v)
		var got any
		if err := unmarshal(dst, &got); err != nil {
			t.Fatal(err)
		}
		compare(t, "flat", got, wantFields(&m))
	}
}

func unmarshal(line []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	return d.Decode(into)
}

func checkJSON(t *testing.T, line []byte, m *msg.Message) {
	t.Helper()
	if !json.Valid(line) || !utf8.Valid(line) || bytes.IndexByte(line, '\n') != len(line)-1 {
		t.Fatalf("not a line of JSON: %q", line)
	}
	var got map[string]any
	if err := unmarshal(line, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"Timestamp": time.Unix(0, m.Timestamp).UTC().Format(time.RFC3339Nano),
	}
	for name, s := range map[string]string{"Type": m.Type, "Logger": m.Logger,
		"Payload": m.Payload, "EnvVersion": m.EnvVersion, "Hostname": m.Hostname} {
		if s != "" {
			want[name] = clean(s)
		}
	}
	if m.Severity != 7 {
		want["Severity"] = json.Number(fmt.Sprint(m.Severity))
	}
	if m.Pid != 0 {
		want["Pid"] = json.Number(fmt.Sprint(m.Pid))
	}
	if m.Uuid != [16]byte{} {
		want["Uuid"] = string(msg.AppendUuid(nil, m.Uuid[:]))
	}
	if len(m.Fields) > 0 {
		want["Fields"] = wantFields(m)
	}
	ts, err := time.Parse(time.RFC3339Nano, got["Timestamp"].(string))
	if err != nil || ts.UnixNano() != m.Timestamp {
		t.Fatalf("%s: Timestamp is not %d", line, m.Timestamp)
	}
	want["Timestamp"] = got["Timestamp"]
	compare(t, string(line), any(got), any(want))
}

func clean(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
	}
	return b.String()
}

// wantFields is what encoding/json should make of the fields.
func wantFields(m *msg.Message) map[string]any {
	all := map[string]any{}
	count := map[string]int{}
	for _, f := range m.Fields {
		name, v := clean(f.Name), wantValue(f.Value)
		switch count[name]++; count[name] {
		case 1:
			all[name] = v
		case 2:
			all[name] = []any{all[name], v}
		default:
			all[name] = append(all[name].([]any), v)
		}
	}
	return all
}

func wantValue(v any) any {
	switch v := v.(type) {
	case string:
		return clean(v)
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case []any:
		all := []any{}
		for _, e := range v {
			all = append(all, wantValue(e))
		}
		return all
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	case bool:
		return v
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return json.Number(text)
}

func compare(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%#v", got), fmt.Sprintf("%#v", want); g != w {
		t.Fatalf("%s\ngot  %s\nwant %s", what, g, w)
	}
}

// randomMessage makes messages whose names repeat from one to the next, and at
// times within one.
func randomMessage(r *rand.Rand) msg.Message {
	m := msg.Message{
		Timestamp: r.Int64()>>r.IntN(30) - r.Int64()>>1,
		Type:      randomText(r, 20), Logger: randomText(r, 3), Severity: r.Int64N(9),
		Payload: randomText(r, 5000>>r.IntN(5)), EnvVersion: randomText(r, 2), Pid: r.Int64N(3) * 4000,
		Hostname: randomText(r, 300),
	}
	if r.IntN(2) == 0 {
		m.Timestamp = m.Timestamp / 1e6 * 1e6
		m.Uuid = [16]byte{1, 2, 3, byte(r.Uint32()), 15: byte(r.Uint32())}
	}
	shape := r.IntN(4)
	for i := range r.IntN(12) {
		name := fmt.Sprintf("%s%d-%d", strings.Repeat("n", 5*shape), shape, i)
		switch r.IntN(30) {
		case 0:
			name = randomText(r, 400)
		case 1:
			name = "twice"
		}
		m.Fields = append(m.Fields, msg.Field{Name: name, Value: randomValue(r, true)})
	}
	return m
}

func randomText(r *rand.Rand, most int) string {
	n := r.IntN(most)
	if r.IntN(2) == 0 {
		n = min(n, r.IntN(20))
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(' ' + r.IntN(94))
		switch r.IntN(200) {
		case 0:
			b[i] = byte(r.Uint32())
		case 1:
			copy(b[i:], "€")
		}
	}
	return string(b)
}

func randomValue(r *rand.Rand, arrays bool) any {
	switch k := r.IntN(8); {
	case k == 0:
		return int64(r.Uint64()) >> r.IntN(64)
	case k == 1:
		return float64(r.IntN(1e6)) / 1000
	case k == 2:
		return math.Float64frombits(r.Uint64())
	case k == 3:
		return r.IntN(2) == 0
	case k == 4:
		return []byte(randomText(r, 40))
	case k == 5 && arrays:
		all := make([]any, r.IntN(20))
		kind := r.IntN(5)
		for i := range all {
			all[i] = randomValue(rand.New(rand.NewPCG(uint64(kind), uint64(i))), false)
		}
		return all
	default:
		return randomText(r, 600)
	}
}

// TestJSONNames renders messages with more and longer names than are remembered.
func TestJSONNames(t *testing.T) {
	e := NewJSON(false)
	for _, n := range []int{1, 1023, 1024, 1025, 5000, 3} {
		for round := range 3 {
			var m msg.Message
			for i := range n {
				name := fmt.Sprintf("name-%d-%d", round/2, i)
				if i == 2 {
					name = strings.Repeat("long", 100) + name
				}
				m.Fields = append(m.Fields, msg.Field{Name: name, Value: int64(i)})
			}
			checkJSON(t, e.Append(nil, view(m)), &m)
		}
	}
}

// TestJSONLikeNames renders messages in turn whose names differ in few bits.
func TestJSONLikeNames(t *testing.T) {
	e := NewJSON(true)
	for n := range 20 {
		for i := range n * n {
			name := bytes.Repeat([]byte("a"), n)
			name[i/n] ^= 2
			name[i%n] ^= 2
			m := msg.Message{Fields: []msg.Field{{Name: string(name), Value: "x"}}}
			want := fmt.Sprintf("{%q:\"x\"}\n", name)
			if got := string(e.Append(nil, view(m))); got != want {
				t.Fatalf("got %s want %s", got, want)
			}
			name[0] ^= 2
		}
	}
}

// TestJSONForeign renders what other writers may send and a Builder doesn't.
func TestJSONForeign(t *testing.T) {
	f := func(fields, want string) {
		t.Helper()
		body := view(msg.Message{Severity: 7}).Body()
		body = append(bytes.Clone(body[:len(body)-1]), fields...)
		v, err := msg.Parse(body)
		if err != nil {
			t.Fatalf("%q: %v", fields, err)
		}
		if got := string(NewJSON(true).Append(nil, &v)); got != want+"\n" {
			t.Errorf("got  %swant %s", got, want)
		}
	}
	f("\x81\xa1x\xcf\xff\xff\xff\xff\xff\xff\xff\xff", `{"x":18446744073709551615}`)
	f("\x81\xa1x\xd3\x80\x00\x00\x00\x00\x00\x00\x00", `{"x":-9223372036854775808}`)
	f("\x81\xa1x\xca\x3f\xc0\x00\x00", `{"x":1.5}`)
	f("\x82\xa1x\x01\xd9\x01x\x02", `{"x":[1,2]}`)
	f("\x83\xda\x00\x01y\xe0\xd9\x01x\xd0\x80\xdb\x00\x00\x00\x01z\xd1\xff\x00",
		`{"y":-32,"x":-128,"z":-256}`)
	f("\xde\x00\x02\xa1x\xdc\x00\x02\xc2\x05\xa1y\xdd\x00\x00\x00\x01\xc4\x01a",
		`{"x":[false,5],"y":["YQ=="]}`)
	f("\xdf\x00\x00\x00\x01\xa1x\xd2\x80\x00\x00\x00", `{"x":-2147483648}`)
	f("\x81\xa1x\xdb\x00\x00\x00\x02a\"", `{"x":"a\""}`)
}

func TestAppendJSONString(t *testing.T) {
	f := func(s string) {
		t.Helper()
		got := AppendJSONString(nil, []byte(s))
		var back string
		if err := json.Unmarshal(got, &back); err != nil || back != clean(s) || !utf8.Valid(got) {
			t.Errorf("%q becomes %q: %v", s, got, err)
		}
	}
	for n := range 70 { // each special byte at each place of a word
		for _, c := range []string{"", "\"", "\\", "\x1f", " ", "!", "#", "[", "]", "\x7f", "\x80",
			"é", "\u2028", "😀", "\xf0\x9f", "\n"} {
			f(strings.Repeat("a", n) + c + strings.Repeat("b", n%11))
		}
	}
	for n := 4090; n < 4100; n++ { // across pieces
		f(strings.Repeat("x", n) + "😀é\x80\x80\x80\x80\x80" + strings.Repeat("\"", n))
	}
}

func TestSpecial(t *testing.T) {
	for c := range 256 {
		want := c < 0x20 || c == '"' || c == '\\' || c >= 0x80
		for at := range 8 {
			x := uint64(0x6161616161616161)
			x = x&^(0xff<<(8*at)) | uint64(c)<<(8*at)
			if got := special(x); (got != 0) != want {
				t.Errorf("byte %#x at %d: %#x", c, at, got)
			}
		}
	}
}

// TestAllocs holds that messages like those before are rendered without
// allocating, by each encoder.
func TestAllocs(t *testing.T) {
	f := func(name string, o Options) {
		t.Helper()
		make, err := New(name, o)
		if err != nil {
			t.Fatal(err)
		}
		e := make()
		repeats := jsonMessage()
		repeats.Fields = append(repeats.Fields, repeats.Fields[:3]...)
		a, b, c := view(nginxMessage()), view(jsonMessage()), view(repeats)
		dst := []byte{}
		if n := testing.AllocsPerRun(50, func() {
			dst = e.Append(dst[:0], a)
			dst = e.Append(dst, b)
			dst = e.Append(dst, c)
		}); n != 0 {
			t.Errorf("%s %+v: %v allocations", name, o, n)
		}
	}
	f("json", Options{})
	f("json", Options{Flat: true})
	f("logfmt", Options{})
	f("csv", Options{})
	f("csv", Options{Columns: []string{"Uuid", "status", "Fields[tags][0][1]"}})
	f("text", Options{})
	f("template", Options{Template: `%F %T.%f %z %j %a %{Hostname} %{Uuid} %{tags} %{status}`})
}
