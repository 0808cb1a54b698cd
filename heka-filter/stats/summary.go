package stats

import (
	"math"
	"strconv"

	"heka/heka-filter/internal/window"
	"heka/lib/msg"
)

// maxWhole is the largest whole number that a float holds exactly.
const maxWhole = 1 << 53

// summary is what is known of the values of one variable.
type summary struct {
	count, missing int64
	sum, min, max  float64
	fractional     bool // not all values are whole numbers
	rep            string
	sketch         *sketch
}

// add takes in one value; ok says that there is one.
func (s *summary) add(f float64, whole, ok bool) {
	if !ok {
		s.missing++
		return
	}
	if s.count == 0 {
		s.min, s.max = f, f
	}
	s.count++
	s.sum += f
	s.min, s.max = min(s.min, f), max(s.max, f)
	s.fractional = s.fractional || !whole
	s.sketch.add(f)
}

var (
	keyField   = msg.NewKey("field")
	keyMissing = msg.NewKey("missing")
	keySum     = msg.NewKey("sum")
	keyMin     = msg.NewKey("min")
	keyMean    = msg.NewKey("mean")
	keyMax     = msg.NewKey("max")

	quantiles    = []float64{.5, .95, .99}
	keysQuantile = []msg.Key{msg.NewKey("p50"), msg.NewKey("p95"), msg.NewKey("p99")}
)

// emit sends the row of the variable name; B has the key. Without values there is
// nothing but how many messages had none.
func (s *summary) emit(r *window.Rows, name string) bool {
	r.B.Key(keyField)
	r.B.String(name)
	r.Count(s.count)
	r.B.Key(keyMissing)
	r.B.Int(s.missing)
	if s.count == 0 {
		return r.Send()
	}
	whole := !s.fractional && max(s.sum, -s.sum, s.max, -s.min) <= maxWhole
	s.put(r, keySum, s.sum, whole)
	s.put(r, keyMin, s.min, whole)
	s.put(r, keyMean, s.sum/float64(s.count), false)
	for i, q := range quantiles {
		s.put(r, keysQuantile[i], s.quantile(q), false)
	}
	s.put(r, keyMax, s.max, whole)
	return r.Send()
}

// quantile returns, as nearly as is known, the smallest value that a share q of
// all values does not exceed. There must be values.
func (s *summary) quantile(q float64) float64 {
	switch rank := math.Ceil(q*float64(s.count)) - 1; rank {
	case 0:
		return s.min
	case float64(s.count - 1):
		return s.max
	default:
		return min(max(round(s.sketch.at(rank)), s.min), s.max)
	}
}

// round rounds to four digits: a sketch knows no more.
func round(f float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'e', 3, 64), 64)
	if err != nil {
		return f // the largest floats
	}
	return r
}

func (s *summary) put(r *window.Rows, k msg.Key, f float64, whole bool) {
	r.B.Key(k)
	if whole {
		r.B.Int(int64(f))
	} else {
		r.B.Float(f)
	}
	if s.rep != "" {
		r.B.Rep(s.rep)
	}
}
