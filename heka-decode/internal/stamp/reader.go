package stamp

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unsafe"

	"github.com/itchyny/timefmt-go"
	"github.com/spf13/pflag"

	"heka/lib/stage"
)

// ErrTime is the error for a field that was named to hold the time and does not.
var ErrTime = errors.New("the time field holds no time in this format")

// Flags are the flags of a kind whose lines carry their time in a field. The zero
// Flags are ready to be declared.
type Flags struct {
	field  string
	format string
	keep   bool
}

// Declare declares --time-field, --time-format and --keep-time on fs.
func (f *Flags) Declare(fs *pflag.FlagSet) {
	fs.StringVar(&f.field, "time-field", "",
		"the field `NAME` holds the time (default: @timestamp, timestamp, time, ts, t or date)")
	fs.BoolVar(&f.keep, "keep-time", false, "keep the field that held the time")
	f.DeclareFormat(fs)
}

// DeclareFormat declares --time-format alone, for kinds that know where the time
// stands.
func (f *Flags) DeclareFormat(fs *pflag.FlagSet) {
	fs.StringVar(&f.format, "time-format", "auto",
		"`FORMAT` of times: auto (the usual), rfc3339, epoch, or like '%d/%b/%Y:%T %z'")
}

// Reader returns the reader that the parsed flags ask for. Times without a zone
// are of loc. An error is a *stage.UsageError.
func (f *Flags) Reader(loc *time.Location) (*Reader, error) {
	r := &Reader{Keep: f.keep, field: f.field, format: f.format, loc: loc}
	switch f.format {
	case "", "auto":
		r.how = auto
	case "rfc3339":
		r.how = rfc3339
	case "epoch":
		r.how = epoch
	default:
		r.how = layout
		return r, r.checkLayout()
	}
	return r, nil
}

type how uint8

const (
	auto how = iota
	rfc3339
	epoch
	layout
)

// Reader reads the times of messages. It does not change, and any number of
// goroutines may use it.
type Reader struct {
	Keep bool // the field stays in the message, too

	field  string
	format string
	how    how
	noYear bool // the layout has no year
	loc    *time.Location
}

// checkLayout tries the layout on a time of its own making.
func (r *Reader) checkLayout() error {
	bad := func(what string) error {
		return &stage.UsageError{
			Msg:  fmt.Sprintf("--time-format %q: %s", r.format, what),
			Hint: "it is auto, rfc3339, epoch, or a strptime format such as '%d/%b/%Y:%H:%M:%S %z'",
		}
	}
	if !strings.Contains(r.format, "%") {
		return bad("names no format and has no % in it")
	}
	sample := timefmt.Format(time.Date(2026, 10, 31, 12, 13, 14, 0, time.UTC), r.format)
	if _, err := timefmt.ParseInLocation(sample, r.format, time.UTC); err != nil {
		return bad("can't be read back: " + errors.Unwrap(err).Error())
	}
	rest := strings.ReplaceAll(r.format, "%%", "")
	r.noYear = true
	for _, c := range "YyCGgcDFxsv+" {
		if strings.Contains(rest, "%"+string(c)) {
			r.noYear = false
		}
	}
	return nil
}

// Named reports whether the user said which field holds the time: then that field
// must hold one.
func (r *Reader) Named() bool { return r.field != "" }

// Is reports whether the field of this name is one that holds the time.
func (r *Reader) Is(name []byte) bool {
	if r.field != "" {
		return string(name) == r.field
	}
	switch string(name) {
	case "time", "timestamp", "@timestamp", "ts", "t", "date":
		return true
	}
	return false
}

// Text returns the time that s tells. near, nanoseconds since 1970 UTC, is what a
// layout without a year takes it from.
func (r *Reader) Text(s []byte, near int64) (ns int64, ok bool) {
	switch r.how {
	case rfc3339:
		return ParseRFC3339(s, r.loc)
	case epoch:
		return ParseEpoch(s)
	case layout:
		return r.layout(s, near)
	}
	if ns, ok = ParseRFC3339(s, r.loc); ok {
		return ns, true
	}
	if ns, ok = ParseEpoch(s); ok {
		return ns, ns >= plausible*1e9 || r.Named()
	}
	if ns, ok = httpd(s, r.loc); ok {
		return ns, true
	}
	return syslog(s, r.loc, near)
}

// Int returns the time that a number tells: with the formats auto and epoch, a
// count since 1970. Unless the field was named, a number that is too small to be a
// time of these days is none.
func (r *Reader) Int(n int64) (ns int64, ok bool) {
	if r.how == rfc3339 || r.how == layout || r.how == auto && n < plausible && !r.Named() {
		return 0, false
	}
	return Epoch(n), true
}

// Float is Int for a number with a fraction.
func (r *Reader) Float(f float64) (ns int64, ok bool) {
	if r.how == rfc3339 || r.how == layout || r.how == auto && f < plausible && !r.Named() {
		return 0, false
	}
	return EpochFloat(f)
}

func (r *Reader) layout(s []byte, near int64) (ns int64, ok bool) {
	// The text is looked at, and not kept: no need of a copy.
	text := unsafe.String(unsafe.SliceData(s), len(s))
	t, err := timefmt.ParseInLocation(text, r.format, r.loc)
	if err != nil {
		return 0, false
	}
	if r.noYear {
		return r.near(t, near)
	}
	if y := t.Year(); y < 1678 || y > 2261 {
		return 0, false
	}
	return t.UnixNano(), true
}

// near puts t, which has no year, near to a time that has one.
func (r *Reader) near(t time.Time, near int64) (ns int64, ok bool) {
	c := Civil{
		Month: int(t.Month()), Day: t.Day(),
		Hour: t.Hour(), Minute: t.Minute(), Second: t.Second(), Nano: t.Nanosecond(),
	}
	loc := t.Location()
	if loc != r.loc {
		_, c.Offset = t.Zone()
		c.Zoned = true
	}
	return c.UnixNear(loc, near)
}
