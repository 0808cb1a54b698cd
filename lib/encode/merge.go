package encode

import (
	"heka/lib/msg"

	"hash/maphash"
	"unicode/utf8"
)

// mergeKeep is how many fields' room a merger keeps between messages.
const mergeKeep = 1 << 14

// merger writes the fields of messages in which names repeat, or whose names a
// keyTable can't hold. It takes time and room linear in the number of fields,
// whatever the names, and keeps no names.
type merger struct {
	seed   maphash.Seed
	table  []int32 // open addressing: 1 + index in groups
	groups []group
	values []chained
	names  [2][]byte
}

// group is the fields that share a name, in the JSON that is made of it.
type group struct {
	name        int // where the first name stands in the body
	first, last int32
}

// chained is where a field's value stands, and which of values has the same
// name next; 0 for none.
type chained struct {
	at   int
	next int32
}

// fields writes the n fields at b[i:], each with a comma behind it.
func (m *merger) fields(buf []byte, j int, b []byte, i, n int) ([]byte, int) {
	m.collect(b, i, n)
	for _, g := range m.groups {
		start, stop := msg.TextAt(b, g.name)
		buf, j = putLong(buf, j, b[start:stop])
		buf = room(buf, j, slack)
		buf[j] = ':'
		j++
		many := g.first != g.last
		if many {
			buf[j] = '['
			j++
		}
		for at := g.first; ; {
			v := m.values[at]
			buf = room(buf, j, slack)
			buf, j, _ = putValue(buf, j, b, v.at)
			buf = room(buf, j, slack)
			buf[j] = ','
			j++
			if at = v.next; at == 0 {
				break
			}
		}
		if many {
			buf[j-1], buf[j] = ']', ','
			j++
		}
	}
	if n > mergeKeep {
		m.table, m.groups, m.values = nil, nil, nil
	}
	return buf, j
}

// collect sorts the fields into groups, in the order of their first names.
func (m *merger) collect(b []byte, i, n int) {
	size := 8
	for size < 2*n {
		size *= 2
	}
	if len(m.table) < size {
		m.table = make([]int32, size)
	}
	table := m.table[:size]
	clear(table)
	m.groups = m.groups[:0]
	m.values = append(m.values[:0], chained{})
	for range n {
		_, value := msg.TextAt(b, i)
		at := int32(len(m.values))
		m.values = append(m.values, chained{at: value})
		if g := m.group(table, b, i); g.first == 0 {
			g.first, g.last = at, at
		} else {
			m.values[g.last].next = at
			g.last = at
		}
		i = msg.Skip(b, value)
	}
}

// group returns the group of the name at b[i:], a new one if there is none.
func (m *merger) group(table []int32, b []byte, i int) *group {
	name := m.norm(0, b, i)
	mask := uint64(len(table) - 1)
	h := maphash.Bytes(m.seed, name) & mask
	for ; table[h] != 0; h = (h + 1) & mask {
		if g := &m.groups[table[h]-1]; string(m.norm(1, b, g.name)) == string(name) {
			return g
		}
	}
	m.groups = append(m.groups, group{name: i})
	table[h] = int32(len(m.groups))
	return &m.groups[len(m.groups)-1]
}

// norm returns the name at b[i:] as it will read in JSON: names that differ only
// in what is not UTF-8 are one. The result may be in m.names[k].
func (m *merger) norm(k int, b []byte, i int) []byte {
	start, stop := msg.TextAt(b, i)
	name := b[start:stop]
	if utf8.Valid(name) {
		return name
	}
	t := m.names[k][:0]
	for len(name) > 0 {
		r, size := utf8.DecodeRune(name)
		t = utf8.AppendRune(t, r)
		name = name[size:]
	}
	m.names[k] = t
	return t
}
