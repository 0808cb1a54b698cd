package stdlib

import "strings"

// set is a set of bytes.
type set [256]bool

// classes are the sets of %a and the like, those of %A their complements, as in C's
// locale. Where there is none, the character stands for itself.
var classes = func() (all [256]*set) {
	is := map[byte]func(c byte) bool{
		'a': func(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' },
		'c': func(c byte) bool { return c < 32 || c == 127 },
		'd': func(c byte) bool { return c >= '0' && c <= '9' },
		'l': func(c byte) bool { return c >= 'a' && c <= 'z' },
		's': func(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' },
		'u': func(c byte) bool { return c >= 'A' && c <= 'Z' },
		'z': func(c byte) bool { return c == 0 },
	}
	is['w'] = func(c byte) bool { return is['a'](c) || is['d'](c) }
	is['p'] = func(c byte) bool { return c > 32 && c < 127 && !is['w'](c) }
	is['x'] = func(c byte) bool { return is['d'](c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
	for name, in := range is {
		yes, no := new(set), new(set)
		for c := range yes {
			yes[c] = in(byte(c))
			no[c] = !yes[c]
		}
		all[name], all[name-32] = yes, no
	}
	return all
}()

// anything is the set of `.`.
var anything = func() *set {
	s := new(set)
	for c := range s {
		s[c] = true
	}
	return s
}()

type kind uint8

const (
	kEnd      kind = iota
	kSingle        // a byte, or as many as quant says
	kOpen          // a capture begins
	kPlace         // a capture of a place
	kClose         // a capture ends
	kBack          // what a capture holds
	kBalance       // what stands between two bytes that nest
	kFrontier      // where a set begins
	kFinish        // the end of the subject
	kFault         // an error, which is raised when the matcher gets here
)

// item is a step of a pattern. The steps follow each other, so that what captures are
// there when the matcher comes to one is known beforehand.
type item struct {
	kind  kind
	quant byte // 0, '?', '*', '+', '-'
	c, d  byte // the byte of a single, if set is nil; the two of a balance
	n     uint8

	// sure is set where there is no need to come back: of the lengths that quant
	// allows, one only can go with what follows.
	sure bool
	none bool // with sure: that length is zero

	set  *set
	then follow
	text string // of a fault
}

func (it *item) has(c byte) bool {
	if it.set == nil {
		return c == it.c
	}
	return it.set[c]
}

// follow is what the rest of a pattern must begin with.
type follow struct {
	kind followKind
	c    byte
	set  *set
}

type followKind uint8

const (
	fUnknown followKind = iota
	fByte               // c
	fSet                // one of set
	fFinish             // the end of the subject
	fAlways             // nothing: the rest matches the empty string wherever it is
)

// state of a capture at the end of a match.
type capState uint8

const (
	capOpen capState = iota // never closed
	capText
	capPlace
)

const maxCaptures = 32

// pattern is a Lua pattern that was looked through once. It does not change.
type pattern struct {
	items    []item
	caps     []capState
	first    follow
	prefix   string // bytes that a match begins with, if more than one
	anchored bool
}

// compiler makes a pattern of its text. A zero byte ends a pattern.
type compiler struct {
	src  string
	at   int
	out  []item
	caps []capState
}

// compile returns the pattern of src. If anchors is set, a ^ in front ties it to the
// place where the search begins; otherwise it is a character like others.
func compile(src string, anchors bool) *pattern {
	if i := strings.IndexByte(src, 0); i >= 0 {
		src = src[:i]
	}
	p := &pattern{}
	if anchors && strings.HasPrefix(src, "^") {
		p.anchored = true
		src = src[1:]
	}
	c := compiler{src: src, out: make([]item, 0, min(len(src)+1, 24))}
	for c.at < len(c.src) {
		if !c.item() {
			break
		}
	}
	if n := len(c.out); n == 0 || c.out[n-1].kind != kFault {
		c.out = append(c.out, item{kind: kEnd})
	}
	p.items, p.caps = c.out, c.caps
	p.first = lookAhead(p.items)
	p.prefix = prefixOf(p.items)
	return p
}

func (c *compiler) add(it item) bool {
	c.out = append(c.out, it)
	return true
}

// fault ends the pattern with an error.
func (c *compiler) fault(text string) bool {
	c.out = append(c.out, item{kind: kFault, text: text})
	return false
}

// item compiles what stands at at, and reports whether to go on.
func (c *compiler) item() bool {
	ch := c.src[c.at]
	switch ch {
	case '(':
		return c.open()
	case ')':
		return c.close()
	case '$':
		if c.at+1 == len(c.src) {
			c.at++
			return c.add(item{kind: kFinish})
		}
	case '%':
		if c.at+1 == len(c.src) {
			return c.fault("malformed pattern (ends with '%')")
		}
		switch e := c.src[c.at+1]; {
		case e == 'b':
			return c.balance()
		case e == 'f':
			return c.frontier()
		case e >= '0' && e <= '9':
			return c.back(e)
		}
	}
	return c.single(ch)
}

func (c *compiler) open() bool {
	c.at++
	if len(c.caps) >= maxCaptures {
		return c.fault("too many captures")
	}
	it := item{kind: kOpen, n: uint8(len(c.caps))}
	state := capOpen
	if c.at < len(c.src) && c.src[c.at] == ')' {
		c.at++
		it.kind, state = kPlace, capPlace
	}
	c.caps = append(c.caps, state)
	return c.add(it)
}

func (c *compiler) close() bool {
	c.at++
	for n := len(c.caps) - 1; n >= 0; n-- {
		if c.caps[n] == capOpen {
			c.caps[n] = capText
			return c.add(item{kind: kClose, n: uint8(n)})
		}
	}
	return c.fault("invalid pattern capture")
}

func (c *compiler) back(digit byte) bool {
	n := int(digit) - '1'
	if n < 0 || n >= len(c.caps) || c.caps[n] == capOpen {
		return c.fault("invalid capture index")
	}
	c.at += 2
	it := item{kind: kBack, n: uint8(n)}
	if c.caps[n] == capPlace { // the text of a place is nowhere
		it = item{kind: kSingle, set: new(set)}
	}
	return c.add(it)
}

func (c *compiler) balance() bool {
	if c.at+4 > len(c.src) {
		return c.fault("unbalanced pattern")
	}
	it := item{kind: kBalance, c: c.src[c.at+2], d: c.src[c.at+3]}
	c.at += 4
	return c.add(it)
}

func (c *compiler) frontier() bool {
	c.at += 2
	if c.at >= len(c.src) || c.src[c.at] != '[' {
		return c.fault("missing '[' after '%f' in pattern")
	}
	s, fault := c.brackets()
	if fault != "" {
		return c.fault(fault)
	}
	return c.add(item{kind: kFrontier, set: s})
}

// single compiles a byte, a class or a set, and the quantifier behind it.
func (c *compiler) single(ch byte) bool {
	it := item{kind: kSingle, c: ch}
	switch ch {
	case '[':
		s, fault := c.brackets()
		if fault != "" {
			return c.fault(fault)
		}
		it.set = s
	case '.':
		it.set = anything
		c.at++
	case '%':
		it.c = c.src[c.at+1]
		it.set = classes[it.c]
		c.at += 2
	default:
		c.at++
	}
	if c.at < len(c.src) {
		switch q := c.src[c.at]; q {
		case '?', '*', '+', '-':
			it.quant = q
			c.at++
		}
	}
	return c.add(it)
}

// brackets compiles the set that begins at at.
func (c *compiler) brackets() (*set, string) {
	const missing = "malformed pattern (missing ']')"
	i := c.at + 1
	not := i < len(c.src) && c.src[i] == '^'
	if not {
		i++
	}
	// The first byte is one of the set, also if it is a bracket.
	end := i
	for first := true; first || end < len(c.src) && c.src[end] != ']'; first = false {
		if end >= len(c.src) {
			return nil, missing
		}
		if c.src[end] == '%' && end+1 < len(c.src) {
			end++
		}
		end++
	}
	if end >= len(c.src) {
		return nil, missing
	}
	s := new(set)
	fill(s, c.src[i:end])
	if not {
		for b := range s {
			s[b] = !s[b]
		}
	}
	c.at = end + 1
	return s, ""
}

// fill adds what stands between brackets to s.
func fill(s *set, in string) {
	for i := 0; i < len(in); i++ {
		switch {
		case in[i] == '%' && i+1 < len(in):
			i++
			if class := classes[in[i]]; class != nil {
				for b, ok := range class {
					s[b] = s[b] || ok
				}
			} else {
				s[in[i]] = true
			}
		case i+2 < len(in) && in[i+1] == '-':
			for b := int(in[i]); b <= int(in[i+2]); b++ {
				s[b] = true
			}
			i += 2
		default:
			s[in[i]] = true
		}
	}
}
