package set

import (
	"math"
	"strconv"
	"strings"

	"heka/heka-filter/internal/words"
	"heka/lib/match"
	"heka/lib/msg"
)

// parse reads NAME=VALUE...
func parse(args []string) ([]assignment, error) {
	w := &words.Words{Verb: "set", Args: args}
	if len(args) == 0 {
		return nil, w.Missing("an assignment", "such as .env='\"prod\"' or .n=5")
	}
	var all []assignment
	for _, word := range args {
		a, err := parseOne(w, word)
		if err != nil {
			return nil, err
		}
		for i := range all {
			if all[i].name == a.name && all[i].header == a.header {
				return nil, w.Mistake(word, "the same is set twice", "")
			}
		}
		all = append(all, a)
	}
	return all, nil
}

func parseOne(w *words.Words, word string) (a assignment, err error) {
	name, value, ok := cutEqual(word)
	if !ok {
		return a, w.Mistake(word, "this is no assignment", "such as .env='\"prod\"' or .n=5")
	}
	to, err := w.Var(strings.TrimSpace(name))
	if err != nil {
		return a, err
	}
	if h, ok := to.Header(); ok {
		a.header = h
	} else {
		if to.String() != "Fields["+to.Name()+"]" {
			return a, w.Mistake(name, "a field is set as a whole", "did you mean ."+to.Name()+"?")
		}
		a.name, a.key = to.Name(), msg.NewKey(to.Name())
	}
	if err := a.parseValue(w, word, strings.TrimSpace(value)); err != nil {
		return a, err
	}
	return a, a.check(w, word)
}

// cutEqual cuts word at the first = that is not within brackets.
func cutEqual(word string) (name, value string, ok bool) {
	depth := 0
	for i := range len(word) {
		switch {
		case word[i] == '[':
			depth++
		case word[i] == ']':
			depth--
		case word[i] == '=' && depth <= 0:
			return word[:i], word[i+1:], true
		}
	}
	return "", "", false
}

// parseValue reads a literal or a variable.
func (a *assignment) parseValue(w *words.Words, word, s string) error {
	if s == "" {
		return w.Mistake(word, "a value is missing", "an empty text is '\"\"'")
	}
	if v, ok := literal(s); ok {
		a.value = v
		return nil
	}
	if c := s[0]; c == '"' || c == '\'' {
		return w.Mistake(word, "the text does not end as it begins", "")
	}
	v, err := match.ParseVar(s)
	if err != nil {
		return w.Mistake(word, s+" is neither a value nor a variable",
			"did you mean '\""+s+"\"', or ."+s+"?")
	}
	a.from = v
	if v.IsField() {
		a.srcName = []byte(v.Name())
	}
	return nil
}

// literal reads true, false, a number, or a text in quotes: as in Go, or in single
// quotes as it stands.
func literal(s string) (msg.Value, bool) {
	switch s {
	case "true", "TRUE":
		return value(true), true
	case "false", "FALSE":
		return value(false), true
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return value(n), true
	}
	if c := s[0]; c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' {
		f, err := strconv.ParseFloat(s, 64)
		if err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return value(f), true
		}
	}
	if len(s) >= 2 && s[0] == '\'' && s[len(s)-1] == '\'' {
		return value(s[1 : len(s)-1]), true
	}
	if s[0] == '"' {
		if t, err := strconv.Unquote(s); err == nil {
			return value(t), true
		}
	}
	return msg.Value{}, false
}

// value encodes a Go value as a field's.
func value(x any) msg.Value {
	var b msg.Builder
	b.Name(nil)
	b.Any(x)
	var v msg.View
	v.Reset(b.AppendBody(nil))
	f, _ := v.Field("", 0)
	return f
}

// check wants a literal to fit a header.
func (a *assignment) check(w *words.Words, word string) error {
	if a.name != "" {
		return nil
	}
	if a.value.Kind() == msg.Invalid {
		if h, ok := a.from.Header(); ok && isNumber(a.header) && !isNumber(h) {
			return w.Mistake(word, h.String()+" is no number", "")
		}
		return nil
	}
	var b msg.Builder
	text := match.AppendValue(nil, a.value)
	if a.value.Kind() != msg.String && !isNumber(a.header) {
		return w.Mistake(word, a.header.String()+" is a text", "quote the value, such as '\"x\"'")
	}
	if setHeader(&b, a.header, a.value, text) {
		if a.header == msg.Timestamp {
			a.value = value(b.Timestamp)
		}
		return nil
	}
	hint := map[msg.Header]string{
		msg.Uuid:      "such as '\"018bcfe5-6800-7000-8000-000000000000\"'",
		msg.Timestamp: "nanoseconds since 1970, or such as '\"2006-01-02T15:04:05Z\"'",
		msg.Severity:  "from 0 (emergency) to 7 (debug)",
		msg.Pid:       "a whole number",
	}[a.header]
	return w.Mistake(word, "the value does not fit "+a.header.String(), hint)
}
