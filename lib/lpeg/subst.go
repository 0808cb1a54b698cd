package lpeg

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

const (
	// maxText bounds a text that is made of captures, where nothing else does.
	maxText = 1 << 28

	// maxTextNesting is how deep substitutions may be nested.
	maxTextNesting = 4000

	// maxFilled is how many captures a text can name: %0 to %9.
	maxFilled = 10
)

// write appends s to the text that is being made.
func (m *machine) write(s string) {
	m.count(1 + len(s)/perBytes)
	if need := len(m.buf) + len(s); need > cap(m.buf) {
		if need > maxText {
			m.L.RaiseError("%s", host.NoMemory)
		}
		grown := make([]byte, len(m.buf), m.room(2*need+64))
		copy(grown, m.buf)
		m.buf = grown
	}
	m.buf = append(m.buf, s...)
}

// room charges n bytes and returns n.
func (m *machine) room(n int) int {
	m.meter.Alloc(m.L, n)
	return n
}

// appendText appends the text of the capture at i, of the sort c: a substitution or a
// text to fill in.
func (m *machine) appendText(i int, c *captureInfo) (next int) {
	if m.texts++; m.texts > maxTextNesting {
		m.L.RaiseError("subcapture nesting too deep")
	}
	if c.kind == capString {
		next = m.appendFilled(i, c.text)
	} else {
		next = m.appendSubst(i)
	}
	m.texts--
	return next
}

// appendSubst appends what the capture at i took, with the values of the captures
// inside in place of what they took.
func (m *machine) appendSubst(i int) (next int) {
	r := m.caps[i]
	from := int(r.pos)
	if r.kind == recFull {
		m.write(m.subj[from : from+int(r.n)])
		return i + 1
	}
	for i++; m.caps[i].kind != recClose; {
		m.write(m.subj[from:m.caps[i].pos])
		from = int(m.caps[i].pos)
		var some bool
		inside := i
		if i, some = m.appendValue(i, "replacement"); some {
			if m.caps[inside].kind != recValue {
				_, from = m.extent(inside, i)
			}
		}
	}
	m.write(m.subj[from:m.caps[i].pos])
	return i + 1
}

// appendValue appends the first value of the capture at i, and reports whether
// there is one. what says what it is for, for the text of an error.
func (m *machine) appendValue(i int, what string) (next int, some bool) {
	if r := m.caps[i]; r.kind != recValue {
		if c := &m.prog.captures[r.i]; c.kind == capString || c.kind == capSubst {
			return m.appendText(i, c), true
		}
	}
	base := len(m.vals)
	next, n := m.push(i)
	if n == 0 {
		return next, false
	}
	v := m.vals[base]
	m.drop(base)
	switch v := v.(type) {
	case lua.LString:
		m.write(string(v))
	case lua.LNumber:
		m.write(host.NumberText(float64(v)))
	default:
		m.L.RaiseError("invalid %s value (a %s)", what, v.Type().String())
	}
	return next, true
}

// A filling is what %1 and so on stand for.
type filling struct {
	at       int // the capture, where it is not a part of the subject; else -1
	from, to int
}

// appendFilled appends format with what the capture at i took in place of %0, and
// with the captures inside in place of %1 to %9.
func (m *machine) appendFilled(i int, format string) (next int) {
	var list [maxFilled]filling
	next, n := m.fillings(i, &list, 0)
	plain := 0
	for at := 0; at < len(format); at++ {
		if format[at] != '%' {
			continue
		}
		m.write(format[plain:at])
		at++
		plain = at + 1
		switch {
		case at == len(format):
			m.write("\x00") // as LPeg, to which the text ends in this
			return next
		case format[at] < '0' || format[at] > '9':
			m.write(format[at : at+1])
			continue
		}
		k := int(format[at] - '0')
		if k >= n {
			m.L.RaiseError("invalid capture index (%d)", k)
		}
		m.fill(list[k], k)
	}
	m.write(format[min(plain, len(format)):])
	return next
}

// fill appends what f, number k, stands for.
func (m *machine) fill(f filling, k int) {
	if f.at < 0 {
		m.write(m.subj[f.from:f.to])
		return
	}
	if _, some := m.appendValue(f.at, "capture"); !some {
		m.L.RaiseError("no values in capture index %d", k)
	}
}

// fillings puts the capture at i and those inside into list, of which n are used,
// and returns where the records of the capture end and how many are used then.
func (m *machine) fillings(i int, list *[maxFilled]filling, n int) (next, used int) {
	own := n
	n++
	r := m.caps[i]
	if r.kind == recFull {
		list[own] = filling{-1, int(r.pos), int(r.pos + r.n)}
		return i + 1, n
	}
	for i++; m.caps[i].kind != recClose; {
		switch r := m.caps[i]; {
		case n >= maxFilled:
			i = m.skip(i)
		case r.kind != recValue && m.prog.captures[r.i].kind == capSimple:
			i, n = m.fillings(i, list, n)
		default:
			list[n].at = i
			i = m.skip(i)
			n++
		}
	}
	list[own] = filling{-1, int(r.pos), int(m.caps[i].pos)}
	return i + 1, n
}
