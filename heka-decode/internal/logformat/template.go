// Package logformat decodes lines that a web server wrote after a template, such
// as nginx's log_format or Apache's LogFormat.
//
// A kind translates its server's template into parts, literals and variables;
// [Compile] checks them and makes a [Template]; a [Scanner] of it takes a line
// apart in one pass and puts the values straight into a message. Between two
// variables must stand a literal: a value ends where the literal behind its
// variable is first found, so nothing is ever tried twice.
package logformat

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"heka/lib/msg"
	"heka/lib/stage"
)

// Kind is what the value of a variable is read as.
type Kind uint8

// The kinds of variables. A value that is not of its variable's kind is kept as
// a string.
const (
	String  Kind = iota
	Int          // decimal, signed, of 64 bits
	Float        // decimal, divided by 10^Var.Scale
	Request      // "GET / HTTP/1.1": the whole as a string, and its three parts
	Query        // a string without the question mark that it starts with
	Clock        // a time, or a part of one: Var.Time. It makes no field
	Skip         // not kept
)

// Absent says what the value "-" stands for.
type Absent uint8

// What "-" may stand for.
const (
	NoField Absent = iota // the server had no value: there is no field
	Zero                  // the number 0
	Dash                  // itself
)

// Var is a variable of a template.
type Var struct {
	Text   string // as written in the template; errors name it
	Field  string // name of the field that it becomes
	Kind   Kind
	List   bool   // Int, Float, String: may be a list "a, b : c", which becomes an array
	Scale  int    // of Float
	Absent Absent // what "-" is
	Rep    string // representation: "B", "s", "ip"; "ip" becomes "ipv4" or "ipv6"
	Time   *Time  // of Clock
}

// Part is a literal, or a variable if Var is not nil.
type Part struct {
	Literal string
	Var     *Var
}

// Options of a template.
type Options struct {
	Escape   Escape         // how the server writes what would break its lines
	Reps     bool           // give the fields their representations
	Location *time.Location // of times without a zone; nil: UTC
	Strict   bool           // a number that is none does not fit; else it stays a string
}

// Template is a compiled template. It does not change, and may serve many
// goroutines; each needs a Scanner of its own.
type Template struct {
	prefix  []byte
	steps   []step
	opt     Options
	local   bool // times have no zone of their own
	keys    [3]msg.Key
	start   error // the line does not begin as the template does
	trailer error // the line goes on where the template ends
}

// step is a variable and the literal behind it.
type step struct {
	lit   []byte
	word  uint64 // lit, little-endian, if it has up to 8 bytes,
	mask  uint64 // and which bits of word count; else 0
	key   msg.Key
	find  find
	try   try
	first byte // of lit
	plain bool // a string, and nothing more
	cache int  // index of the scanner's cache, of a Clock
	err   error
	Var
}

// find is how the end of a value is found.
type find uint8

const (
	findNothing find = iota // it goes on to the end of the line
	findText                // where the literal is
	findQuote               // the same, but the value may hold quotes that are escaped
	findSuffix              // the literal is the line's last: whatever the value holds, there it ends
)

// try is what is tried first of findText, because it costs less than to search.
type try uint8

const (
	tryNothing try = iota
	tryDash
	tryDigits
	tryClock
)

// The fields that a request is split into.
var requestFields = [3]string{"request_method", "request_uri", "server_protocol"}

// Compile makes a template of parts. Of two variables with one field the first is
// kept. Errors are of type *stage.UsageError.
func Compile(parts []Part, opt Options) (*Template, error) {
	if opt.Location == nil {
		opt.Location = time.UTC
	}
	t := &Template{opt: opt, start: errors.New("no match at the start of the line"),
		trailer: errors.New("no match at the end of the line")}
	seen := map[string]bool{}
	for _, p := range parts {
		if p.Var == nil {
			t.literal(p.Literal)
			continue
		}
		if n := len(t.steps); n > 0 && len(t.steps[n-1].lit) == 0 {
			return nil, adjacent(t.steps[n-1].Text, p.Var.Text)
		}
		t.steps = append(t.steps, newStep(*p.Var, seen))
	}
	if len(t.steps) == 0 {
		return nil, &stage.UsageError{Msg: "the format has no variables"}
	}
	t.finish(seen)
	return t, nil
}

func adjacent(a, b string) error {
	return &stage.UsageError{
		Msg:  fmt.Sprintf("nothing stands between %s and %s in the format", a, b),
		Hint: "no one can tell where the first ends: write a blank, say, between them",
	}
}

func newStep(v Var, seen map[string]bool) step {
	if v.Kind != Clock && v.Kind != Skip {
		if seen[v.Field] {
			v.Kind = Skip
		}
		seen[v.Field] = true
	}
	return step{Var: v, err: errors.New("no match at " + v.Text)}
}

// literal adds text behind the last variable.
func (t *Template) literal(s string) {
	if n := len(t.steps); n > 0 {
		t.steps[n-1].lit = append(t.steps[n-1].lit, s...)
	} else {
		t.prefix = append(t.prefix, s...)
	}
}

// finish settles what depends on all variables.
func (t *Template) finish(seen map[string]bool) {
	var has part
	for i := range t.steps {
		if s := &t.steps[i]; s.Kind == Clock {
			has |= s.Time.has
		}
	}
	t.local = has&zone == 0
	clocks := 0
	for i := range t.steps {
		s := &t.steps[i]
		if s.Kind == Clock && has&(date|epoch) == 0 {
			s.Kind = String // a time of no day: all that can be kept is its text
		}
		s.setFind(i == len(t.steps)-1, t.opt.Escape)
		s.key = msg.NewKey(s.Field)
		if !t.opt.Reps {
			s.Rep = ""
		}
		s.plain = s.Kind == String && !s.List && s.Rep == ""
		if s.Kind == Clock {
			s.cache = clocks
			clocks++
		}
	}
	for i, name := range requestFields {
		if !seen[name] {
			t.keys[i] = msg.NewKey(name)
		}
	}
}

// setFind settles how the end of the value of s is found.
func (s *step) setFind(last bool, e Escape) {
	if len(s.lit) == 0 {
		s.find = findNothing
		return
	}
	s.first = s.lit[0]
	if len(s.lit) <= 8 {
		var word [8]byte
		copy(word[:], s.lit)
		s.word = binary.LittleEndian.Uint64(word[:])
		s.mask = ^uint64(0) >> (64 - 8*len(s.lit))
	}
	switch {
	case e != EscapeNone && s.first == '"':
		s.find = findQuote
	case last:
		s.find = findSuffix
	default:
		s.find = findText
	}
	switch {
	case s.Kind == Clock:
		s.try = tryClock
	case s.Kind == Int && (s.first < '0' || s.first > '9'):
		s.try = tryDigits
	case s.first != '-':
		s.try = tryDash
	}
}
