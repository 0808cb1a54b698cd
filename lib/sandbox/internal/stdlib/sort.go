package stdlib

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/machine"
)

// sorter sorts a table as Lua does, step for step: what is equal comes to stand where it
// does there. The elements are sorted in a copy, and go back at the end.
type sorter struct {
	L     *lua.LState
	meter *host.Meter
	less  *lua.LFunction // nil: the operator

	// all are the elements from 0 on and one more: what answers at random moves those,
	// too.
	all []lua.LValue
}

func sort(L *lua.LState) int {
	t := host.Table(L, 1, "sort")
	s := sorter{L: L, meter: host.Of(L)}
	if L.Get(2) != lua.LNil {
		s.less = host.Function(L, 2, "sort")
	}
	n := s.meter.Len(L, t)
	s.meter.Alloc(L, (n+2)*slot)
	s.meter.Step(L, n/8)
	s.all = make([]lua.LValue, n+2)
	for i := range s.all {
		s.all[i] = machine.At(t, i)
	}
	s.sort(1, n)
	for i, v := range s.all[1:] {
		put(L, s.meter, t, i+1, v)
	}
	return 0
}

// sort is quicksort: the middle one of three divides, the smaller part is sorted first.
func (s *sorter) sort(low, high int) {
	a := s.all
	for low < high {
		s.order(low, high)
		if high-low == 1 {
			return
		}
		mid := (low + high) / 2
		if s.before(a[mid], a[low]) {
			a[mid], a[low] = a[low], a[mid]
		} else {
			s.order(mid, high)
		}
		if high-low == 2 {
			return
		}
		p := s.divide(low, high, mid)
		if p-low < high-p {
			s.sort(low, p-1)
			low = p + 1
		} else {
			s.sort(p+1, high)
			high = p - 1
		}
	}
}

// order puts i and j, which is behind it, in order.
func (s *sorter) order(i, j int) {
	if s.before(s.all[j], s.all[i]) {
		s.all[i], s.all[j] = s.all[j], s.all[i]
	}
}

// divide puts what is less than the element at mid before it, and what is more behind
// it, and returns where it is then. The ends are known to be on their sides.
func (s *sorter) divide(low, high, mid int) int {
	a := s.all
	pivot := a[mid]
	a[mid], a[high-1] = a[high-1], a[mid]
	i, j := low, high-1
	for {
		for i++; s.before(a[i], pivot); i++ {
			if i > high {
				s.invalid()
			}
		}
		for j--; s.before(pivot, a[j]); j-- {
			if j < low {
				s.invalid()
			}
		}
		if j < i {
			break
		}
		a[i], a[j] = a[j], a[i]
	}
	a[high-1], a[i] = a[i], a[high-1]
	return i
}

func (s *sorter) invalid() { s.L.RaiseError("invalid order function for sorting") }

// before reports whether a is less than b.
func (s *sorter) before(a, b lua.LValue) bool {
	s.meter.Step(s.L, 1)
	if s.less != nil {
		s.L.Push(s.less)
		s.L.Push(a)
		s.L.Push(b)
		s.L.Call(2, 1)
		r := s.L.Get(-1)
		s.L.Pop(1)
		return truth(r)
	}
	switch x := a.(type) {
	case lua.LNumber:
		if y, ok := b.(lua.LNumber); ok {
			return x < y
		}
	case lua.LString:
		if y, ok := b.(lua.LString); ok {
			return x < y
		}
	}
	return lessByMeta(s.L, a, b)
}

// lessByMeta compares what is no pair of numbers or strings.
func lessByMeta(L *lua.LState, a, b lua.LValue) bool {
	x, y := a.Type().String(), b.Type().String()
	if x == y {
		f := L.GetMetaField(a, "__lt")
		if f != lua.LNil && L.RawEqual(f, L.GetMetaField(b, "__lt")) {
			return L.LessThan(a, b)
		}
		L.RaiseError("attempt to compare two %s values", x)
	}
	L.RaiseError("attempt to compare %s with %s", x, y)
	return false
}
