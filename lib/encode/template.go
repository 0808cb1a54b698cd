package encode

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"heka/lib/msg"
)

// Template is a text in which the parts of a message are filled in:
//
//	%{Type}             a header, by Heka's name; %{Timestamp} is RFC 3339
//	%{status}           a field, also %{.status} and %{Fields[status]}
//	%{Fields[x][1][0]}  element 0 of the second field x
//	%Y %m %d %H ...     the message's time, as of strftime(3)
//	%%                  a percent sign
//	\n \t \r \\         newline, tab, carriage return, backslash
//
// The times are %Y %C %y %m %B %b %h %d %e %j %a %A %u %w %G %g %V %H %I %M %S %p
// %Z %z %s %F %T %D %R, and %L %f %N for 3, 6 and 9 digits of the second's
// fraction. An unset header and a missing field are empty, an array is its
// elements with commas between, bytes are base64.
//
// A Template keeps what it worked out of the time before, so it is for one
// goroutine; Clone makes another of the same text.
type Template struct {
	ops   []op
	loc   *time.Location
	ends  bool // the text ends in a newline
	clock clock
	cal   calendar
	at    offsets
	value []byte
}

// op is one part of a template: text, a time's letter, or a ref if both are unset.
type op struct {
	text   []byte
	letter byte
	ref    ref

	slash  bool // text is a '/' of the template
	budget int  // of an element's first part: bytes of it that values may take
}

// times are the letters that a '%' may stand before.
const times = "YCymBbhdejaAuwGgVHIMSpZzsFTDRLfN"

// TemplateError is a mistake in the text of a template.
type TemplateError struct {
	Text   string
	Column int // in characters, from 1
	What   string
	at     int // Column as bytes, from 0
}

// Error returns the mistake, the text, and a caret below the place, in three lines.
func (e *TemplateError) Error() string {
	before := AppendVisible(nil, []byte(e.Text[:e.at]))
	shown := AppendVisible(before, []byte(e.Text[e.at:]))
	return fmt.Sprintf("template: column %d: %s\n    %s\n    %s^", e.Column, e.What, shown,
		strings.Repeat(" ", utf8.RuneCount(before)))
}

// ParseTemplate reads a template. Times are of loc; nil is UTC. An error is a
// *TemplateError.
func ParseTemplate(text string, loc *time.Location) (*Template, error) {
	if loc == nil {
		loc = time.UTC
	}
	t := &Template{loc: loc}
	var lit []byte
	flush := func() {
		if len(lit) > 0 {
			t.ops = append(t.ops, op{text: lit})
			lit = nil
		}
	}
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '\\':
			b, err := unescape(text, i)
			if err != nil {
				return nil, err
			}
			lit = append(lit, b)
			i += 2
		case c == '/':
			flush()
			t.ops = append(t.ops, op{text: []byte("/"), slash: true})
			i++
		case c != '%':
			lit = append(lit, c)
			i++
		case strings.HasPrefix(text[i:], "%%"):
			lit = append(lit, '%')
			i += 2
		default:
			o, next, err := parsePart(text, i)
			if err != nil {
				return nil, err
			}
			flush()
			t.ops = append(t.ops, o)
			i = next
		}
	}
	flush()
	if n := len(t.ops); n > 0 {
		last := t.ops[n-1].text
		t.ends = len(last) > 0 && last[len(last)-1] == '\n'
	}
	t.setBudgets()
	return t, nil
}

func mistake(text string, at int, what string) error {
	column := utf8.RuneCountInString(text[:at]) + 1
	return &TemplateError{Text: text, Column: column, What: what, at: at}
}

// unescape returns what the backslash at text[i] and the byte behind it mean.
func unescape(text string, i int) (byte, error) {
	if i+1 == len(text) {
		return 0, mistake(text, i, `a backslash at the end; write \\ for one`)
	}
	switch text[i+1] {
	case 'n':
		return '\n', nil
	case 't':
		return '\t', nil
	case 'r':
		return '\r', nil
	case '\\':
		return '\\', nil
	}
	return 0, mistake(text, i, `unknown escape; there are \n, \t, \r and \\`)
}

// parsePart reads %{...} or %Y at text[i].
func parsePart(text string, i int) (o op, next int, err error) {
	if i+1 == len(text) {
		return o, i, mistake(text, i, "a percent sign at the end; write %% for one")
	}
	c := text[i+1]
	if c != '{' {
		if strings.IndexByte(times, c) < 0 {
			return o, i, mistake(text, i, "unknown directive; write %% for a percent sign")
		}
		return op{letter: c}, i + 2, nil
	}
	n := strings.IndexByte(text[i:], '}')
	if n < 0 {
		return o, i, mistake(text, i, "%{ without }")
	}
	if o.ref, err = parseRef(text[i+2 : i+n]); err != nil {
		return o, i, mistake(text, i+2, fmt.Sprintf("%q %s", text[i+2:i+n], err))
	}
	return o, i + n + 1, nil
}

// Clone returns a template of the same text, for another goroutine.
func (t *Template) Clone() *Template {
	return &Template{ops: t.ops, loc: t.loc, ends: t.ends}
}

// Append appends the text filled in from v to dst, with no newline of its own.
func (t *Template) Append(dst []byte, v *msg.View) []byte {
	b := v.Body()
	t.at.walk(b)
	for i := range t.ops {
		switch o := &t.ops[i]; {
		case o.text != nil:
			dst = append(dst, o.text...)
		case o.letter != 0:
			dst = t.cal.append(dst, o.letter, v.Timestamp(), t.loc)
		default:
			dst = o.ref.append(dst, b, &t.at, &t.clock)
		}
	}
	return dst
}

// line is a template as an Encoder: each message ends a line.
type line struct{ t *Template }

// Append appends the text of v and a newline, unless the template ends in one.
func (l line) Append(dst []byte, v *msg.View) []byte {
	dst = l.t.Append(dst, v)
	if l.t.ends {
		return dst
	}
	return append(dst, '\n')
}
