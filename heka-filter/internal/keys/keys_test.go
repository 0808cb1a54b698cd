package keys

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"heka/lib/match"
	"heka/lib/msg"
)

func vars(t testing.TB, names ...string) []match.Var {
	var all []match.Var
	for _, n := range names {
		v, err := match.ParseVar(n)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

func view(m msg.Message) *msg.View {
	var v msg.View
	v.Reset(m.Append(nil)[msg.HeaderSize:])
	return &v
}

func fields(values ...any) msg.Message {
	var m msg.Message
	for _, x := range values {
		m.Fields = append(m.Fields, msg.Field{Name: "x", Value: x})
	}
	return m
}

func TestRoundTrip(t *testing.T) {
	by := New(vars(t, ".x", ".y")...)
	f := func(value any, want ...any) {
		t.Helper()
		if want == nil {
			want = []any{value}
		}
		v := view(msg.Message{Fields: []msg.Field{{Name: "x", Value: value, Rep: "r"}}})
		by.Note(v)
		key := by.Append(nil, v)
		var b msg.Builder
		if rest := by.Emit(&b, append(key, 1, 2)); !bytes.Equal(rest, []byte{1, 2}) {
			t.Errorf("%v: rest %x", value, rest)
		}
		var out msg.View
		out.Reset(b.AppendBody(nil))
		got := out.Message().Fields
		wanted := []msg.Field{{Name: "x", Value: want[0], Rep: "r"}}
		if d := cmp.Diff(wanted, got, cmpopts.EquateNaNs()); d != "" {
			t.Errorf("%v: %s", value, d)
		}
		if !bytes.Equal(New(by.vars[:1]...).Cut(key), key[:len(key)-1]) || Missing(key) {
			t.Errorf("%v: key %x", value, key)
		}
	}
	f("")
	f("text")
	f([]byte{0, 1, 0xff})
	f(int64(0))
	f(int64(200))
	f(int64(-1))
	f(int64(math.MinInt64))
	f(int64(math.MaxInt64))
	f(0.0)
	f(-1.5)
	f(math.Inf(1))
	f(math.Inf(-1))
	f(math.NaN())
	f(true)
	f(false)
	f([]any{"a", "b"}, "a")
	f(strings.Repeat("x", MaxText))
}

func TestHeaders(t *testing.T) {
	m := msg.Message{Timestamp: 5, Type: "t", Severity: 3, Pid: 7, Uuid: [16]byte{1}}
	by := New(vars(t, "Timestamp", "Type", "Severity", "Pid", "Uuid", "Hostname")...)
	var b msg.Builder
	by.Emit(&b, by.Append(nil, view(m)))
	var out msg.View
	out.Reset(b.AppendBody(nil))
	want := []msg.Field{{Name: "Timestamp", Value: int64(5)}, {Name: "Type", Value: "t"},
		{Name: "Severity", Value: int64(3)}, {Name: "Pid", Value: int64(7)},
		{Name: "Uuid", Value: "01000000-0000-0000-0000-000000000000"}, {Name: "Hostname", Value: ""}}
	if d := cmp.Diff(want, out.Message().Fields); d != "" {
		t.Error(d)
	}
}

func TestTypesDiffer(t *testing.T) {
	by := New(vars(t, ".x")...)
	seen := map[string]any{}
	for _, x := range []any{
		int64(200), "200", 200.0, []byte("200"), true, "true", false, int64(1), "",
	} {
		key := string(by.Append(nil, view(fields(x))))
		if old, ok := seen[key]; ok {
			t.Errorf("%#v and %#v have one key", old, x)
		}
		seen[key] = x
	}
	if key := by.Append(nil, view(fields())); !Missing(key) || seen[string(key)] != nil {
		t.Errorf("key of a missing value: %x", key)
	}
}

func TestWidthsAreOne(t *testing.T) {
	by := New(vars(t, ".x")...)
	f := func(encoded ...byte) string {
		var b msg.Builder
		b.Name([]byte("x"))
		b.Int(0)
		body := b.AppendBody(nil)
		var v msg.View
		v.Reset(append(body[:len(body)-1], encoded...))
		return string(by.Append(nil, &v))
	}
	if one := f(5); f(0xcc, 5) != one || f(0xcf, 0, 0, 0, 0, 0, 0, 0, 5) != one || f(0xd0, 5) != one {
		t.Error("5 has several keys")
	}
	if f(0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff) == f(0xff) {
		t.Error("2^64 - 1 and -1 have one key")
	}
	if f(0xca, 0x3f, 0x80, 0, 0) != f(0xcb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0) {
		t.Error("1.0 has two keys")
	}
}

func TestLongTexts(t *testing.T) {
	by := New(vars(t, ".x")...)
	long := strings.Repeat("x", 5000)
	a, b := by.Append(nil, view(fields(long))), by.Append(nil, view(fields(long+"y")))
	if bytes.Equal(a, b) || len(a) != MaxText+textHead || len(b) != len(a) {
		t.Errorf("%d and %d bytes", len(a), len(b))
	}
	if !strings.HasPrefix(string(a[textHead:]), long[:1000]) || !strings.Contains(string(a), "…#") {
		t.Errorf("%s", a)
	}
}

func TestCompare(t *testing.T) {
	by := New(vars(t, ".x")...)
	values := []any{nil, false, true, int64(-5), int64(3), int64(1000), -2.5, -1.0, 0.0, 7.5,
		"", "a", "aa", "b", "ba"}
	var all [][]byte
	for _, x := range values {
		m := fields(x)
		if x == nil {
			m = fields()
		}
		all = append(all, by.Append(nil, view(m)))
	}
	for i, a := range all {
		for j, b := range all {
			got, want := Compare(a, b), i-j
			if (got < 0) != (want < 0) || (got > 0) != (want > 0) {
				t.Errorf("%v and %v: %d", values[i], values[j], got)
			}
		}
	}
	if !slices.IsSortedFunc([][]byte{append(all[11][:len(all[11]):len(all[11])], all[5]...),
		append(all[12][:len(all[12]):len(all[12])], all[4]...)}, Compare) {
		t.Error("the second value outdoes the first")
	}
}

func TestGroups(t *testing.T) {
	full := 0
	g := NewGroups[int](New(vars(t, ".x")...), 2, func() { full++ })
	add := func(x any, wantNew bool) {
		t.Helper()
		n, isNew := g.At(view(fields(x)))
		if isNew != wantNew {
			t.Errorf("%v: new %v", x, isNew)
		}
		*n++
	}
	for range 2 {
		add("b", true)
		add("a", true)
		add("b", false)
		add("c", true)
		add("d", false)
		add("a", false)
		var counts []int
		for _, id := range g.Rows() {
			counts = append(counts, *g.Row(id))
		}
		if d := cmp.Diff([]int{2, 2, 2}, counts); d != "" || g.Len() != 3 {
			t.Errorf("%d rows: %s", g.Len(), d)
		}
		g.Reset()
	}
	if full != 1 || g.Len() != 0 || len(g.Rows()) != 0 {
		t.Errorf("full %d times, %d rows", full, g.Len())
	}
}

func BenchmarkAppend(b *testing.B) {
	by := New(vars(b, ".x")...)
	v := view(fields(int64(200)))
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = by.Append(dst[:0], v)
	}
}
