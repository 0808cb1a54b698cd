package statmetric

import (
	"math"
	"slices"
	"strconv"

	"heka/heka-filter/internal/window"
)

// emit sends one message of all metrics, of time t. The names and the forms of the numbers
// are those of Heka's StatAccumInput.
func (a *stats) emit(r *window.Rows, t int64) {
	e := &emitter{stats: a, rows: r, unix: floorSeconds(t)}
	e.fields, e.payload = a.flags.emit != "payload", a.flags.emit != "fields"
	a.payload = a.payload[:0]
	if e.fields {
		r.B.Name([]byte("timestamp"))
		r.B.Int(e.unix)
	}
	p := &a.flags.prefix
	for _, id := range a.sorted() {
		key := a.table.Key(id)
		name, x := string(key[1:]), &a.rows[id]
		switch kind(key[0]) {
		case counter:
			e.counter(p, name, x)
		case gauge:
			e.float(p.all+p.gauges+name, x.last)
		case timer:
			e.timer(p.all+p.timers+name+".", x)
		}
	}
	prefix := p.all
	if a.flags.legacy {
		prefix = ""
	}
	e.whole(prefix+p.statsd+"numStats", int64(len(a.rows)))
	if e.payload {
		r.B.Payload = a.payload
	}
	r.Send()
}

// emitter writes the metrics of one message.
type emitter struct {
	stats           *stats
	rows            *window.Rows
	unix            int64
	fields, payload bool
}

func (e *emitter) counter(p *prefixes, name string, x *row) {
	count := toInt(x.sum)
	rate := float64(count) / e.stats.seconds
	if !e.stats.flags.legacy {
		e.float(p.all+p.counters+name+".rate", rate)
		e.whole(p.all+p.counters+name+".count", count)
		return
	}
	if e.fields { // the rate is a whole number in fields alone, as in Heka
		e.field(p.all + name)
		e.rows.B.Int(toInt(math.Trunc(rate)))
	}
	if e.payload {
		e.line(p.all+name, 'f', rate)
	}
	e.whole("stats_counts."+name, count)
}

func (e *emitter) timer(prefix string, x *row) {
	mean := 0.0
	if x.count > 0 {
		mean = x.sum / float64(x.count)
	}
	e.whole(prefix+"count", x.count)
	e.float(prefix+"count_ps", float64(x.count)/e.stats.seconds)
	e.float(prefix+"lower", x.min)
	e.float(prefix+"upper", x.max)
	e.float(prefix+"sum", x.sum)
	e.float(prefix+"mean", mean)
	slices.Sort(x.times)
	for _, percent := range e.stats.flags.percent {
		mean, upper := x.within(percent)
		e.float(prefix+"mean_"+strconv.Itoa(percent), mean)
		e.float(prefix+"upper_"+strconv.Itoa(percent), upper)
	}
}

// within returns the mean and the largest of the smallest percent of the times, which are
// sorted.
func (x *row) within(percent int) (mean, upper float64) {
	n := len(x.times)
	if n == 0 {
		return 0, 0
	}
	n -= int(math.Floor(float64(100-percent)/100*float64(n) + 0.5))
	if n <= 0 {
		return x.min, x.max
	}
	sum := 0.0
	for _, f := range x.times[:n] {
		sum += f
	}
	return sum / float64(n), x.times[n-1]
}

func (e *emitter) field(name string) { e.rows.B.Name([]byte(name)) }

func (e *emitter) float(name string, f float64) {
	if e.fields {
		e.field(name)
		e.rows.B.Float(f)
	}
	if e.payload {
		e.line(name, 'f', f)
	}
}

func (e *emitter) whole(name string, n int64) {
	if e.fields {
		e.field(name)
		e.rows.B.Int(n)
	}
	if e.payload {
		e.line(name, 'd', float64(n))
	}
}

// line adds "name value unixtime" to the payload; the value has six digits behind the
// point, or none.
func (e *emitter) line(name string, form byte, f float64) {
	p := append(append(e.stats.payload, name...), ' ')
	digits := 6
	if form == 'd' {
		digits = 0
	}
	p = strconv.AppendFloat(p, f, 'f', digits, 64)
	p = strconv.AppendInt(append(p, ' '), e.unix, 10)
	e.stats.payload = append(p, '\n')
}

// toInt rounds f to a whole number.
func toInt(f float64) int64 {
	f = math.Round(f)
	switch {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

// floorSeconds returns the second that ns is in.
func floorSeconds(ns int64) int64 {
	s := ns / 1e9
	if ns%1e9 < 0 {
		s--
	}
	return s
}
