package frame

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"heka/lib/msg"
)

const (
	pbUuidHex = "0a 10 000102030405060708090a0b0c0d0e0f"
	pbTimeHex = "10 05"
)

func fromHeka(t testing.TB, pb []byte) msg.Message {
	t.Helper()
	b, err := AppendFromHeka([]byte("before"), pb)
	if err != nil {
		t.Fatal(err)
	}
	v, err := msg.Parse(b[6+msg.HeaderSize:])
	if err != nil || string(b[:6]) != "before" {
		t.Fatalf("%x: %v", b, err)
	}
	if kind, n, err := next(b[6:], MaxBlock); err != nil || kind != KindMessage || n != len(b)-6 {
		t.Fatalf("record %x: %v", b[6:], err)
	}
	return v.Message()
}

func TestConverterEnvelope(t *testing.T) {
	f := func(pb string, want msg.Message) {
		t.Helper()
		for i := range want.Uuid {
			want.Uuid[i] = byte(i)
		}
		if got := fromHeka(t, unhex(t, pb)); !reflect.DeepEqual(got, want) {
			t.Errorf("\n got %+v\nwant %+v", got, want)
		}
	}
	f(pbUuidHex+pbTimeHex, msg.Message{Timestamp: 5, Severity: 7})
	f(pbUuidHex+"10 ffffffffffffffffff01", msg.Message{Timestamp: -1, Severity: 7})
	f(pbUuidHex+pbTimeHex+"1a0154 22014c 2803 320150 3a0145 4009 4a0148", msg.Message{
		Timestamp: 5, Type: "T", Logger: "L", Severity: 3, Payload: "P", EnvVersion: "E", Pid: 9,
		Hostname: "H"})
	// Any order; the last of several stands; -1 in five bytes and in ten.
	f("4a0148 40ffffffff0f 28ffffffffffffffffff01 1a0154 1a0155"+pbTimeHex+pbUuidHex, msg.Message{
		Timestamp: 5, Type: "U", Severity: -1, Pid: -1, Hostname: "H"})
	// What Heka does not have.
	f("5801 59 0102030405060708 6201ff 6d 01020304 fa7f00"+pbUuidHex+pbTimeHex,
		msg.Message{Timestamp: 5, Severity: 7})
	// Payload and strings need not be UTF-8.
	f(pbUuidHex+pbTimeHex+"3202fffe", msg.Message{Timestamp: 5, Severity: 7, Payload: "\xff\xfe"})
}

func TestConverterFields(t *testing.T) {
	f := func(field string, value any, rep string) {
		t.Helper()
		b := unhex(t, field)
		pb := append(unhex(t, pbUuidHex+pbTimeHex+"52"), byte(len(b)))
		got := fromHeka(t, append(pb, b...)).Fields
		if want := []msg.Field{{Name: "n", Value: value, Rep: rep}}; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v, want %#v", field, got, want)
		}
	}
	f("0a016e 220161", "a", "")
	f("0a016e 1000 1a026d73 220161", "a", "ms")
	f("0a016e 220161 2200", []any{"a", ""}, "")
	f("0a016e 1001 2a01ff", []byte{255}, "")
	f("0a016e 1001 2a01ff 2a00", []any{[]byte{255}, []byte{}}, "")
	f("0a016e 1002 3003", int64(3), "")
	f("0a016e 1002 320103", int64(3), "")
	f("0a016e 1002 30ffffffffffffffffff01", int64(-1), "")
	f("0a016e 1002 3203 03 9601", []any{int64(3), int64(150)}, "")
	f("0a016e 1002 3003 309601 3201 04", []any{int64(3), int64(150), int64(4)}, "")
	f("0a016e 1003 39 000000000000f83f", 1.5, "")
	f("0a016e 1003 3a08 000000000000f83f", 1.5, "")
	f("0a016e 1003 3a10 000000000000f83f 0000000000000040", []any{1.5, 2.0}, "")
	f("0a016e 1003 39 000000000000f83f 39 0000000000000040", []any{1.5, 2.0}, "")
	f("0a016e 1004 4001", true, "")
	f("0a016e 1004 420200 02", []any{false, true}, "")
	f("0a016e 1004 4000 4001", []any{false, true}, "")
	f("0a016e", []any{}, "")
	f("0a016e 1002", []any{}, "")
	f("0a016e 1002 3200", []any{}, "")
	f("3003 1a026d73 1002 0a016e", int64(3), "ms")         // values first
	f("0a016e 1002 220161 3003 4001 4a01ff", int64(3), "") // values of other types
}

func TestConverterSameName(t *testing.T) {
	m := fromHeka(t, unhex(t, pbUuidHex+pbTimeHex+
		"520b 0a016e 1002 1a026d73 3001"+"520b 0a016e 1002 1a027373 3002"))
	want := []msg.Field{
		{Name: "n", Value: int64(1), Rep: "ms"},
		{Name: "n", Value: int64(2), Rep: "ms"},
	}
	if !reflect.DeepEqual(m.Fields, want) {
		t.Errorf("%+v", m.Fields)
	}
}

func TestConverterErrors(t *testing.T) {
	var c Converter
	f := func(pb string) {
		t.Helper()
		b, err := c.Append([]byte("before"), unhex(t, pb))
		if !errors.Is(err, msg.ErrMalformed) || string(b) != "before" {
			t.Errorf("%q, err %v", b, err)
		}
	}
	head := pbUuidHex + pbTimeHex
	f("")
	f(goldenBody) // no uuid
	f(pbUuidHex)  // no timestamp
	f("0a00" + pbTimeHex)
	f("0a0f 000102030405060708090a0b0c0d0e" + pbTimeHex)
	f(head + "0a 10 0001")            // cut
	f(head + "1a ffffffff0f")         // a lying length
	f(head + "1a ffffffffffffffff7f") // another
	f(head + "10")                    // cut varint
	f(head + "10ffffffffffffffffff02")
	f(head + "0801")     // uuid of the wrong wire type
	f(head + "12 01 00") // timestamp of it
	f(head + "5001")     // field of it
	f(head + "00 00")    // number 0
	f(head + "5b 5c")    // group
	f(head + "5d 010203")
	f(head + "59 01020304050607")
	f(head + "52 00")             // no name
	f(head + "52 02 1002")        // no name
	f(head + "52 05 0a016e 1005") // no such type
	f(head + "52 0e 0a016e 10ffffffffffffffffff01")
	f(head + "52 04 0a016e 0a")        // cut
	f(head + "52 05 0a016e 0801")      // name of the wrong wire type
	f(head + "52 07 0a016e 1000 2001") // string of it
	f(head + "52 07 0a016e 1002 31 01")
	f(head + "52 0c 0a016e 35 01020304 1002 30")      // integer of it
	f(head + "52 08 0a016e 1002 3201ff")              // cut packed varint
	f(head + "52 0e 0a016e 1003 3a07 01020304050607") // cut packed doubles
}

// What an M record says and Heka can hold comes back as it was.
func TestHekaRoundTrip(t *testing.T) {
	f := func(m msg.Message) {
		t.Helper()
		rec := m.Append(nil)
		v, err := msg.Parse(rec[msg.HeaderSize:])
		if err != nil {
			t.Fatal(err)
		}
		body, _, _, err := NextHeka(AppendHeka(nil, &v, nil), 1<<24, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := AppendFromHeka(nil, body)
		if err != nil || !bytes.Equal(got, rec) {
			t.Fatalf("%v\n got %x\nwant %x", err, got, rec)
		}
	}
	f(msg.Message{})
	f(*example())
	f(msg.Message{Timestamp: math.MinInt64, Severity: math.MinInt32, Pid: math.MaxInt32})
	one := func(v any) { t.Helper(); f(msg.Message{Fields: []msg.Field{{Name: "n", Value: v}}}) }
	for _, n := range []int64{0, 1, 127, 128, -1, -33, 1 << 20, math.MaxInt64, math.MinInt64} {
		one(n)
		one([]any{n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n})
	}
	one(math.Inf(-1))
	one(math.NaN())
	one([]any{0.5, math.Copysign(0, -1)})
	one([]any{true, false})
	one(false)
	one([]any{[]byte("a"), []byte{}})
	one([]any{})
	sizes := []int{0, 31, 32, 115, 116, 117, 118, 119, 120, 127, 128, 255, 256, 16383, 1 << 16}
	for _, n := range sizes {
		one(strings.Repeat("x", n))
		one([]any{[]byte(strings.Repeat("x", n)), []byte("y")})
		f(msg.Message{Fields: []msg.Field{{Name: strings.Repeat("n", n), Value: "v", Rep: "r"}}})
		f(msg.Message{Fields: []msg.Field{{Name: "n", Value: 1.5, Rep: "r" + strings.Repeat("r", n)}}})
		all := make([]any, n+2)
		for i := range all {
			all[i] = int64(i)
		}
		one(all)
		fields := make([]msg.Field, min(n, 300)) // Builder.Rep looks at each before it
		for i := range fields {
			fields[i] = msg.Field{Name: fmt.Sprint("field", i), Value: int64(i)}
			if i%3 != 0 {
				fields[i].Rep = "r" + fmt.Sprint(i)
			}
		}
		f(msg.Message{Fields: append(fields, fields[:len(fields)/2]...)})
	}
}

// What Heka has no form for.
func TestAppendHekaCuts(t *testing.T) {
	f := func(in, want any) {
		t.Helper()
		m := msg.Message{Severity: 1 << 40, Pid: -1 << 40, Fields: []msg.Field{{Name: "n", Value: in}}}
		v, _ := msg.Parse(m.Append(nil)[msg.HeaderSize:])
		body, _, _, _ := NextHeka(AppendHeka(nil, &v, nil), 1<<20, nil)
		got := fromHeka(t, body)
		if got.Severity != math.MaxInt32 || got.Pid != math.MinInt32 {
			t.Errorf("severity %d, pid %d", got.Severity, got.Pid)
		}
		if !reflect.DeepEqual(got.Fields[0].Value, want) {
			t.Errorf("%#v gives %#v, want %#v", in, got.Fields[0].Value, want)
		}
	}
	f([]any{int64(1)}, int64(1))
	f([]any{int64(1), 2.5}, []any{1.0, 2.5})
	f([]any{2.5, int64(1)}, []any{2.5, 1.0})
	f([]any{"a", []byte("b")}, []any{[]byte("a"), []byte("b")})
	f([]any{int64(1), "b", true}, []any{[]byte{1}, []byte("b"), []byte{0xc3}})
	f([]any{true, int64(1)}, []any{[]byte{0xc3}, []byte{1}})
}

// Messages made to cost more than their size: so many names and representations
// that all pairs of them can't be compared, and one that would be copied often.
func TestHekaHostileReps(t *testing.T) {
	const n = 200_000
	var b msg.Builder
	pb := unhex(t, pbUuidHex+pbTimeHex)
	for i := range n {
		pb = append(pb, pbField, 14)
		pb = append(pb, fmt.Sprintf("\x0a\x07n%06d\x1a\x01r\x10\x02", i)...)
	}
	start := time.Now()
	rec, err := AppendFromHeka(nil, pb)
	if err != nil || msg.Check(rec[msg.HeaderSize:]) != nil {
		t.Fatal(err)
	}
	v, _ := msg.Parse(rec[msg.HeaderSize:])
	out := AppendHeka(nil, &v, nil)
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("%d representations took %v", n, took)
	}
	if len(out) != len(pb)+8 { // its framing
		t.Errorf("%d bytes became %d", len(pb), len(out))
	}

	for range 10_000 {
		b.Name([]byte("n"))
		b.Bool(true)
	}
	b.Rep(strings.Repeat("r", 10_000))
	rec = b.Append(nil)
	v, _ = msg.Parse(rec[msg.HeaderSize:])
	if out := AppendHeka(nil, &v, nil); len(out) > 6*len(rec) {
		t.Errorf("%d bytes became %d", len(rec), len(out))
	}
}

// example is a message with something of everything.
func example() *msg.Message {
	return &msg.Message{
		Uuid:       [16]byte{0xb0, 0x0b, 5: 0x40, 8: 0x80, 15: 1},
		Timestamp:  1416840893000000000,
		Type:       "nginx.access",
		Logger:     "web",
		Severity:   6,
		Payload:    strings.Repeat("GET /index.html HTTP/1.1 ", 8),
		EnvVersion: "0.10",
		Pid:        4711,
		Hostname:   "host.example",
		Fields: []msg.Field{
			{Name: "status", Value: int64(200)},
			{Name: "request_time", Value: 0.125, Rep: "s"},
			{Name: "body_bytes_sent", Value: int64(4096), Rep: "B"},
			{Name: "remote_addr", Value: "192.0.2.1", Rep: "ipv4"},
			{Name: "request", Value: "GET /index.html HTTP/1.1"},
			{Name: "cached", Value: true},
			{Name: "ids", Value: []any{int64(1), int64(2), int64(300)}},
			{Name: "ids", Value: []any{"a", "b"}},
			{Name: "raw", Value: []byte{0x1e, 0x1f, 0}},
		},
	}
}

func TestHekaAllocs(t *testing.T) {
	rec := example().Append(nil)
	v, _ := msg.Parse(rec[msg.HeaderSize:])
	many := msg.Message{}
	for i := range 100 {
		many.Fields = append(many.Fields, msg.Field{Name: fmt.Sprint(i), Value: "v", Rep: "count"})
	}
	w, _ := msg.Parse(many.Append(nil)[msg.HeaderSize:])
	keys := Keys{}
	var c Converter
	for h := HashMD5; h <= HashSHA256; h++ {
		name := h.String()
		keys[name+"_1"] = []byte("key")
		s, _ := NewSigner(name, 1, h, []byte("key"))
		var dst, out []byte
		f := func(v *msg.View, s *Signer) {
			t.Helper()
			if n := testing.AllocsPerRun(100, func() {
				dst = AppendHeka(dst[:0], v, s)
				body, who, _, err := NextHeka(dst, 1<<20, keys)
				if err != nil || s != nil && string(who) != name {
					t.Fatal(err)
				}
				if out, err = c.Append(out[:0], body); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("%v: %v allocations a message", h, n)
			}
		}
		f(&v, nil)
		f(&v, s)
		f(&w, s)
	}
	bad := []byte("\x1e\x02\x08\x00\x1f")
	if n := testing.AllocsPerRun(100, func() { NextHeka(bad, 1, keys) }); n != 0 {
		t.Errorf("damage: %v allocations", n)
	}
}

// What converts is a message, and what Heka makes of it is that message again.
func FuzzFromHeka(f *testing.F) {
	v, _ := msg.Parse(example().Append(nil)[msg.HeaderSize:])
	f.Add(appendPB(nil, &v))
	f.Add(unhex(f, pbUuidHex+pbTimeHex+"52080a016e 1002 3201ff"))
	f.Add(unhex(f, pbUuidHex+pbTimeHex+"52030a016e 52090a016e 1002 3202 0102"))
	f.Add(unhex(f, pbUuidHex+pbTimeHex+"52070a016e 1a02 6d73 52070a016f 1a02 6d73 52070a016e 1a0173"))
	f.Add(unhex(f, goldenBody))
	f.Fuzz(func(t *testing.T, pb []byte) {
		if len(pb) > 64<<10 {
			return
		}
		rec, err := AppendFromHeka(nil, pb)
		if err != nil {
			if !errors.Is(err, msg.ErrMalformed) || len(rec) > 0 {
				t.Fatal(err)
			}
			return
		}
		v, err := msg.Parse(rec[msg.HeaderSize:])
		if err != nil {
			t.Fatal(err)
		}
		if len(rec) > 2*len(pb)+64 {
			t.Fatalf("%d bytes became %d", len(pb), len(rec))
		}
		out := AppendHeka(nil, &v, nil)
		body, _, n, err := NextHeka(out, 1<<30, nil)
		if err != nil || n != len(out) {
			t.Fatal(n, err)
		}
		back, err := AppendFromHeka(nil, body)
		if err != nil {
			t.Fatal(err)
		}
		reps := 0
		for it := v.Fields(); it.Next(); {
			reps += len(v.Rep(it.Name))
		}
		if !bytes.Equal(back, rec) && reps <= len(v.Body()) {
			t.Fatalf("\n got %x\nwant %x", back, rec)
		}
	})
}
