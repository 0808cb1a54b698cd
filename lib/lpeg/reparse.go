package lpeg

import "strings"

// A reKind is a sort of expression in the text of a pattern of re.
type reKind uint8

const (
	reSeq      reKind = iota // list, one after the other
	reChoice                 // list, tried from left to right
	reGrammar                // the rules of list
	reRule                   // the rule text, which is list[0]
	rePrefix                 // list[0] with the predicates of text before it, & and !
	reSuffix                 // list[0] with the others of list applied to it
	reText                   // text
	reAny                    // any character
	reClass                  // one of list; not one of them if text is "^"
	reRange                  // the characters between the two of text
	reDefined                // what the definitions have for text
	reCall                   // the rule text
	rePosition               // a position capture
	reCaptured               // list[0] in the capture that text says
	reGroup                  // list[0] as a group named text, if there is one
	reBack                   // the text of the group named text again

	// The following are only in the list of a reSuffix.
	reRepeat     // text is one of + * ?
	rePower      // text is a number; ^n
	reMinMax     // text is a number with a sign; ^+n and ^-n
	reToText     // -> 'text'
	reToNumber   // -> 1
	reToName     // -> name
	reToTable    // -> {}
	reMatchTime  // => name
	reFoldByName // ~> name
)

// A reNode is an expression as it was read.
type reNode struct {
	kind reKind
	text string
	list []*reNode
}

// maxReNesting is how deep brackets may be nested.
const maxReNesting = 200

// A reParser reads the text of a pattern. Its methods that return nil have not
// found what they look for, and leave at as it was.
type reParser struct {
	s     string
	at    int
	depth int
}

// parseRe reads a whole pattern. Its error is re's.
func parseRe(s string) (e *reNode, err error) {
	p := &reParser{s: s}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case patternError:
			err = r
		default:
			panic(r)
		}
	}()
	if e = p.exp(); p.at < len(p.s) {
		p.fail()
	}
	return e, nil
}

// fail ends the parsing: nothing that fits stands at at.
func (p *reParser) fail() {
	near := p.s[p.at:]
	if len(near) > 20 {
		near = p.s[p.at:min(p.at+21, len(p.s))] + "..."
	}
	panic(patternError("pattern error near '" + near + "'"))
}

// space skips blanks and comments.
func (p *reParser) space() {
	for p.at < len(p.s) {
		switch c := p.s[p.at]; {
		case c == ' ' || c >= '\t' && c <= '\r':
			p.at++
		case strings.HasPrefix(p.s[p.at:], "--"):
			if i := strings.IndexByte(p.s[p.at:], '\n'); i >= 0 {
				p.at += i
			} else {
				p.at = len(p.s)
			}
		default:
			return
		}
	}
}

// take skips token, if it is what comes.
func (p *reParser) take(token string) bool {
	if strings.HasPrefix(p.s[p.at:], token) {
		p.at += len(token)
		return true
	}
	return false
}

// is reports whether one of tokens comes.
func (p *reParser) is(tokens ...string) bool {
	for _, t := range tokens {
		if strings.HasPrefix(p.s[p.at:], t) {
			return true
		}
	}
	return false
}

// name reads a name, "" if none comes.
func (p *reParser) name() string {
	i := p.at
	for i < len(p.s) {
		c := p.s[i]
		if letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'; !letter {
			if i == p.at || c < '0' || c > '9' {
				break
			}
		}
		i++
	}
	name := p.s[p.at:i]
	p.at = i
	return name
}

// digits reads digits, "" if none come.
func (p *reParser) digits() string {
	i := p.at
	for i < len(p.s) && p.s[i] >= '0' && p.s[i] <= '9' {
		i++
	}
	n := p.s[p.at:i]
	p.at = i
	return n
}

// quoted reads a string in quotes.
func (p *reParser) quoted() (string, bool) {
	if p.at < len(p.s) && (p.s[p.at] == '\'' || p.s[p.at] == '"') {
		if i := strings.IndexByte(p.s[p.at+1:], p.s[p.at]); i >= 0 {
			text := p.s[p.at+1 : p.at+1+i]
			p.at += i + 2
			return text, true
		}
	}
	return "", false
}

// defines reads `name <-`, "" if that does not come.
func (p *reParser) defines() string {
	start := p.at
	if name := p.name(); name != "" {
		if p.space(); p.take("<-") {
			return name
		}
	}
	p.at = start
	return ""
}

// exp reads a grammar or alternatives.
func (p *reParser) exp() *reNode {
	if p.depth++; p.depth > maxReNesting {
		panic(patternError("backtrack stack overflow (current limit is 400)"))
	}
	defer func() { p.depth-- }()
	p.space()
	name := p.defines()
	if name == "" {
		return p.alternatives()
	}
	e := &reNode{kind: reGrammar}
	for ; name != ""; name = p.defines() {
		e.list = append(e.list, &reNode{reRule, name, []*reNode{p.exp()}})
	}
	return e
}

func (p *reParser) alternatives() *reNode {
	e := p.seq()
	if !p.is("/") {
		return e
	}
	e = &reNode{kind: reChoice, list: []*reNode{e}}
	for p.take("/") {
		p.space()
		e.list = append(e.list, p.seq())
	}
	return e
}

// seq reads a sequence. Something must come behind it that can end one.
func (p *reParser) seq() *reNode {
	e := &reNode{kind: reSeq}
	for {
		n := p.prefix()
		if n == nil {
			break
		}
		e.list = append(e.list, n)
	}
	if p.at < len(p.s) && !p.is("/", ")", "}", ":}", "~}", "|}") {
		start := p.at
		if p.defines() == "" {
			p.fail()
		}
		p.at = start
	}
	return e
}

func (p *reParser) prefix() *reNode {
	start := p.at
	var marks []byte
	for p.is("&", "!") {
		marks = append(marks, p.s[p.at])
		p.at++
		p.space()
	}
	n := p.suffix()
	switch {
	case n == nil:
		p.at = start
		return nil
	case marks == nil:
		return n
	}
	return &reNode{rePrefix, string(marks), []*reNode{n}}
}
