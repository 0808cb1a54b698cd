package match

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

func (p *parser) end() bool { return p.pos >= len(p.src) }

// peek returns the byte at pos; 0 at the end.
func (p *parser) peek() byte {
	if p.end() {
		return 0
	}
	return p.src[p.pos]
}

// space skips white space, of which newlines are.
func (p *parser) space() {
	for !p.end() {
		switch p.src[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

// take skips s if it stands at pos.
func (p *parser) take(s string) bool {
	if !strings.HasPrefix(p.src[p.pos:], s) {
		return false
	}
	p.pos += len(s)
	return true
}

// takeWord is take for a word, which no letter or digit may follow.
func (p *parser) takeWord(s string) bool {
	at := p.pos
	if p.word() == s {
		return true
	}
	p.pos = at
	return false
}

// word reads ASCII letters, digits and _.
func (p *parser) word() string {
	at := p.pos
	for !p.end() && isWord(p.src[p.pos]) {
		p.pos++
	}
	return p.src[at:p.pos]
}

// until reads what stands before c, or all there is.
func (p *parser) until(c byte) string {
	at := p.pos
	if n := strings.IndexByte(p.src[at:], c); n >= 0 {
		p.pos += n
	} else {
		p.pos = len(p.src)
	}
	return p.src[at:p.pos]
}

// dotted reads the name behind a dot: letters, digits, _, -, and dots between those.
func (p *parser) dotted() string {
	at := p.pos
	for !p.end() {
		next := p.src[p.pos:]
		n := nameChar(next)
		if n == 0 && next[0] == '.' && p.pos > at && nameChar(next[1:]) > 0 {
			n = 1
		}
		if n == 0 {
			break
		}
		p.pos += n
	}
	return p.src[at:p.pos]
}

// nameChar returns the size of the character that s starts with if it may stand
// in a name behind a dot, else 0.
func nameChar(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case r == '_' || r == '-':
		return n
	case r == utf8.RuneError:
		return 0
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		return n
	}
	return 0
}

// quoted reads text between two of the quote at pos. A backslash before that
// quote is dropped; before anything else, both stay.
func (p *parser) quoted(what string) (string, error) {
	open := p.pos
	q := p.src[open]
	var b strings.Builder
	for i := open + 1; i < len(p.src); i++ {
		switch c := p.src[i]; {
		case c == q:
			p.pos = i + 1
			return b.String(), nil
		case c == '\\' && i+1 < len(p.src):
			i++
			if p.src[i] != q {
				b.WriteByte('\\')
			}
			b.WriteByte(p.src[i])
		default:
			b.WriteByte(c)
		}
	}
	hint := ""
	if strings.HasSuffix(p.src, `\`+string(q)) {
		hint = `a backslash before the closing ` + string(q) + ` takes it into the ` + what
	}
	return "", p.fail(open, "this "+what+" is not closed", hint)
}

// number reads a number and the unit that may follow it at once.
func (p *parser) number() (literal, error) {
	at := p.pos
	p.take("-")
	digits := p.digits()
	if p.peek() == '.' {
		p.pos++
		digits += p.digits()
	}
	if digits == 0 {
		return literal{}, p.fail(at, "a number is missing", "")
	}
	p.exponent()
	n, ok := parseNumber(p.src[at:p.pos])
	if !ok {
		return literal{}, p.fail(at, "this number is too large", "")
	}
	unitAt := p.pos
	name := p.word()
	if name == "" {
		return literal{kind: numberLiteral, num: n}, nil
	}
	u := unitNamed(name)
	if u < 0 {
		return literal{}, p.fail(unitAt, "there is no such unit",
			"units are ns us ms s m h d, B KiB MiB GiB kB MB GB")
	}
	return literal{kind: quantityLiteral, num: n, unit: u, quantity: newQuantity(n, u)}, nil
}

// digits skips digits and returns how many there were.
func (p *parser) digits() int {
	at := p.pos
	for isDigit(p.peek()) {
		p.pos++
	}
	return p.pos - at
}

// exponent skips e or E, a sign and digits, if they stand here.
func (p *parser) exponent() {
	at := p.pos
	if c := p.peek(); c != 'e' && c != 'E' {
		return
	}
	p.pos++
	if c := p.peek(); c == '+' || c == '-' {
		p.pos++
	}
	if p.digits() == 0 {
		p.pos = at
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}
