package csv

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"heka/heka-decode/internal/level"
	"heka/heka-decode/internal/number"
	"heka/heka-decode/internal/stamp"
	"heka/lib/msg"
	"heka/lib/stage"
)

// Why a line is no row.
var (
	errOpen   = errors.New("a quote that is not closed; a row can't go on in the next line")
	errBehind = errors.New("more between a closing quote and the delimiter")
)

// countError says that a row has not as many values as there are columns. It is the
// decoder's own, and stands until the next row.
type countError struct{ values, columns int }

func (e *countError) Error() string {
	return strconv.Itoa(e.values) + " values for " + strconv.Itoa(e.columns) + " columns"
}

// table is what is known of a table before its rows are read. It does not change
// once its columns are set.
type table struct {
	options
	delim byte
	times *stamp.Reader
	names []string
	keys  []msg.Key
	line  []byte // the header, as it is repeated where files were put together
}

// setHeader takes the columns' names from a line.
func (t *table) setHeader(line []byte) error {
	t.line = append([]byte{}, line...)
	var names []string
	p := parser{rest: line, delim: t.delim, noQuotes: t.noQuotes}
	for p.next() {
		names = append(names, strings.TrimSpace(string(p.value)))
	}
	if p.err == nil {
		t.setColumns(names)
	}
	return p.err
}

// setColumns sets the columns' names. One without a name is called after its place.
func (t *table) setColumns(names []string) {
	t.names, t.keys = nil, nil
	for i, name := range names {
		if name = strings.TrimSpace(name); name == "" {
			name = fmt.Sprintf("column%d", i+1)
		}
		t.names = append(t.names, name)
		t.keys = append(t.keys, msg.NewKey(name))
	}
}

// rows returns the stage that decodes the rows of t.
func (t *table) rows(env *stage.Env) stage.Parallel {
	return stage.Map(env, t.name, func() stage.Func {
		d := &decoder{table: t, typ: []byte(t.typ), tags: make([]tag, len(t.names))}
		for i, name := range t.names {
			switch {
			case t.times.Is([]byte(name)):
				d.tags[i] = isTime
			case level.IsField([]byte(name)):
				d.tags[i] = isLevel
			}
		}
		d.parser = parser{delim: t.delim, noQuotes: t.noQuotes}
		return d.decode
	})
}

// tag says what a column may be besides a field.
type tag uint8

const (
	isField tag = iota
	isTime
	isLevel
)

// decoder decodes one row after another. It is for one goroutine.
type decoder struct {
	*table
	typ     []byte
	tags    []tag
	parser  parser
	timed   bool
	badTime bool
	count   countError
}

// decode is a stage.Func, and the hot path.
func (d *decoder) decode(_ *msg.View, b *msg.Builder) error {
	line := trim(b.Payload)
	if len(line) == 0 || bytes.Equal(line, d.line) {
		return stage.ErrDrop
	}
	p := &d.parser
	p.rest, p.err, p.done = line, nil, false
	d.timed, d.badTime = false, false
	n := 0
	for ; p.next(); n++ {
		if n < len(d.keys) {
			d.field(b, n, p)
		}
	}
	if p.err != nil {
		return p.err
	}
	if n != len(d.keys) {
		d.count = countError{n, len(d.keys)}
		return &d.count
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

// field makes the field of column i.
func (d *decoder) field(b *msg.Builder, i int, p *parser) {
	switch d.tags[i] {
	case isTime:
		if d.timed {
			break
		}
		ns, ok := d.times.Text(p.value, b.Timestamp)
		if ok {
			b.Timestamp, d.timed = ns, true
			if !d.times.Keep {
				return
			}
		}
		d.badTime = !ok && d.times.Named()
	case isLevel:
		if s, ok := level.Severity(p.value); ok {
			b.Severity = s
		}
	}
	b.Key(d.keys[i])
	if p.quoted || d.types == "string" {
		b.Str(p.value)
	} else {
		number.Append(b, p.value)
	}
}

// parser goes over the values of a line.
type parser struct {
	rest     []byte
	delim    byte
	noQuotes bool
	done     bool
	value    []byte // aliases the line, or scratch
	quoted   bool
	err      error
	scratch  []byte
}

// next reads the next value; false at the end, or if there is an error.
func (p *parser) next() bool {
	if p.done {
		return false
	}
	if p.quoted = len(p.rest) > 0 && p.rest[0] == '"' && !p.noQuotes; p.quoted {
		return p.inQuotes()
	}
	i := bytes.IndexByte(p.rest, p.delim)
	if i < 0 {
		p.value, p.done = p.rest, true
		return true
	}
	p.value, p.rest = p.rest[:i], p.rest[i+1:]
	return true
}

// inQuotes reads a value in quotes, in which two quotes are one.
func (p *parser) inQuotes() bool {
	s := p.rest
	p.scratch = p.scratch[:0]
	for start, i := 1, 1; ; {
		n := bytes.IndexByte(s[i:], '"')
		if n < 0 {
			p.err, p.done = errOpen, true
			return false
		}
		i += n
		if i+1 < len(s) && s[i+1] == '"' {
			p.scratch = append(p.scratch, s[start:i+1]...)
			i += 2
			start = i
			continue
		}
		p.value = s[start:i]
		if len(p.scratch) > 0 {
			p.scratch = append(p.scratch, p.value...)
			p.value = p.scratch
		}
		switch i++; {
		case i == len(s):
			p.done = true
		case s[i] == p.delim:
			p.rest = s[i+1:]
		default:
			p.err, p.done = errBehind, true
			return false
		}
		return true
	}
}
