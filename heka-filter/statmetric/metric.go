package statmetric

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"heka/heka-filter/internal/words"
	"heka/lib/encode"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/near"
)

// kind is what a metric is; it is the first byte of its key.
type kind byte

const (
	counter kind = 'c'
	timer   kind = 't'
	gauge   kind = 'g'
)

// kinds are the words for them.
var kinds = []string{"counter", "timer", "gauge"}

const statsdWord = "statsd"

func kindOf(word string) (kind, bool) {
	switch word {
	case "counter":
		return counter, true
	case "timer":
		return timer, true
	case "gauge":
		return gauge, true
	}
	return 0, false
}

// metric makes a value of a message, and the name it goes by.
type metric struct {
	kind  kind
	name  []part
	v     match.Var
	fixed bool // the value is number, not v
	value float64
}

// part is one of what a name is made of: text as it stands, or what a template fills in.
type part struct {
	text string
	fill *encode.Template
}

// parseMetrics reads the words. Times in names are of loc.
func parseMetrics(w *words.Words, loc *time.Location) (statsd bool, all []metric, err error) {
	args := w.Args
	for len(args) > 0 {
		if args[0] == statsdWord {
			if statsd {
				return false, nil, w.Mistake(statsdWord, "the word stands twice", "")
			}
			statsd = true
			args = args[1:]
			continue
		}
		m, n, err := parseMetric(w, args, loc)
		if err != nil {
			return false, nil, err
		}
		all = append(all, m)
		args = args[n:]
	}
	if !statsd && len(all) == 0 {
		return false, nil, w.Missing("a metric",
			"such as counter web.hits, timer web.time .request_time, or statsd")
	}
	return statsd, all, nil
}

// parseMetric reads the metric that args start with, and returns how many words it has.
func parseMetric(w *words.Words, args []string, loc *time.Location) (m metric, n int, err error) {
	var ok bool
	if m.kind, ok = kindOf(args[0]); !ok {
		hint := "one of counter, timer, gauge, statsd"
		if c := near.Word(args[0], append([]string{statsdWord}, kinds...)); c != "" {
			hint = "did you mean " + c + "?"
		}
		return m, 0, w.Mistake(args[0], "this is no kind of metric", hint)
	}
	if len(args) == 1 {
		return m, 0, w.Mistake(args[0], "its name is missing", "such as "+args[0]+" web.%{Hostname}")
	}
	if m.name, err = parseName(w, args[1], loc); err != nil {
		return m, 0, err
	}
	if len(args) > 2 {
		if _, isKind := kindOf(args[2]); !isKind && args[2] != statsdWord {
			return m, 3, m.parseValue(w, args[2])
		}
	}
	if m.kind != counter {
		return m, 0, w.Mistake(args[1], "its value is missing",
			"such as "+args[0]+" "+args[1]+" .request_time")
	}
	m.fixed, m.value = true, 1
	return m, 2, nil
}

// parseValue reads a number or a variable.
func (m *metric) parseValue(w *words.Words, word string) (err error) {
	if f, err := strconv.ParseFloat(word, 64); err == nil {
		if m.fixed, m.value = true, f; math.IsNaN(f) || math.IsInf(f, 0) {
			return w.Mistake(word, "this is no number", "")
		}
		return nil
	}
	if m.v, err = w.Var(word); err != nil {
		return err
	}
	if h, ok := m.v.Header(); ok && h != msg.Severity && h != msg.Pid && h != msg.Timestamp {
		return w.Mistake(word, "the header is no number", "")
	}
	return nil
}

// parseName cuts a name into what stands and what is filled in.
func parseName(w *words.Words, name string, loc *time.Location) (parts []part, err error) {
	if name == "" || strings.ContainsAny(name, " \t\n") {
		return nil, w.Mistake(name, "a name has no blanks, and is not empty",
			"such as web.%{Hostname}.hits")
	}
	for name != "" {
		i := strings.Index(name, "%{")
		if i < 0 {
			return append(parts, part{text: name}), nil
		}
		if i > 0 {
			parts = append(parts, part{text: name[:i]})
		}
		end := strings.IndexByte(name[i:], '}')
		if end < 0 {
			return nil, w.Mistake(name, "%{ without }", "")
		}
		t, err := encode.ParseTemplate(name[i:i+end+1], loc)
		var e *encode.TemplateError
		if errors.As(err, &e) {
			return nil, w.Mistake(name, e.What, "")
		}
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{fill: t})
		name = name[i+end+1:]
	}
	return parts, nil
}

// number returns the value of m in v; false if there is none. A text that is a number
// counts as it.
func (m *metric) number(v *msg.View) (f float64, ok bool) {
	if m.fixed {
		return m.value, true
	}
	if h, isHeader := m.v.Header(); isHeader {
		switch h {
		case msg.Timestamp:
			return float64(v.Timestamp()), true
		case msg.Severity:
			return float64(v.Severity()), true
		}
		return float64(v.Pid()), true
	}
	x, _ := m.v.Value(v)
	switch x.Kind() {
	case msg.Int, msg.Float:
		f = x.Float()
	case msg.String:
		var err error
		if f, err = strconv.ParseFloat(string(x.Text()), 64); err != nil {
			return 0, false
		}
	default:
		return 0, false
	}
	return f, f-f == 0 // neither infinite nor NaN
}

// maxName is how long a name may be.
const maxName = 1024

// appendName appends the name of m for v to dst; false if something that is to be filled in
// is not there, or the name is too long.
func (m *metric) appendName(dst []byte, v *msg.View, dot string) ([]byte, bool) {
	start := len(dst)
	for i := range m.name {
		p := &m.name[i]
		if p.fill == nil {
			dst = append(dst, p.text...)
			continue
		}
		at := len(dst)
		dst = p.fill.Append(dst, v)
		if len(dst) == at || len(dst)-start > maxName {
			return dst, false
		}
		dst = clean(dst, at, dot)
	}
	return dst, len(dst)-start <= maxName
}

// clean makes what stands from at on fit for a name: blanks and control characters become
// underscores, and points become dot, if that is not empty.
func clean(dst []byte, at int, dot string) []byte {
	for i := at; i < len(dst); i++ {
		switch c := dst[i]; {
		case c <= ' ' || c == 0x7f:
			dst[i] = '_'
		case c == '.' && len(dot) == 1:
			dst[i] = dot[0]
		}
	}
	return dst
}
