package statmetric

import (
	"bytes"
	"slices"

	"heka/heka-filter/internal/bad"
	"heka/heka-filter/internal/keys"
	"heka/lib/msg"
	"heka/lib/stage"
)

// Limits of the times that are kept for percentiles: of one timer, and of all together.
const (
	maxTimes    = 100_000
	maxAllTimes = 4_000_000
	spareTimes  = 1000 // for which a timer keeps memory over a window
)

// stats is the aggregate.
type stats struct {
	env     *stage.Env
	flags   flags
	metrics []metric
	statsd  bool
	seconds float64 // of a window

	table   *keys.Table // kind and name
	rows    []row
	times   int // held by all rows
	full    bool
	seed    uint64
	scratch []byte
	payload []byte
	order   []int32
}

// row is what there is about a name.
type row struct {
	sum      float64 // of a counter, scaled up where it was sampled; of a timer
	last     float64 // gauge
	count    int64   // timer
	min, max float64
	times    []float64 // timer: all, or a sample of them if they are too many
}

func newStats(env *stage.Env, f flags, metrics []metric, seconds float64) *stats {
	return &stats{env: env, flags: f, metrics: metrics, seconds: seconds, table: keys.NewTable(),
		seed: 1}
}

// add takes in one message. What can't be taken in goes to marked.
func (a *stats) add(m *msg.View, marked *stage.Collector) error {
	for i := range a.metrics {
		t := &a.metrics[i]
		f, ok := t.number(m)
		if !ok {
			continue
		}
		a.scratch = append(a.scratch[:0], byte(t.kind))
		if a.scratch, ok = t.appendName(a.scratch, m, a.flags.replaceDot); ok {
			a.take(t.kind, f, 1)
		}
	}
	if a.statsd && !a.lines(m) {
		return bad.Message(a.env, marked, "statmetric", m, errLine)
	}
	return nil
}

// lines takes in the lines of StatsD that are the payload of m; false if one of them is
// none.
func (a *stats) lines(m *msg.View) (ok bool) {
	ok = true
	for p := m.Payload(); len(p) > 0; {
		var line []byte
		line, p, _ = bytes.Cut(p, []byte("\n"))
		line = bytes.TrimRight(line, "\r\x00 ")
		if len(line) == 0 {
			continue
		}
		s, isLine := parseLine(line)
		if !isLine {
			ok = false
			continue
		}
		a.scratch = append(append(a.scratch[:0], byte(s.kind)), s.bucket...)
		a.take(s.kind, s.value, s.rate)
	}
	return ok
}

// take takes in a value of the name that is in scratch, behind its kind.
func (a *stats) take(k kind, f, rate float64) {
	id, ok := a.table.Find(a.scratch)
	if !ok {
		if len(a.rows) == a.flags.most {
			a.tooMany()
			return
		}
		id = a.table.Add(a.scratch)
		a.addRow()
	}
	r := &a.rows[id]
	switch k {
	case counter:
		r.sum += f / rate
	case gauge:
		r.last = f
	case timer:
		a.time(r, f)
	}
}

// addRow adds a row, with the memory of one that was there before.
func (a *stats) addRow() {
	if n := len(a.rows); n < cap(a.rows) {
		a.rows = a.rows[:n+1]
		a.rows[n] = row{times: a.rows[n].times[:0]}
		return
	}
	a.rows = append(a.rows, row{})
}

func (a *stats) tooMany() {
	a.env.Stats.Dropped.Add(1)
	if !a.full {
		a.full = true
		a.env.Logger().Warn("statmetric: too many names: values of further ones are left out",
			"max-keys", a.flags.most)
	}
}

// time takes in a time. Of too many, each that was there has the same chance to be among
// those kept.
func (a *stats) time(r *row, f float64) {
	if r.count == 0 {
		r.min, r.max = f, f
	}
	r.count++
	r.sum += f
	r.min, r.max = min(r.min, f), max(r.max, f)
	if len(r.times) == 0 || len(r.times) < maxTimes && a.times < maxAllTimes {
		r.times = append(r.times, f)
		a.times++
		return
	}
	a.seed ^= a.seed << 13
	a.seed ^= a.seed >> 7
	a.seed ^= a.seed << 17
	if i := a.seed % uint64(r.count); i < uint64(len(r.times)) {
		r.times[i] = f
	}
}

// reset starts a window: names stay, with nothing but what gauges say.
func (a *stats) reset() {
	a.times = 0
	for i := range a.rows {
		r := &a.rows[i]
		if cap(r.times) > 2*len(r.times)+spareTimes {
			r.times = nil // what is held is bounded, not what is used
		}
		*r = row{last: r.last, times: r.times[:0]}
	}
	if a.flags.deleteIdle {
		a.table.Reset()
		a.rows = a.rows[:0]
	}
}

// sorted returns the numbers of all rows: counters, gauges, timers, by name.
func (a *stats) sorted() []int32 {
	a.order = a.order[:0]
	for i := range a.rows {
		a.order = append(a.order, int32(i))
	}
	slices.SortFunc(a.order, func(x, y int32) int {
		return bytes.Compare(a.table.Key(x), a.table.Key(y))
	})
	return a.order
}
