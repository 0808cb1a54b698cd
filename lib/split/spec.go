package split

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"heka/lib/msg"
	"heka/lib/near"
)

// Spec says how a stream is cut. Parse makes one; it does not change after, and may
// serve many streams and goroutines. The zero Spec makes a record of each line.
type Spec struct {
	rule func(max int) rule
	part func(line []byte) (part, bool)
}

// New returns the Splitter of a stream whose next byte stands at offset. Its
// records have the envelope of b and at most max bytes of payload, DefaultMaxLine if
// max is 0.
func (s Spec) New(b *msg.Builder, max int, offset int64) Splitter {
	stream := newStream(b, max, offset)
	if s.rule == nil {
		return &Lines{Stream: stream}
	}
	t := &spans{Stream: stream, rule: s.rule(stream.max)}
	if s.part != nil {
		t.join = &joiner{parse: s.part}
	}
	return t
}

// Parse reads how a stream is cut: split is the value of --split, multiline that of
// --multiline; empty ones say nothing. The error is for the one who typed them.
//
// split is line; null; token=T or token:N=T; regex=RE or regex-start=RE; fixed=N.
//
//   - null: a record ends in a NUL, as those of find -print0. (Heka's NullSplitter is
//     something else: it made a record of each read.)
//   - token: it ends where T stands, or where it stands for the Nth time. T is not
//     part of the record, as the end of a line is not, where Heka's TokenSplitter kept
//     it. T may have the escapes \n \r \t \0 \\ and \xFF.
//   - regex: it ends where the expression matches. If that has a group, the record
//     goes on to the group's end; with regex-start the next one starts with the group.
//     These are Heka's RegexSplitter with delimiter_eol true and false.
//   - fixed: it has N bytes.
//
// multiline joins lines: java, python, go, ruby, indent and start=RE to events,
// docker and cri the parts of lines that a container runtime wrote. An event's lines
// have their ends between them as they were; the last has none. Besides the
// limit of a record's bytes, an event has at most 1000 lines. What a line is is told
// by its first 4096 bytes.
func Parse(split, multiline string) (Spec, error) {
	s, err := parseSplit(split)
	if err != nil {
		return Spec{}, fmt.Errorf("--split %q: %w", split, err)
	}
	if multiline == "" {
		return s, nil
	}
	if s.rule != nil {
		return Spec{}, fmt.Errorf("--multiline joins lines: it does not go with --split %s", split)
	}
	if s, err = parseMultiline(multiline); err != nil {
		return Spec{}, fmt.Errorf("--multiline %q: %w", multiline, err)
	}
	return s, nil
}

var (
	errNone    = errors.New("needs no value")
	errValue   = errors.New("a value is missing behind =")
	errNumber  = errors.New("the number of bytes must be 1 to 1073741824")
	errCount   = errors.New("the count must be 1 to 1000000, as in token:2=X")
	errEscape  = errors.New(`the escapes are \n \r \t \0 \\ and \xFF`)
	errLong    = errors.New("the token is longer than 4096 bytes")
	errEmpty   = errors.New("the expression matches where nothing is, so no record would have an end")
	errGroups  = errors.New("the expression may have one group; others are written (?:...)")
	errNoGroup = errors.New("the expression needs a group, which the next record starts with")
)

func parseSplit(text string) (Spec, error) {
	kind, value, valued := strings.Cut(text, "=")
	name, count, _ := strings.Cut(kind, ":")
	if name != "token" {
		name, count = kind, ""
	}
	switch name {
	case "", "line", "null":
		switch {
		case valued:
			return Spec{}, errNone
		case name == "null":
			return tokens([]byte{0}, 1), nil
		}
		return Spec{}, nil
	case "token", "regex", "regex-start", "fixed":
		if value == "" {
			return Spec{}, errValue
		}
	}
	switch name {
	case "token":
		return parseToken(value, count)
	case "regex", "regex-start":
		d, err := newDelimiter(value, name == "regex-start")
		return Spec{rule: func(max int) rule { return newRegex(d, max) }}, err
	case "fixed":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 1<<30 {
			return Spec{}, errNumber
		}
		return Spec{rule: func(int) rule { return &fixed{size: n} }}, nil
	}
	return Spec{}, unknown(name, "line", "null", "token", "regex", "regex-start", "fixed")
}

func tokens(sep []byte, count int) Spec {
	return Spec{rule: func(int) rule { return &token{sep: sep, count: count} }}
}

func parseToken(text, count string) (Spec, error) {
	n := 1
	if count != "" {
		var err error
		if n, err = strconv.Atoi(count); err != nil || n < 1 || n > 1e6 {
			return Spec{}, errCount
		}
	}
	sep, err := unescape(text)
	if err != nil {
		return Spec{}, err
	}
	if len(sep) > overlap {
		return Spec{}, errLong
	}
	return tokens(sep, n), nil
}

// unescape reads a token as it is typed.
func unescape(text string) ([]byte, error) {
	var out []byte
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			out = append(out, text[i])
			continue
		}
		if i++; i == len(text) {
			return nil, errEscape
		}
		if k := strings.IndexByte(`nrt0\`, text[i]); k >= 0 {
			out = append(out, "\n\r\t\x00\\"[k])
			continue
		}
		if text[i] != 'x' || len(text) < i+3 {
			return nil, errEscape
		}
		c, err := strconv.ParseUint(text[i+1:i+3], 16, 8)
		if err != nil {
			return nil, errEscape
		}
		out = append(out, byte(c))
		i += 2
	}
	return out, nil
}

func parseMultiline(text string) (Spec, error) {
	name, value, valued := strings.Cut(text, "=")
	if name == "start" {
		if value == "" {
			return Spec{}, errValue
		}
		re, err := regexp.Compile(value)
		return grouped(func() mode { return start{re} }), err
	}
	var s Spec
	switch name {
	case "java":
		s = grouped(func() mode { return &java{} })
	case "python":
		s = grouped(func() mode { return &python{} })
	case "go":
		s = grouped(func() mode { return &goroutine{} })
	case "ruby":
		s = grouped(func() mode { return &ruby{} })
	case "indent":
		s = grouped(func() mode { return indent{} })
	case "docker", "cri":
		s = tokens([]byte{'\n'}, 1)
		s.part = dockerLine
		if name == "cri" {
			s.part = criLine
		}
	default:
		return s, unknown(name, "java", "python", "go", "ruby", "indent", "start", "docker", "cri")
	}
	if valued {
		return Spec{}, errNone
	}
	return s, nil
}

func grouped(m func() mode) Spec {
	return Spec{rule: func(int) rule { return &events{mode: m()} }}
}

func unknown(name string, names ...string) error {
	if w := near.Word(name, names); w != "" {
		return fmt.Errorf("did you mean %s?", w)
	}
	return fmt.Errorf("there is %s", strings.Join(names, ", "))
}
