package logfmt

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"heka/heka-decode/internal/level"
	"heka/heka-decode/internal/number"
	"heka/heka-decode/internal/stamp"
	"heka/lib/msg"
)

// SyntaxError says where a line is not what it should be. It is the decoder's own,
// and stands until the next line.
type SyntaxError struct {
	At   int // bytes of the line before it
	What string
}

func (e *SyntaxError) Error() string { return "byte " + strconv.Itoa(e.At) + ": " + e.What }

// What a byte may end, in ends.
const (
	key = 1 << iota
	value
)

var ends = func() (t [256]uint8) {
	for c := range ' ' + 1 {
		t[c] = key | value
	}
	t['"'], t['='] = key|value, key
	return t
}()

// decoder decodes one line after another. It is for one goroutine.
type decoder struct {
	options
	typ     []byte
	times   *stamp.Reader
	b       *msg.Builder
	timed   bool
	badTime bool
	scratch []byte // the text of a quoted value, until the next
	err     SyntaxError
}

// decode is a stage.Func, and the hot path.
func (d *decoder) decode(_ *msg.View, b *msg.Builder) error {
	d.b, d.timed, d.badTime = b, false, false
	if !d.line(b.Payload) {
		return &d.err
	}
	if d.badTime {
		return stamp.ErrTime
	}
	b.Type = d.typ
	if !d.payload {
		b.Payload = nil
	}
	return nil
}

func (d *decoder) fail(i int, what string) bool {
	d.err = SyntaxError{i, what}
	return false
}

// line makes fields of all pairs of s, of which there must be one.
func (d *decoder) line(s []byte) bool {
	pairs := 0
	for i := 0; ; {
		for i < len(s) && s[i] <= ' ' {
			i++
		}
		if i == len(s) {
			break
		}
		start := i
		for i < len(s) && ends[s[i]]&key == 0 {
			i++
		}
		name := s[start:i]
		switch {
		case i < len(s) && s[i] == '"':
			return d.fail(i, "a quote within a key")
		case !validKey(name):
			return d.fail(start, "a key that is not UTF-8")
		case i == len(s) || s[i] != '=':
			d.b.Name(name)
			d.b.Bool(true)
			continue
		case i == start:
			return d.fail(i, "no key before the =")
		}
		pairs++
		if i = d.value(name, s, i+1); i < 0 {
			return false
		}
	}
	if pairs == 0 {
		return d.fail(0, "no key=value")
	}
	return true
}

// validKey reports whether key is UTF-8 and has no U+FFFD, which stands for what was
// none.
func validKey(key []byte) bool {
	for _, c := range key {
		if c >= utf8.RuneSelf {
			return !bytes.ContainsRune(key, utf8.RuneError)
		}
	}
	return true
}

// value reads the value at s[i:] and returns the offset behind it; a negative one
// after fail.
func (d *decoder) value(key, s []byte, i int) int {
	if i < len(s) && s[i] == '"' {
		return d.quoted(key, s, i)
	}
	start := i
	for i < len(s) && ends[s[i]]&value == 0 {
		i++
	}
	if i < len(s) && s[i] == '"' {
		d.fail(i, "a quote within a value that does not start with one")
		return -1
	}
	d.bare(key, s[start:i])
	return i
}

// bare makes a field of a value without quotes.
func (d *decoder) bare(key, text []byte) {
	switch {
	case d.noted(key, text):
	case d.strings:
		d.str(key, text)
	case string(text) == "true" || string(text) == "false":
		d.b.Name(key)
		d.b.Bool(text[0] == 't')
	default:
		d.b.Name(key)
		number.Append(d.b, text)
	}
}

func (d *decoder) str(key, text []byte) {
	d.b.Name(key)
	d.b.Str(text)
}

// noted takes the message's time or severity from a pair, and reports whether the
// pair is no field besides.
func (d *decoder) noted(key, text []byte) bool {
	if !d.timed && d.times.Is(key) {
		ns, ok := d.times.Text(text, d.b.Timestamp)
		if ok {
			d.b.Timestamp, d.timed = ns, true
			return !d.times.Keep
		}
		d.badTime = d.badTime || d.times.Named()
	}
	if level.IsField(key) {
		if s, ok := level.Severity(text); ok {
			d.b.Severity = s
		}
	}
	return false
}

// quoted reads the value whose opening quote is s[i].
func (d *decoder) quoted(key, s []byte, i int) int {
	start := i + 1
	for i = start; ; i++ {
		n := bytes.IndexByte(s[i:], '"')
		if n < 0 {
			d.fail(start-1, "a quote that is not closed")
			return -1
		}
		// A backslash before the quote may be one of a pair.
		i += n
		back := 0
		for i-1-back >= start && s[i-1-back] == '\\' {
			back++
		}
		if back%2 == 0 {
			break
		}
	}
	text := s[start:i]
	if bytes.IndexByte(text, '\\') >= 0 {
		var ok bool
		if text, ok = d.unescape(text); !ok {
			d.fail(start-1, "a bad escape within a value")
			return -1
		}
	}
	if !d.noted(key, text) {
		d.str(key, text)
	}
	return i + 1
}

// unescape resolves the escapes of src, which are those of JSON, into scratch.
func (d *decoder) unescape(src []byte) (text []byte, ok bool) {
	dst := d.scratch[:0]
	defer func() { d.scratch = dst[:0] }()
	for i := 0; i < len(src); {
		c := src[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(src[i:])
			dst = utf8.AppendRune(dst, r)
			i += size
			continue
		}
		if c < ' ' {
			return nil, false
		}
		if c != '\\' {
			dst = append(dst, c)
			i++
			continue
		}
		if i++; i == len(src) {
			return nil, false
		}
		if src[i] == 'u' {
			r, n := codePoint(src[i-1:])
			if n == 0 {
				return nil, false
			}
			dst = utf8.AppendRune(dst, r)
			i += n - 1
			continue
		}
		if c = single(src[i]); c == 0 {
			return nil, false
		}
		dst = append(dst, c)
		i++
	}
	return dst, true
}

// single returns what a backslash and c stand for; 0 if they stand for nothing.
func single(c byte) byte {
	switch c {
	case '"', '\\', '/', '\'':
		return c
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

// codePoint returns what the \u escape, or the pair of them, at the start of s
// stands for, and how many bytes it takes; 0 if it is none. Half of a pair is
// U+FFFD.
func codePoint(s []byte) (r rune, n int) {
	r = hex4(s)
	if r < 0 {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(s) >= 12 {
		if low := hex4(s[6:]); low >= 0 {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				return both, 12
			}
		}
	}
	return utf8.RuneError, 6
}

// hex4 returns the number of \u and four digits at the start of s; a negative one
// if there are none.
func hex4(s []byte) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range s[2:6] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20-'a' < 6:
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}
