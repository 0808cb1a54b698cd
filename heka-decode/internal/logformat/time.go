package logformat

import (
	"math"
	"time"

	"heka/lib/msg"
)

// Time is how a variable tells the time, or a part of it: what several variables
// of a template tell is put together.
type Time struct {
	has    part
	layout []byte // of a layout: directives and literals, see layout.go
	exp    int    // of an epoch or a fraction: a unit is 10^exp nanoseconds
}

// part is a set of parts of a time.
type part uint8

const (
	date     part = 1 << iota // year, month and day
	clock                     // time of day
	zone                      // offset from UTC
	fraction                  // of the second
	epoch                     // seconds since 1970 UTC, and all of the above
)

// Epoch returns the time of decimal numbers of units since 1970 UTC; unit is a
// power of ten of nanoseconds.
func Epoch(unit time.Duration) *Time { return &Time{has: epoch, exp: exponent(unit)} }

// Fraction returns the part of a time that is a whole number of units since the
// second began.
func Fraction(unit time.Duration) *Time { return &Time{has: fraction, exp: exponent(unit)} }

func exponent(unit time.Duration) int {
	n := 0
	for ; unit >= 10; unit /= 10 {
		n++
	}
	return n
}

// moment is what one or more variables tell of a time.
type moment struct {
	has part
	day int64 // since 1970
	sec int64 // of the day
	off int64 // of the zone, in seconds east of UTC
	ns  int64 // of the second; since 1970 if has epoch
}

func (m *moment) add(o *moment) {
	m.has |= o.has
	if o.has&date != 0 {
		m.day = o.day
	}
	if o.has&clock != 0 {
		m.sec = o.sec
	}
	if o.has&zone != 0 {
		m.off = o.off
	}
	if o.has&(fraction|epoch) != 0 {
		m.ns = o.ns
	}
}

// clockCache has the last value of a variable: lines of one second share it.
type clockCache struct {
	text [48]byte
	n    int
	m    moment
}

// clock reads v, the value of the time variable st; false if it is none.
func (s *Scanner) clock(st *step, v []byte) bool {
	c := &s.clocks[st.cache]
	if len(v) != c.n || string(v) != string(c.text[:c.n]) {
		m, ok := st.Time.parse(v)
		if !ok {
			return false
		}
		c.n = copy(c.text[:], v)
		if c.n < len(v) {
			c.n = 0
		}
		c.m = m
	}
	if len(s.clocks) == 1 {
		s.now = c.m
	} else {
		s.now.add(&c.m)
	}
	return true
}

func (t *Time) parse(v []byte) (moment, bool) {
	switch {
	case t.layout != nil:
		return parseLayout(t.layout, v, t.has)
	case t.has&epoch != 0:
		ns, ok := parseEpoch(v, t.exp)
		return moment{has: epoch, ns: ns}, ok
	}
	n, ok := parseInt(v)
	ok = ok && n >= 0 && n < int64(pow10[9-t.exp])
	return moment{has: fraction, ns: n * int64(pow10[t.exp])}, ok
}

// parseEpoch reads a decimal number of units of 10^exp nanoseconds.
func parseEpoch(v []byte, exp int) (int64, bool) {
	n, frac, ok := parseDecimal(v)
	if !ok {
		return 0, false
	}
	for exp -= frac; exp < 0; exp++ {
		n /= 10
	}
	factor := int64(pow10[exp])
	if n > math.MaxInt64/factor || n < math.MinInt64/factor {
		return 0, false
	}
	return n * factor, true
}

// setTime sets the Timestamp of b from what the line told of its time.
func (s *Scanner) setTime(b *msg.Builder) {
	m := &s.now
	switch {
	case m.has&epoch != 0:
		b.Timestamp = m.ns
	case m.has&date != 0:
		sec := m.day*86400 + m.sec - m.off
		if s.t.local && s.t.opt.Location != time.UTC {
			sec = s.utc.of(sec, s.t.opt.Location)
		}
		b.Timestamp = sec*1e9 + m.ns
	}
}

// utcCache has the last local time that was made one of UTC.
type utcCache struct {
	local, utc int64
	set        bool
}

// of returns the time in seconds since 1970 UTC when a clock in loc shows local,
// which counts seconds as if the clock showed UTC.
func (c *utcCache) of(local int64, loc *time.Location) int64 {
	if !c.set || c.local != local {
		t := time.Unix(local, 0).UTC()
		year, month, day := t.Date()
		hour, minute, sec := t.Clock()
		c.local, c.set = local, true
		c.utc = time.Date(year, month, day, hour, minute, sec, 0, loc).Unix()
	}
	return c.utc
}
