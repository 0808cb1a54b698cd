package statmetric

import (
	"bytes"
	"errors"
	"strconv"
)

var errLine = errors.New("can't parse message: it is not bucket:value|type, " +
	"or bucket:value|type|@rate")

// sample is one line of StatsD.
type sample struct {
	bucket []byte
	kind   kind
	value  float64
	rate   float64
}

// parseLine reads bucket:value|type[|@rate]. The types are c, g and ms; h and m are counted
// as c is, as Heka did. A sign before the number of a gauge is that of the number.
func parseLine(line []byte) (s sample, ok bool) {
	i := bytes.LastIndexByte(line, ':')
	if i < 1 || i > maxName || !isName(line[:i]) {
		return s, false
	}
	s.bucket, s.rate = line[:i], 1
	value, rest, ok := bytes.Cut(line[i+1:], []byte("|"))
	kind, rate, sampled := bytes.Cut(rest, []byte("|"))
	if !ok {
		return s, false
	}
	if s.value, ok = number(value); !ok {
		return s, false
	}
	switch string(kind) {
	case "c", "h", "m":
		s.kind = counter
	case "ms":
		s.kind = timer
	case "g":
		s.kind = gauge
	default:
		return s, false
	}
	if !sampled {
		return s, true
	}
	if len(rate) < 2 || rate[0] != '@' {
		return s, false
	}
	s.rate, ok = number(rate[1:])
	return s, ok && s.rate > 0 && s.rate <= 1
}

// isName reports whether s has no blanks and no control characters.
func isName(s []byte) bool {
	for _, c := range s {
		if c <= ' ' || c == 0x7f {
			return false
		}
	}
	return true
}

// number reads a number in decimal.
func number(s []byte) (float64, bool) {
	if len(s) == 0 || len(s) > 64 {
		return 0, false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(string(s), 64)
	return f, err == nil
}
