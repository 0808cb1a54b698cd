package config

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// kind is what a value is.
type kind uint8

const (
	text kind = iota
	integer
	number
	boolean
	list
	group // a table
	other // times, which no key takes
)

// noun says what a value of kind k is called.
func (k kind) noun() string {
	return [...]string{
		"a string", "a number", "a number with a fraction", "true or false", "a list", "a table", "a time",
	}[k]
}

// value is a value with its place in the file.
type value struct {
	kind    kind
	at, end int
	str     string // of text, and the source of numbers
	trace   trace  // of str, into the file
	list    []value
	table   *table
}

// entry is a key and its value.
type entry struct {
	name    string
	at, end int // of the key
	file    *file
	value   value
	header  bool // it is a table with a header of its own
}

// table has entries in the order of the file.
type table struct {
	entries []*entry
	index   map[string]*entry
}

func (t *table) find(name string) *entry { return t.index[name] }

func (t *table) add(e *entry) {
	if t.index == nil {
		t.index = map[string]*entry{}
	}
	t.index[e.name] = e
	t.entries = append(t.entries, e)
}

const (
	maxDepth  = 8  // of tables and lists
	maxSyntax = 10 // mistakes of syntax told of one file

	// maxEntries bounds the lines with keys or headers: the decoder takes the
	// square of it.
	// A line with a key counts twice.
	maxEntries = 30_000
)

// reader reads one file. It is the only user of the parser's unstable part, which alone
// has places.
type reader struct {
	file     *file
	p        unstable.Parser
	root     *table
	now      *table // of the last header
	count    int    // of keys and headers
	broken   bool   // the syntax is wrong somewhere
	mistakes []Mistake
}

// read returns the tables of f.
func read(f *file) (root *table, broken bool, mistakes []Mistake) {
	r := &reader{file: f, root: &table{}}
	r.now = r.root
	if i := invalid(f.src); i >= 0 {
		r.fail(i, i+1, "this byte is no UTF-8", "save the file as UTF-8")
		return r.root, true, r.mistakes
	}
	start := 0
	if bytes.HasPrefix(f.src, []byte("\ufeff")) {
		start = 3
	}
	for start >= 0 && len(r.mistakes) < maxSyntax {
		start = r.run(start)
	}
	if len(r.mistakes) == 0 {
		r.strict()
	}
	return r.root, r.broken, r.mistakes
}

// invalid returns where src stops being UTF-8, or -1.
func invalid(src []byte) int {
	if utf8.Valid(src) {
		return -1
	}
	for i := 0; ; {
		c, n := utf8.DecodeRune(src[i:])
		if c == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
}

func (r *reader) fail(at, end int, msg, hint string) {
	if len(r.mistakes) >= maxMistakes {
		return
	}
	r.mistakes = append(r.mistakes, r.file.mistake(at, end, msg, hint))
}

// run reads from start to the end, -1, or to a mistake of syntax; it returns the next
// header behind that, where to go on.
func (r *reader) run(start int) int {
	r.p.Reset(r.file.src[start:])
	for r.p.NextExpression() {
		e := r.p.Expression()
		if r.count++; r.count > maxEntries {
			break
		}
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			r.header(start, e)
		case unstable.KeyValue:
			r.put(r.now, start, e, 1)
		}
	}
	err := r.p.Error()
	switch r.broken = r.broken || err != nil || r.count > maxEntries; {
	case r.count > maxEntries:
		r.fail(0, 0, "the file has too many keys and headers", "put sections into several files of a folder")
		return -1
	case err == nil:
		return -1
	}
	at, end := start, start
	var pe *unstable.ParserError
	if errors.As(err, &pe) {
		g := r.p.Range(pe.Highlight)
		at = start + int(g.Offset)
		end = at + int(g.Length)
	}
	msg, hint := explain(r.file, at, err.Error())
	r.fail(at, min(end, at+20), msg, hint)
	return r.next(at)
}

// next returns where the first header in a line behind off begins, or -1.
func (r *reader) next(off int) int {
	line, _ := r.file.place(off)
	for _, start := range r.file.lines[line:] {
		rest := bytes.TrimLeft(r.file.src[start:], " \t")
		if len(rest) > 0 && rest[0] == '[' {
			return start
		}
	}
	return -1
}

// header makes the table that a header names the one that keys go to.
func (r *reader) header(start int, e *unstable.Node) {
	keys := r.path(start, e.Key())
	last := keys[len(keys)-1]
	r.now = &table{} // of what is wrong, the keys go nowhere
	if e.Kind == unstable.ArrayTable {
		r.fail(keys[0].at, last.end, "[[ ]] makes a list of sections; want [ ]", "")
		return
	}
	in := r.descend(r.root, keys[:len(keys)-1])
	if in == nil {
		return
	}
	old := in.find(last.name)
	switch {
	case old == nil:
		last.header, last.value = true, value{kind: group, at: last.at, end: last.end, table: r.now}
		in.add(last)
	case old.value.kind == group && !old.header:
		old.header, r.now = true, old.value.table
	default:
		r.twice(last, old, "["+dotted(keys)+"]")
	}
}

func dotted(keys []*entry) string {
	var names []string
	for _, k := range keys {
		names = append(names, k.name)
	}
	return strings.Join(names, ".")
}

// twice says that e has the name of old.
func (r *reader) twice(e, old *entry, name string) {
	line, _ := r.file.place(old.at)
	r.fail(e.at, e.end,
		fmt.Sprintf("%s stands here twice; the first is in line %d", printable(name), line), "")
}

// descend returns the table that keys lead to, made if need be; nil if there is
// something else.
func (r *reader) descend(t *table, keys []*entry) *table {
	for i, k := range keys {
		old := t.find(k.name)
		if old == nil {
			k.value = value{kind: group, at: k.at, end: k.end, table: &table{}}
			t.add(k)
			old = k
		}
		if old.value.kind != group {
			r.twice(k, old, dotted(keys[:i+1]))
			return nil
		}
		t = old.value.table
	}
	return t
}

// path returns the parts of a key, without values. Those beyond maxDepth are dropped.
func (r *reader) path(start int, it unstable.Iterator) []*entry {
	var keys []*entry
	for it.Next() {
		n := it.Node()
		at := start + int(n.Raw.Offset)
		k := &entry{name: string(n.Data), at: at, end: at + int(n.Raw.Length), file: r.file}
		if len(keys) == maxDepth {
			r.fail(k.at, k.end, fmt.Sprintf("a key has at most %d parts", maxDepth), "")
			break
		}
		keys = append(keys, k)
	}
	return keys
}

// put adds the key and value of e to t.
func (r *reader) put(t *table, start int, e *unstable.Node, depth int) {
	if r.count++; r.count > 2*maxEntries {
		return
	}
	keys := r.path(start, e.Key())
	last := keys[len(keys)-1]
	at := last.end
	for at < len(r.file.src) && strings.IndexByte(" \t=", r.file.src[at]) >= 0 {
		at++
	}
	last.value = r.value(start, at, e.Value(), depth)
	in := r.descend(t, keys[:len(keys)-1])
	if in == nil {
		return
	}
	if old := in.find(last.name); old != nil {
		r.twice(last, old, last.name)
		return
	}
	in.add(last)
}

// value returns the value of n, which begins at at unless n knows better.
func (r *reader) value(start, at int, n *unstable.Node, depth int) value {
	v := value{at: at, end: at + 1, kind: other}
	if n.Raw.Length > 0 {
		v.at = start + int(n.Raw.Offset)
		v.end = v.at + int(n.Raw.Length)
	}
	if depth > maxDepth {
		r.fail(v.at, v.end, fmt.Sprintf("nested more than %d deep", maxDepth), "")
		return v
	}
	switch n.Kind {
	case unstable.String:
		v.kind, v.str = text, string(n.Data)
		v.trace = traceString(r.file.src[v.at:v.end], v.at)
	case unstable.Integer:
		v.kind, v.str = integer, string(n.Data)
	case unstable.Float:
		v.kind, v.str = number, string(n.Data)
	case unstable.Bool:
		v.kind, v.str = boolean, string(n.Data)
	case unstable.Array:
		v.kind = list
		for it := n.Children(); it.Next(); {
			v.list = append(v.list, r.value(start, v.at, it.Node(), depth+1))
		}
	case unstable.InlineTable:
		v.kind, v.table = group, &table{}
		for it := n.Children(); it.Next(); {
			r.put(v.table, start, it.Node(), depth+1)
		}
	}
	return v
}

// strict has the whole file decoded, so that what the parser passes and the language
// forbids, such as a table that is added to in two places, is a mistake too.
func (r *reader) strict() {
	var all map[string]any
	err := toml.Unmarshal(r.file.src, &all)
	var de *toml.DecodeError
	if !errors.As(err, &de) {
		if err != nil {
			r.fail(0, 0, err.Error(), "")
		}
		return
	}
	line, col := de.Position()
	line = min(max(line, 1), len(r.file.lines))
	at := r.file.lines[line-1] + max(col-1, 0)
	r.fail(at, at, strings.TrimPrefix(de.Error(), "toml: "), "")
}

// printable returns s as it is, or quoted if it has what is not printed, and bounded.
func printable(s string) string {
	const most = 60
	if len(s) > most {
		n := most
		for !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n] + "..."
	}
	if q := strconv.Quote(s); q[1:len(q)-1] != s {
		return q
	}
	return s
}
