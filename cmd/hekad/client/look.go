package client

import (
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"
	"golang.org/x/term"

	"heka/lib/encode"
	"heka/lib/size"
)

// Colours of ECMA-48.
const (
	plain  = "\x1b[0m"
	dim    = "\x1b[2m"
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	invert = "\x1b[7m"
)

// useColor says whether to write colour to f.
func (b *base) useColor(f *os.File) bool {
	switch b.color {
	case "always":
		return true
	case "never":
		return false
	}
	return term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// painter puts colours around text, or does not.
type painter bool

func (p painter) paint(color, s string) string {
	if !p || color == "" || s == "" {
		return s
	}
	return color + s + plain
}

// visible returns s as it can be shown on a terminal, on one line.
func visible(s string) string { return string(encode.AppendVisible(nil, []byte(s))) }

// visibleLines is visible for text of several lines.
func visibleLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = visible(lines[i])
	}
	return strings.Join(lines, "\n")
}

// cells measures text, colours in it apart.
var cells = displaywidth.Options{ControlSequences: true}

// cut cuts a line that is wider than width.
func cut(s string, width int) string {
	if cells.String(s) <= width {
		return s
	}
	s = cells.TruncateString(s, width, "…")
	if strings.Contains(s, "\x1b") && !strings.HasSuffix(s, plain) {
		s += plain
	}
	return s
}

// count writes a number of things: exact below 100 000, with three digits above.
func count(n int64) string {
	if n > -100_000 && n < 100_000 {
		return strconv.FormatInt(n, 10)
	}
	return short(float64(n))
}

// short writes f with three digits and a unit.
func short(f float64) string {
	if f < 0 {
		return "-" + short(-f)
	}
	for _, u := range []struct {
		of   float64
		unit string
	}{{1e15, "P"}, {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if f >= u.of*0.9995 {
			return digits(f/u.of) + u.unit
		}
	}
	return digits(f)
}

// digits writes f, which is below 1000, with three digits.
func digits(f float64) string {
	switch {
	case f == 0:
		return "0"
	case f < 0.005:
		return "<0.01"
	case f < 9.995:
		return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(f, 'f', 2, 64), "0"), ".")
	case f < 99.95:
		return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}

// bytes writes a size.
func bytes(n int64) string { return size.Format(n) }

// percent writes a share.
func percent(f float64) string {
	if f > 0 && f < 0.005 {
		return "<1%"
	}
	return strconv.FormatFloat(f*100, 'f', 0, 64) + "%"
}

// span writes a duration in its two largest units.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < time.Second:
		return digits(float64(d)/float64(time.Millisecond)) + "ms"
	case d < 10*time.Second:
		return digits(d.Seconds()) + "s"
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + "s"
	case d < time.Hour:
		return two(d, time.Minute, "m", time.Second, "s")
	case d < 24*time.Hour:
		return two(d, time.Hour, "h", time.Minute, "m")
	}
	return two(d, 24*time.Hour, "d", time.Hour, "h")
}

func two(d, large time.Duration, l string, small time.Duration, s string) string {
	text := strconv.FormatInt(int64(d/large), 10) + l
	if rest := d % large / small; rest > 0 {
		text += strconv.FormatInt(int64(rest), 10) + s
	}
	return text
}

// seconds is a number of seconds as a duration.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
