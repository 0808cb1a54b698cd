package split

import (
	"bytes"
	"io"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"
)

const (
	// overlap is how much of a record over the limit is looked at twice, so that a
	// delimiter of no more bytes is found wherever it stands.
	overlap = 4096

	// cheap is how many bytes are looked through again with each portion; of more, only
	// when an eighth has come.
	cheap = 64 << 10

	// short is how much is looked through first: the engine is at its fastest with
	// short texts, and most records are.
	short = 1 << 10
)

// delimiter is what a delimiter's expression says of itself.
type delimiter struct {
	re     *regexp.Regexp
	starts bool   // its group's text stays with the record behind it, not that before it
	most   int    // bytes that a match depends on, from its start; 0 if unbounded
	behind bool   // it depends on what is before it
	prefix []byte // each match starts so
}

func newDelimiter(expr string, starts bool) (*delimiter, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, err
	}
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	e := extent(tree)
	prefix, _ := re.LiteralPrefix()
	d := &delimiter{re: re, starts: starts, behind: e.behind, prefix: []byte(prefix)}
	if e.most >= 0 && e.most < overlap {
		d.most = e.most
	}
	switch {
	case e.least == 0:
		return nil, errEmpty
	case re.NumSubexp() > 1:
		return nil, errGroups
	case starts && re.NumSubexp() == 0:
		return nil, errNoGroup
	}
	return d, nil
}

// regex is the rule of records between matches of an expression. An expression
// sees the record from its start, up to window bytes of it; then the last overlap of
// these and those behind them. A match counts if no bytes behind it could change it.
type regex struct {
	*delimiter
	window int
	from   int  // where to look: behind the text that the delimiter before left
	seen   int  // no match starts before here
	tried  int  // so many bytes were there at the last look
	drawn  bool // a match was there that what follows may change
	gone   bool // the record's start was forgotten
	src    head
}

func newRegex(d *delimiter, max int) *regex {
	return &regex{delimiter: d, window: max + 2*overlap}
}

func (r *regex) find(p []byte, w when) (span, bool) {
	for {
		text := p[r.from:min(len(p), r.from+r.window)]
		full := len(text) == r.window
		if w == more && !full && r.tried > cheap && len(text) < r.tried+r.tried/8 {
			return span{}, false
		}
		loc, sure := r.first(text)
		r.drawn = loc != nil
		if loc != nil && (sure || full || w != more) {
			if r.own(loc) {
				r.restart(loc[1])
				continue
			}
			return r.split(loc), true
		}
		r.tried = len(text)
		if !full || loc != nil {
			break
		}
		r.from += len(text) - overlap
		r.seen, r.tried = 0, 0
	}
	if w == last {
		r.restart(0)
		return span{end: len(p), next: len(p), state: open}, true
	}
	return span{}, false
}

// first finds the first match in text, and reports whether it is that for sure.
func (r *regex) first(text []byte) (loc []int, sure bool) {
	if len(text) > short && r.tried < short {
		loc := r.match(text[:short])
		if loc != nil && r.final(text[:short], loc) {
			return loc, true
		}
	}
	loc = r.match(text)
	return loc, loc != nil && r.final(text, loc)
}

// match finds the first match in text: where it starts and ends, and its group.
func (r *regex) match(text []byte) []int {
	if r.behind || r.most == 0 {
		return r.re.FindSubmatchIndex(text)
	}
	loc := r.re.FindSubmatchIndex(text[r.seen:])
	for i := range loc {
		if loc[i] >= 0 {
			loc[i] += r.seen
		}
	}
	if loc == nil {
		r.seen = max(r.seen, len(text)-r.most+1)
	}
	return loc
}

// final reports whether the match at loc is the first whatever comes behind text: if
// there is no telling by its length, by whether the engine finds it without asking for
// more.
func (r *regex) final(text []byte, loc []int) bool {
	if r.most > 0 {
		return loc[0]+r.most <= len(text)
	}
	r.src = head{text: text[bytes.Index(text, r.prefix):]}
	r.re.FindReaderSubmatchIndex(&r.src)
	return !r.src.short
}

// own reports whether the match at loc is that which the record starts with: at the
// start of the stream, or where it is read on.
func (r *regex) own(loc []int) bool {
	return r.starts && r.from == 0 && !r.gone && loc[0] == 0 && loc[2] == 0 && loc[3] > 0
}

// split returns the record before the delimiter at loc.
func (r *regex) split(loc []int) span {
	s := span{end: r.from + loc[0], next: r.from + loc[1]}
	left := 0
	if len(loc) == 4 && loc[2] >= 0 {
		if r.starts {
			left = loc[1] - loc[2]
			s.next -= left
		} else {
			s.end = r.from + loc[3]
		}
	}
	r.restart(left)
	return s
}

func (r *regex) restart(from int) {
	r.from, r.seen, r.tried, r.drawn, r.gone = from, 0, 0, false, false
}

func (r *regex) reset()       { r.restart(0) }
func (r *regex) settled() int { return r.from }
func (r *regex) forget(n int) { r.from, r.gone = r.from-n, true }

func (r *regex) waits(p []byte) bool {
	return r.drawn || min(len(p)-r.from, r.window) > r.tried && r.tried > cheap
}

// head reads the runes of the start of a longer text.
type head struct {
	text  []byte
	short bool // what comes behind text was asked for
}

// ReadRune returns the next rune, or io.EOF if it is not whole.
func (t *head) ReadRune() (rune, int, error) {
	if !utf8.FullRune(t.text) {
		t.short = true
		return 0, 0, io.EOF
	}
	c, n := utf8.DecodeRune(t.text)
	t.text = t.text[n:]
	return c, n, nil
}
