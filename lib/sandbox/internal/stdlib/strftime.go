package stdlib

import (
	"strconv"
	"time"
)

// civil is a time as os.date writes it, in C's locale.
type civil struct {
	time.Time
	zone string
}

// format appends d as C's strftime does. What it does not know stays as it is, the %
// too; a modifier is such.
func (d *civil) format(b *buffer, f string) {
	for i := 0; i < len(f); i++ {
		switch c := f[i]; {
		case c == 0:
			return
		case c != '%' || i+1 == len(f) || f[i+1] == 0:
			b.addByte(c)
		default:
			i++
			if !d.conversion(b, f[i]) {
				b.addByte('%')
				b.addByte(f[i])
			}
		}
	}
}

// wholes are the conversions that are written in terms of others.
var wholes = map[byte]string{
	'c': "%a %b %e %H:%M:%S %Y", 'D': "%m/%d/%y", 'F': "%Y-%m-%d", 'r': "%I:%M:%S %p",
	'R': "%H:%M", 'T': "%H:%M:%S", 'x': "%m/%d/%y", 'X': "%H:%M:%S",
}

// conversion appends what %c stands for, and reports whether there is such a thing.
func (d *civil) conversion(b *buffer, c byte) bool {
	if whole, ok := wholes[c]; ok {
		d.format(b, whole)
		return true
	}
	return d.name(b, c) || d.clockNumber(b, c) || d.dateNumber(b, c)
}

func (d *civil) name(b *buffer, c byte) bool {
	var s string
	switch c {
	case 'a':
		s = d.Weekday().String()[:3]
	case 'A':
		s = d.Weekday().String()
	case 'b', 'h':
		s = d.Month().String()[:3]
	case 'B':
		s = d.Month().String()
	case 'p':
		s = "AM"
		if d.Hour() >= 12 {
			s = "PM"
		}
	case 'P':
		s = "am"
		if d.Hour() >= 12 {
			s = "pm"
		}
	case 'Z':
		s = d.zone
	case 'z':
		s = "+0000"
	case 'n':
		s = "\n"
	case 't':
		s = "\t"
	case '%':
		s = "%"
	default:
		return false
	}
	b.add(s)
	return true
}

func (d *civil) clockNumber(b *buffer, c byte) bool {
	twelve := (d.Hour()+11)%12 + 1
	switch c {
	case 'H':
		b.padNumber(d.Hour(), 2, '0')
	case 'I':
		b.padNumber(twelve, 2, '0')
	case 'k':
		b.padNumber(d.Hour(), 2, ' ')
	case 'l':
		b.padNumber(twelve, 2, ' ')
	case 'M':
		b.padNumber(d.Minute(), 2, '0')
	case 'S':
		b.padNumber(d.Second(), 2, '0')
	case 's':
		b.padNumber(int(d.Unix()), 1, '0')
	default:
		return false
	}
	return true
}

func (d *civil) dateNumber(b *buffer, c byte) bool {
	year, week := d.ISOWeek()
	monday := (int(d.Weekday()) + 6) % 7
	switch c {
	case 'C':
		d.century(b)
	case 'd':
		b.padNumber(d.Day(), 2, '0')
	case 'e':
		b.padNumber(d.Day(), 2, ' ')
	case 'g':
		b.padNumber(floorMod(year, 100), 2, '0')
	case 'G':
		b.padNumber(year, 1, '0')
	case 'j':
		b.padNumber(d.YearDay(), 3, '0')
	case 'm':
		b.padNumber(int(d.Month()), 2, '0')
	case 'u':
		b.padNumber(monday+1, 1, '0')
	case 'U':
		b.padNumber((d.YearDay()+6-int(d.Weekday()))/7, 2, '0')
	case 'V':
		b.padNumber(week, 2, '0')
	case 'w':
		b.padNumber(int(d.Weekday()), 1, '0')
	case 'W':
		b.padNumber((d.YearDay()+6-monday)/7, 2, '0')
	case 'y':
		b.padNumber(floorMod(d.Year(), 100), 2, '0')
	case 'Y':
		b.padNumber(d.Year(), 1, '0')
	default:
		return false
	}
	return true
}

// century appends the first digits of the year.
func (d *civil) century(b *buffer) {
	b.padNumber((d.Year()-floorMod(d.Year(), 100))/100, 1, '0')
}

func floorMod(a, b int) int { return (a%b + b) % b }

// padNumber appends n with at least width characters, a sign counted.
func (b *buffer) padNumber(n, width int, with byte) {
	var room [24]byte
	d := strconv.AppendInt(room[:0], int64(n), 10)
	if n < 0 {
		d = d[1:]
		width--
		b.addByte('-')
	}
	b.room(width + len(d))
	b.fill(with, width-len(d))
	b.b = append(b.b, d...)
}
