// Package stamp reads the times that log lines carry: RFC 3339, seconds since
// 1970, and strptime layouts. A kind declares [Flags], asks them for a [Reader]
// and gives that the text or number that it found. Times are nanoseconds since
// 1970 UTC. Nothing here allocates but a layout with a zone's name, and one whose
// text does not fit.
package stamp

import (
	"math"
	"time"
)

// Civil is a point of time as it is written: a date, a time of day, and perhaps an
// offset from UTC.
type Civil struct {
	Year, Month, Day     int // Month and Day count from 1
	Hour, Minute, Second int // Second may be 60
	Nano                 int
	Zoned                bool // Offset is known
	Offset               int  // seconds east of UTC
}

// Valid reports whether the date is in the calendar and the time in a day.
func (c *Civil) Valid() bool {
	return c.Month >= 1 && c.Month <= 12 && c.Day >= 1 && c.Day <= daysIn(c.Month, c.Year) &&
		c.Hour < 24 && c.Minute < 60 && c.Second <= 60
}

func daysIn(month, year int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// Unix returns c in nanoseconds since 1970 UTC; a c that is not Zoned is of loc,
// and of UTC if loc is nil. False if c is not Valid, or lies outside of the years
// 1678 to 2261 that such a number can tell.
func (c *Civil) Unix(loc *time.Location) (ns int64, ok bool) {
	if !c.Valid() || c.Year < 1678 || c.Year > 2261 {
		return 0, false
	}
	if !c.Zoned && loc != nil && loc != time.UTC {
		t := time.Date(c.Year, time.Month(c.Month), c.Day, c.Hour, c.Minute, c.Second, c.Nano, loc)
		return t.UnixNano(), true
	}
	sec := int64(days(c.Year, c.Month, c.Day))*86400 +
		int64(c.Hour*3600+c.Minute*60+c.Second-c.Offset)
	return sec*1e9 + int64(c.Nano), true
}

// UnixNear is Unix for a c whose year is not known: of all years, it takes the one
// that puts c nearest to near, nanoseconds since 1970 UTC.
func (c *Civil) UnixNear(loc *time.Location, near int64) (ns int64, ok bool) {
	year := time.Unix(0, near).UTC().Year()
	best := uint64(math.MaxUint64)
	// Four years to either side, because a 29th of February needs a leap year.
	for _, y := range [...]int{0, -1, 1, -2, 2, -3, 3, -4, 4} {
		c.Year = year + y
		t, valid := c.Unix(loc)
		if !valid {
			continue
		}
		if d := distance(t, near); d < best {
			ns, best, ok = t, d, true
		}
		if ok && y >= 1 {
			break // those that follow are farther away
		}
	}
	return ns, ok
}

func distance(a, b int64) uint64 {
	if a < b {
		a, b = b, a
	}
	return uint64(a) - uint64(b)
}

// days returns the number of days from 1970-01-01 to a date of the Gregorian
// calendar. The year starts in March here, so that the leap day is its last.
func days(year, month, day int) int {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400 // year is positive
	y := year - era*400
	d := (153*(month-3)+2)/5 + day - 1
	return era*146097 + y*365 + y/4 - y/100 + d - 719468
}
