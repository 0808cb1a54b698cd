package console

import (
	"bytes"
	"time"

	"heka/lib/encode"
	"heka/lib/msg"
)

// Names of the fields that stand at the end of a line, in red.
const (
	fieldError   = "heka.error"
	fieldErrorBy = "heka.error.by"
)

// severities are the words for severities below msg.DefaultSeverity, and their
// colours.
var severities = [msg.DefaultSeverity]struct{ word, color string }{
	{"EMERG", alarm}, {"ALERT", alarm}, {"CRIT", alarm}, {"ERROR", red},
	{"WARN", yellow}, {"NOTICE", cyan}, {"INFO", green},
}

// events draws messages as lines, and remembers the day of the last. It is on the
// path of every message, and allocates nothing.
type events struct {
	year    int
	yearDay int // of the line before; 0: there was none
}

// append appends the line of v, after one with the date if that has changed.
func (e *events) append(dst []byte, v *msg.View, k *look) []byte {
	t := k.time(v.Timestamp())
	dst = e.day(dst, t, k)
	dst = k.paint(dst, dim)
	dst = appendClock(dst, t, true)
	dst = k.paint(dst, plain)
	if s := v.Severity(); s >= 0 && s < msg.DefaultSeverity {
		dst = k.word(append(dst, ' '), severities[s].color, severities[s].word)
	} else if s != msg.DefaultSeverity {
		dst = encode.AppendInt(append(dst, " severity="...), s)
	}
	if s := v.Type(); len(s) > 0 {
		dst = k.paint(append(dst, ' '), dim)
		dst = encode.AppendVisible(dst, s)
		dst = k.paint(dst, plain)
	}
	if s := v.Payload(); len(s) > 0 {
		dst = encode.AppendVisible(append(dst, ' '), s)
	}
	dst = appendFields(dst, v, k)
	return append(dst, '\n')
}

// day appends a line with the date of t, if the line before was of another day.
func (e *events) day(dst []byte, t time.Time, k *look) []byte {
	if t.YearDay() == e.yearDay && t.Year() == e.year {
		return dst
	}
	e.year, e.yearDay = t.Year(), t.YearDay()
	return k.appendDay(dst, t)
}

// appendFields appends the fields, those of an error last.
func appendFields(dst []byte, v *msg.View, k *look) []byte {
	failed := false
	for it := v.Fields(); it.Next(); {
		if isError(it.Name) {
			failed = true
			continue
		}
		dst = k.paint(append(dst, ' '), dim)
		dst = append(appendText(dst, it.Name), '=')
		dst = k.paint(dst, plain)
		dst = appendValue(dst, it.Value, k)
	}
	if !failed {
		return dst
	}
	dst = k.paint(dst, red)
	for it := v.Fields(); it.Next(); {
		if isError(it.Name) {
			dst = append(append(append(dst, ' '), it.Name...), '=')
			dst = appendValue(dst, it.Value, &look{})
		}
	}
	return k.paint(dst, plain)
}

func isError(name []byte) bool {
	return string(name) == fieldError || string(name) == fieldErrorBy
}

// appendValue appends a value: texts in quotes if they need them, the elements of an
// array with commas between.
func appendValue(dst []byte, v msg.Value, k *look) []byte {
	switch v.Kind() {
	case msg.String, msg.Bytes:
		return appendText(dst, v.Text())
	case msg.Array:
		dst = append(dst, '[')
		n := 0
		for it := v.Elems(); it.Next(); n++ {
			if n > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, it.Value, k)
		}
		return append(dst, ']')
	case msg.Bool:
		return appendBool(dst, v.Bool())
	}
	dst = k.paint(dst, cyan)
	if v.Kind() == msg.Int {
		dst = appendInt(dst, v)
	} else {
		dst = appendFloat(dst, v.Float())
	}
	return k.paint(dst, plain)
}

// appendText appends s as it can be shown, in quotes if it is empty or has a space, a
// quote or '='.
func appendText(dst, s []byte) []byte {
	if len(s) > 0 && bytes.IndexByte(s, ' ') < 0 && bytes.IndexByte(s, '"') < 0 &&
		bytes.IndexByte(s, '=') < 0 {
		return encode.AppendVisible(dst, s)
	}
	dst = append(dst, '"')
	for {
		i := bytes.IndexByte(s, '"')
		if i < 0 {
			return append(encode.AppendVisible(dst, s), '"')
		}
		dst = append(encode.AppendVisible(dst, s[:i]), `\"`...)
		s = s[i+1:]
	}
}
