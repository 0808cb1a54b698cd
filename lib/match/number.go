package match

import (
	"encoding/binary"
	"math"
	"strconv"

	"heka/lib/msg"
)

// rel is a set of the outcomes of a comparison: an operator is the set of
// those for which it holds.
type rel uint8

const (
	less rel = 1 << iota
	equal
	greater
	unordered // one side is not a number

	notEqual = less | greater | unordered
)

// String returns the operator that holds for the outcomes of r.
func (r rel) String() string {
	switch r {
	case equal:
		return "=="
	case notEqual:
		return "!="
	case less:
		return "<"
	case less | equal:
		return "<="
	case greater:
		return ">"
	default:
		return ">="
	}
}

type numberKind uint8

const (
	whole numberKind = iota // i: an integer of 64 bits
	huge                    // u: an integer beyond those, of 64 bits unsigned
	real                    // f
)

// number is a number without loss: an integer if it is one and fits, else a float.
type number struct {
	kind numberKind
	i    int64
	u    uint64
	f    float64
}

// parseNumber reads a number that the grammar accepts; false if it is too large
// for a float.
func parseNumber(s string) (number, bool) {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return number{i: i}, true
	}
	if u, err := strconv.ParseUint(s, 10, 64); err == nil {
		return number{kind: huge, u: u}, true
	}
	f, err := strconv.ParseFloat(s, 64)
	return floatNumber(f), err == nil
}

// floatNumber returns f, as an integer where that is the same number.
func floatNumber(f float64) number {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return number{i: int64(f)}
	}
	return number{kind: real, f: f}
}

// String returns n as the grammar has it.
func (n number) String() string {
	switch n.kind {
	case whole:
		return strconv.FormatInt(n.i, 10)
	case huge:
		return strconv.FormatUint(n.u, 10)
	}
	return strconv.FormatFloat(n.f, 'g', -1, 64)
}

// valueNumber returns the number that a value of kind Int or Float is.
func valueNumber(v msg.Value) number {
	if v.Kind() == msg.Float {
		return number{kind: real, f: v.Float()}
	}
	i := v.Int()
	if i == math.MaxInt64 { // perhaps what a larger one was cut to
		if raw := v.Raw(); len(raw) == 9 {
			if u := binary.BigEndian.Uint64(raw[1:]); u > math.MaxInt64 {
				return number{kind: huge, u: u}
			}
		}
	}
	return number{i: i}
}

func orderInts(a, b int64) rel {
	switch {
	case a < b:
		return less
	case a > b:
		return greater
	}
	return equal
}

// order compares a with b exactly, whatever kinds they are of.
func order(a, b number) rel {
	switch {
	case a.kind == real && b.kind == real:
		return orderFloats(a.f, b.f)
	case a.kind == real:
		return swap(orderFloat(b, a.f))
	case b.kind == real:
		return orderFloat(a, b.f)
	case a.kind == whole && b.kind == whole:
		return orderInts(a.i, b.i)
	case a.kind == whole:
		return less
	case b.kind == whole:
		return greater
	case a.u < b.u:
		return less
	case a.u > b.u:
		return greater
	}
	return equal
}

// swap returns the outcome seen from the other side.
func swap(r rel) rel {
	switch r {
	case less:
		return greater
	case greater:
		return less
	}
	return r
}

func orderFloats(a, b float64) rel {
	switch {
	case a < b:
		return less
	case a > b:
		return greater
	case a == b:
		return equal
	}
	return unordered
}

// orderFloat compares the integer n with f, without rounding n.
func orderFloat(n number, f float64) rel {
	switch {
	case f != f:
		return unordered
	case f >= 1<<64:
		return less
	case f < -1<<63:
		return greater
	case n.kind == huge && f < 1<<63:
		return greater
	case n.kind == huge: // f is an integer: floats of this size are
		return order(n, number{kind: huge, u: uint64(f)})
	case f >= 1<<63:
		return less
	}
	cut := math.Trunc(f)
	if r := orderInts(n.i, int64(cut)); r != equal {
		return r
	}
	return orderFloats(cut, f)
}
