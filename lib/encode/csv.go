package encode

import (
	"encoding/binary"
	"errors"
	"fmt"

	"heka/lib/msg"
)

// CSVOptions are the options of NewCSV.
type CSVOptions struct {
	// Columns are the columns in their order: headers by Heka's name (Type),
	// fields as Fields[status], .status or status; Fields[x][1][0] is element 0
	// of the second field x. Empty: Timestamp, Type and the names of the fields
	// of the first message.
	Columns  []string
	Comma    byte // what separates columns; 0 is ','
	NoHeader bool // leave out the first row, the names of the columns
}

// CSV renders messages as rows of RFC 4180, but with a bare newline at their
// ends; before the first goes the row of names. A value that holds the separator,
// a quote, or a line's end is quoted; nothing else is altered, so that a
// spreadsheet may take what starts with '=' for a formula. A missing value is
// empty. Arrays are their elements with commas between, bytes are base64.
//
// The header makes the output depend on order: one CSV serves a whole stream,
// and is for one goroutine.
type CSV struct {
	comma   byte
	header  bool // yet to be written
	taken   bool // columns are known
	columns []column
	names   []fieldName
	index   map[string]int // into names
	gen     uint64
	dropped int64
	clock   clock
}

// column is one column. cell is where the message of number gen has its value.
type column struct {
	name string
	ref  ref
	cell int
	gen  uint64
}

// fieldName is a name that columns ask for, how often the message of number gen
// has had it, and which name the fields had next last time.
type fieldName struct {
	name    string
	columns []int
	seen    int
	gen     uint64
	next    int
}

// maxColumns bounds what a first message can make a CSV remember.
const maxColumns = 4096

// NewCSV returns an encoder of CSV, or an error that names the column or
// separator that can't be.
func NewCSV(o CSVOptions) (*CSV, error) {
	if o.Comma == 0 {
		o.Comma = ','
	}
	if o.Comma == '"' || o.Comma == '\n' || o.Comma == '\r' || o.Comma >= 0x80 {
		return nil, fmt.Errorf("csv: %q can't separate columns", rune(o.Comma))
	}
	if len(o.Columns) > maxColumns {
		return nil, errors.New("csv: too many columns")
	}
	e := &CSV{comma: o.Comma, header: !o.NoHeader, index: map[string]int{}}
	for _, name := range o.Columns {
		r, err := parseRef(name)
		if err != nil {
			return nil, fmt.Errorf("csv: column %q: %w", name, err)
		}
		e.add(name, r)
	}
	e.taken = len(o.Columns) > 0
	return e, nil
}

// Dropped returns how many fields were in no column, those beyond the first of a
// name included unless a column asks for them.
func (e *CSV) Dropped() int64 { return e.dropped }

func (e *CSV) add(name string, r ref) {
	if !r.isHeader {
		at, ok := e.index[r.field]
		if !ok {
			at = len(e.names)
			e.index[r.field] = at
			e.names = append(e.names, fieldName{name: r.field, next: at + 1})
		}
		e.names[at].columns = append(e.names[at].columns, len(e.columns))
	}
	e.columns = append(e.columns, column{name: name, ref: r})
}

// take makes columns of the first message: of its time, type, payload if it has one,
// and fields.
func (e *CSV) take(v *msg.View) {
	e.taken = true
	e.add("Timestamp", ref{isHeader: true, header: msg.Timestamp})
	e.add("Type", ref{isHeader: true, header: msg.Type})
	if len(v.Payload()) > 0 {
		e.add("Payload", ref{isHeader: true, header: msg.Payload})
	}
	for it := v.Fields(); it.Next() && len(e.columns) < maxColumns; {
		if _, ok := e.index[string(it.Name)]; !ok {
			e.add(string(it.Name), fieldRef(string(it.Name)))
		}
	}
}

// Append appends the row of v to dst, and before the first the names.
func (e *CSV) Append(dst []byte, v *msg.View) []byte {
	if !e.taken {
		e.take(v)
	}
	if e.header {
		e.header = false
		for i := range e.columns {
			dst = e.separate(dst, i)
			dst = e.quote(append(dst, e.columns[i].name...), len(dst))
		}
		dst = append(dst, '\n')
	}
	b := v.Body()
	var o offsets
	o.walk(b)
	e.sort(b, o[msg.Hostname+1])
	row := len(dst)
	for i := range e.columns {
		dst = e.separate(dst, i)
		at := len(dst)
		c := &e.columns[i]
		switch {
		case c.ref.isHeader:
			dst = c.ref.appendHeader(dst, b, &o, &e.clock)
		case c.gen == e.gen:
			dst = c.ref.appendPart(dst, b, c.cell)
		}
		dst = e.quote(dst, at)
	}
	if len(dst) == row { // an empty line is no row to those who read CSV
		dst = append(dst, '"', '"')
	}
	return append(dst, '\n')
}

func (e *CSV) separate(dst []byte, i int) []byte {
	if i == 0 {
		return dst
	}
	return append(dst, e.comma)
}

// sort gives each column its cell, in one pass over the fields at b[i:].
func (e *CSV) sort(b []byte, i int) {
	e.gen++
	guess, last := 0, -1
	left, i := msg.MapAt(b, i)
	for ; left > 0; left-- {
		start, value := msg.TextAt(b, i)
		name := b[start:value]
		i = msg.Skip(b, value)
		if guess >= len(e.names) || e.names[guess].name != string(name) {
			at, ok := e.index[string(name)]
			if !ok {
				e.dropped++
				continue
			}
			guess = at
			if last >= 0 {
				e.names[last].next = at
			}
		}
		n := &e.names[guess]
		if n.gen != e.gen {
			n.gen, n.seen = e.gen, 0
		}
		found := false
		for _, c := range n.columns {
			if col := &e.columns[c]; col.ref.index == n.seen {
				col.cell, col.gen, found = value, e.gen, true
			}
		}
		if !found {
			e.dropped++
		}
		n.seen++
		last, guess = guess, n.next
	}
}

// zeros has the high bit of the first byte of x that is 0, and perhaps of higher
// ones.
func zeros(x uint64) uint64 { return (x - ones) &^ x & highs }

// plainWord reports whether no byte of x needs quotes; comma is the separator,
// eight times.
func plainWord(x, comma uint64) bool {
	return zeros(x^'"'*ones)|zeros(x^'\n'*ones)|zeros(x^'\r'*ones)|zeros(x^comma) == 0
}

// plainLen returns the length of a beginning of s that needs no quotes.
func (e *CSV) plainLen(s []byte) int {
	i, last, comma := 0, len(s)-8, uint64(e.comma)*ones
	for ; i < last; i += 8 {
		if !plainWord(binary.LittleEndian.Uint64(s[i:]), comma) {
			return i
		}
	}
	if last >= 0 && plainWord(binary.LittleEndian.Uint64(s[last:]), comma) {
		return len(s)
	}
	return i
}

// quote puts dst[at:] in quotes if it needs them.
func (e *CSV) quote(dst []byte, at int) []byte {
	quotes, need := 0, false
	for _, c := range dst[at+e.plainLen(dst[at:]):] {
		if c == '"' {
			quotes++
		}
		need = need || c == '"' || c == '\n' || c == '\r' || c == e.comma
	}
	if !need {
		return dst
	}
	n := len(dst)
	for range quotes + 2 {
		dst = append(dst, '"')
	}
	j := len(dst) - 2 // moving from the end, each byte to its place
	for i := n - 1; i >= at; i-- {
		dst[j] = dst[i]
		j--
		if dst[i] == '"' {
			dst[j] = '"'
			j--
		}
	}
	dst[at] = '"'
	return dst
}
