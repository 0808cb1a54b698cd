package match

import (
	"math"
	"math/big"
	"time"
)

type literalKind uint8

const (
	textLiteral     literalKind = iota
	numberLiteral               // num
	quantityLiteral             // num and unit
	timeLiteral                 // text, of RFC 3339, which is ns
	nowLiteral                  // now, or now + ns, of num and unit
)

// literal is a value written in an expression.
type literal struct {
	kind     literalKind
	quote    byte // around text
	text     string
	num      number
	unit     int // index in units
	quantity *quantity
	ns       int64 // since 1970 UTC; of nowLiteral, since now
	sign     byte  // of nowLiteral: '+', '-', or 0 for now alone
}

// String returns the literal as it may stand in an expression.
func (l *literal) String() string {
	switch l.kind {
	case numberLiteral:
		return l.num.String()
	case quantityLiteral:
		return l.num.String() + units[l.unit].name
	case nowLiteral:
		if l.sign == 0 {
			return "now"
		}
		return "now " + string(l.sign) + " " + l.num.String() + units[l.unit].name
	}
	return quote(l.text, l.quote)
}

// nanoseconds returns n of unit u, which is of time, rounded; false if that is
// beyond 292 years.
func nanoseconds(n number, u int) (int64, bool) {
	r, _ := new(big.Rat).SetString(n.String())
	f, _ := r.Mul(r, big.NewRat(units[u].factor, 1)).Float64()
	if r.IsInt() && r.Num().IsInt64() {
		return r.Num().Int64(), true
	}
	return int64(math.Round(f)), math.Abs(f) < math.MaxInt64
}

// parseTime reads a time of RFC 3339; false if s is none, or lies before 1678
// or behind 2262, which nanoseconds since 1970 can't express.
func parseTime(s string) (ns int64, ok bool) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Before(time.Unix(0, math.MinInt64)) || t.After(time.Unix(0, math.MaxInt64)) {
		return 0, false
	}
	return t.UnixNano(), true
}

// addTime returns a+b, or the nearest time there is.
func addTime(a, b int64) int64 {
	switch s := a + b; {
	case a > 0 && b > 0 && s < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && s >= 0:
		return math.MinInt64
	default:
		return s
	}
}
