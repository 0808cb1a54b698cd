package encode

const (
	second = 1e9
	day    = 86400
)

// clock renders timestamps as RFC 3339 in UTC and keeps the text of the second
// it rendered last, for messages come in order of time or nearly so.
type clock struct {
	sec  int64
	set  bool
	text [24]byte // "2026-10-01T00:00:00", 19 bytes
}

// AppendTime appends the time of ns, nanoseconds since 1970 UTC, as RFC 3339 in
// UTC with the fewest of 0, 3, 6 or 9 decimals that lose nothing:
// 2026-10-01T00:00:00.123Z.
func AppendTime(dst []byte, ns int64) []byte {
	var c clock
	var t [32]byte
	return append(dst, t[:c.put(t[:], 0, ns)]...)
}

// append is AppendTime with c's memory.
func (c *clock) append(dst []byte, ns int64) []byte {
	var t [32]byte
	return append(dst, t[:c.put(t[:], 0, ns)]...)
}

// put writes the time of ns to buf[j:], which has room for 32 bytes.
func (c *clock) put(buf []byte, j int, ns int64) int {
	sec, frac := split(ns)
	if sec != c.sec || !c.set {
		c.fill(sec)
	}
	*(*[24]byte)(buf[j:]) = c.text
	j += len("2026-10-01T00:00:00")
	if frac != 0 {
		j = putFraction(buf, j, frac)
	}
	buf[j] = 'Z'
	return j + 1
}

// split returns the whole seconds of ns, rounded down, and the rest.
func split(ns int64) (sec, frac int64) {
	sec = ns / second
	frac = ns - sec*second
	if frac < 0 {
		return sec - 1, frac + second
	}
	return sec, frac
}

// putFraction writes "." and 3, 6 or 9 digits of the nanoseconds frac.
func putFraction(buf []byte, j int, frac int64) int {
	u, n := uint64(frac), 9
	if u%1e6 == 0 {
		u, n = u/1e6, 3
	} else if u%1e3 == 0 {
		u, n = u/1e3, 6
	}
	buf[j] = '.'
	putFixed(buf, j+1, u, n)
	return j + 1 + n
}

func (c *clock) fill(sec int64) {
	c.sec, c.set = sec, true
	days := sec / day
	rest := sec - days*day
	if rest < 0 {
		days, rest = days-1, rest+day
	}
	y, m, d := civil(days)
	t := &c.text
	putFixed(t[:], 0, uint64(y), 4)
	putPair(t[:], 5, m)
	putPair(t[:], 8, d)
	putPair(t[:], 11, int(rest/3600))
	putPair(t[:], 14, int(rest/60%60))
	putPair(t[:], 17, int(rest%60))
	t[4], t[7], t[10], t[13], t[16] = '-', '-', 'T', ':', ':'
}

func putPair(buf []byte, j, n int) { *(*[2]byte)(buf[j:]) = pairs[n] }

// civil returns the date of a day counted from 1970-01-01, for all days that a
// timestamp can name (1677 to 2262). It counts in eras of 400 years from
// 0000-03-01, so that the leap day comes last in a year.
func civil(days int64) (year, month, dayOfMonth int) {
	z := days + 719468
	era := z / 146097
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d := doy - (153*mp+2)/5 + 1
	m, y := mp+3, yoe+era*400
	if m > 12 {
		m, y = m-12, y+1
	}
	return int(y), int(m), int(d)
}
