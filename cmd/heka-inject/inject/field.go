package inject

import (
	"fmt"
	"strconv"
	"strings"

	"heka/lib/msg"
)

// field is one field of the messages: a string, int64, float64 or bool.
type field struct {
	name  string
	value any
	rep   string
}

func (f *field) put(b *msg.Builder) {
	b.Name([]byte(f.name))
	b.Any(f.value)
	if f.rep != "" {
		b.Rep(f.rep)
	}
}

// parseFields reads NAME=VALUE of --field and NAME=UNIT of --rep, and returns all
// mistakes.
func parseFields(fields, reps []string) (all []field, errs []error) {
	for _, s := range fields {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			errs = append(errs, fmt.Errorf("--field %s: want NAME=VALUE, as in status=200", s))
			continue
		}
		all = append(all, field{name: name, value: parseValue(value)})
	}
	for _, s := range reps {
		name, unit, ok := strings.Cut(s, "=")
		if !ok || name == "" || unit == "" {
			errs = append(errs, fmt.Errorf("--rep %s: want NAME=UNIT, as in size=B", s))
			continue
		}
		found := false
		for i := range all {
			if all[i].name == name {
				all[i].rep, found = unit, true
			}
		}
		if !found && len(errs) == 0 {
			errs = append(errs, fmt.Errorf("--rep %s: there is no --field named %s", s, name))
		}
	}
	return all, errs
}

// parseValue reads a value as the type that it looks like: an integer, a number, a
// bool, a text in double quotes, or else the text that it is.
func parseValue(s string) any {
	switch {
	case s == "true":
		return true
	case s == "false":
		return false
	case len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"':
		if text, err := strconv.Unquote(s); err == nil {
			return text
		}
		return s[1 : len(s)-1]
	case s == "" || strings.Trim(s, "0123456789+-.eE") != "":
		return s
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return f
	}
	return s
}
