package machine

import (
	"reflect"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// TestLayout compares what this package takes things to be with what they are.
func TestLayout(t *testing.T) {
	same := func(ours, theirs reflect.Type, all bool) {
		t.Helper()
		if all && (ours.NumField() != theirs.NumField() || ours.Size() != theirs.Size()) {
			t.Fatalf("%v: another number of fields, or another size", theirs)
		}
		for i := range ours.NumField() {
			a, b := ours.Field(i), theirs.Field(i)
			kinds := a.Type.Kind() == b.Type.Kind() || a.Type.Kind() == reflect.UnsafePointer && b.Type.Kind() == reflect.Pointer
			if !strings.EqualFold(a.Name, b.Name) || !kinds || a.Offset != b.Offset {
				t.Errorf("%v: field %v, in gopher-lua %v", theirs, a, b)
			}
		}
	}
	field := func(of reflect.Type, name string) reflect.Type {
		t.Helper()
		f, ok := of.FieldByName(name)
		if !ok {
			t.Fatalf("%v has no field %s", of, name)
		}
		return f.Type
	}
	state := reflect.TypeFor[lua.LState]()
	same(reflect.TypeFor[Table](), reflect.TypeFor[lua.LTable](), true)
	same(reflect.TypeFor[upvalue](), reflect.TypeFor[lua.Upvalue](), true)
	same(reflect.TypeFor[Frame](), field(state, "currentFrame").Elem(), true)
	same(reflect.TypeFor[registry](), field(state, "reg").Elem(), false)
	if f := reflect.TypeFor[lua.Debug]().Field(0); f.Name != "frame" || f.Type != field(state, "currentFrame") {
		t.Errorf("lua.Debug starts with %v", f)
	}
	if loop := field(state, "mainLoop"); loop.NumIn() != 2 || loop.NumOut() != 0 ||
		loop.In(0) != reflect.TypeFor[*lua.LState]() || loop.In(1) != field(state, "currentFrame") {
		t.Errorf("mainLoop is %v", loop)
	}
	if field(state, "hasErrorFunc").Kind() != reflect.Bool || field(state, "uvcache") != reflect.TypeFor[*lua.Upvalue]() {
		t.Error("another kind of hasErrorFunc or uvcache")
	}
}

// TestInstructions compares how host and place.go take instructions apart with what the
// compiler makes of them.
func TestInstructions(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	f, err := L.LoadString("local t, k, v = {}, 1, 2 t[k] = v")
	if err != nil {
		t.Fatal(err)
	}
	for _, inst := range f.Proto.Code {
		if Opcode(inst) == lua.OP_SETTABLE {
			if a, b, c := A(inst), B(inst), C(inst); a != 0 || b != 3 || c != 2 {
				t.Errorf("t[k] = v has operands %d %d %d, want 0 3 2", a, b, c)
			}
			return
		}
	}
	t.Error("no SETTABLE")
}
