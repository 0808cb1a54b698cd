package match

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"heka/lib/msg"
)

// The walk must find each field where package msg does, in every form that
// lengths have.
func TestWalk(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	elems := func(n int) (all []any) {
		for i := range n {
			all = append(all, long(i%300))
		}
		return all
	}
	m := msg.Message{Type: long(40), Logger: long(300), Payload: long(70000), Severity: 1 << 40,
		Pid: -5}
	add := func(name string, values ...any) {
		for _, v := range values {
			m.Fields = append(m.Fields, msg.Field{Name: name, Value: v})
		}
	}
	check := func() {
		t.Helper()
		v := view(t, m)
		seen := map[string]int{}
		for i, f := range m.Fields {
			want, ok := v.Field(f.Name, seen[f.Name])
			at := v.Seek(f.Name, seen[f.Name])
			if !ok || at == 0 || !bytes.Equal(msg.ValueAt(v.Body(), at).Raw(), want.Raw()) {
				t.Fatalf("field %d of %d, %.20s: not found", i, len(m.Fields), f.Name)
			}
			seen[f.Name]++
		}
		for name, n := range seen {
			if v.Seek(name, n) != 0 || v.Seek(name+"y", 0) != 0 {
				t.Fatalf("%.20s: found where there is none", name)
			}
		}
	}
	check()
	for _, n := range []int{1, 31, 32, 255, 256, 65535, 65536} {
		add(long(n), long(n), []byte(long(n)), n, -n, 1<<40+n, float64(n), true, false)
		check()
	}
	add("arrays", elems(0), elems(1), elems(15), elems(16), elems(65535), elems(65536), []any{1,
		-200, 1 << 20})
	check()
	for i := range 66000 {
		add(fmt.Sprint("f", i), i)
	}
	v := view(t, m)
	for _, i := range []int{0, 1, 65999} {
		if at := v.Seek(fmt.Sprint("f", i), 0); at == 0 || msg.ValueAt(v.Body(),
			at).Int() != int64(i) {
			t.Errorf("field f%d of %d", i, len(m.Fields))
		}
	}
	s := set(t, ".f0 == 0 && .f1 == 1 && .f65999 == 65999 && .f66000 == NIL",
		".arrays[4][0] == '' && .arrays[3][15] =~ /^x{15}$/ && .arrays[6][1] == -200")
	if s.Reset(v); !s.Match(v, 0) || !s.Match(v, 1) {
		t.Error("a set finds other fields")
	}
}
