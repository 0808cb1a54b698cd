package match

import "math/big"

// unit is a unit of time or of size that a literal, or the representation of a
// field, may have.
type unit struct {
	name   string
	size   bool  // of data, in bytes; else of time, in nanoseconds
	factor int64 // how many of those it is
}

// units lists the units of time, then those of size; a quantity's forms are in
// the same order.
var units = [...]unit{
	{"ns", false, 1},
	{"us", false, 1e3},
	{"ms", false, 1e6},
	{"s", false, 1e9},
	{"m", false, 60e9},
	{"h", false, 3600e9},
	{"d", false, 86400e9},
	{"B", true, 1},
	{"KiB", true, 1 << 10},
	{"MiB", true, 1 << 20},
	{"GiB", true, 1 << 30},
	{"kB", true, 1e3},
	{"MB", true, 1e6},
	{"GB", true, 1e9},
}

// The units of a field without a representation.
const (
	seconds = 3
	bytesB  = 7
)

// unitNamed returns the index in units of this name; -1 if there is none.
func unitNamed[S string | []byte](name S) int {
	for i := range units {
		if string(name) == units[i].name {
			return i
		}
	}
	return -1
}

// quantity is a number with a unit, worked out in each unit of its kind.
type quantity struct {
	size bool
	in   [len(units)]number
}

func newQuantity(n number, u int) *quantity {
	from := units[u]
	q := &quantity{size: from.size}
	for i, to := range units {
		if to.size == from.size {
			q.in[i] = convert(n, from.factor, to.factor)
		}
	}
	return q
}

// convert returns n*from/to: exact if that is an integer, else the nearest
// float, which is what reading the number from text would give.
func convert(n number, from, to int64) number {
	r, _ := new(big.Rat).SetString(n.String())
	r.Mul(r, big.NewRat(from, to))
	if r.IsInt() {
		if i := r.Num(); i.IsInt64() {
			return number{i: i.Int64()}
		}
	}
	f, _ := r.Float64()
	return floatNumber(f)
}

// as returns q in the unit that rep, the representation of a field, names; in
// seconds or bytes if it names none. False if one is a time and the other a size.
func (q *quantity) as(rep []byte) (number, bool) {
	i := -1
	if len(rep) > 0 {
		i = unitNamed(rep)
	}
	switch {
	case i >= 0:
	case q.size:
		i = bytesB
	default:
		i = seconds
	}
	return q.in[i], units[i].size == q.size
}
