package encode

import (
	"unicode/utf8"

	"heka/lib/msg"
)

const (
	pathElement = 200 // bytes of a path's element that has values in it
	timeWidth   = 12  // bytes kept free for a time
	minBudget   = 32
)

// AppendPath is Append for the names of files. Only a '/' of the template itself
// parts elements of the path; whatever a value holds stays within the one it
// stands in:
//
//   - '/', '\', control characters, characters that hide or reorder text, and
//     what is not UTF-8 become '_', as do dots at a value's beginning, so that
//     no value hides a file or names the directory above;
//   - an empty value becomes '-';
//   - values are cut, between characters, so that an element is of at most 200
//     bytes; the template's own text is never cut, and leaves values 32 at least.
//
// A path that the template's own text makes absolute, or leads upwards, is its
// author's wish.
func (t *Template) AppendPath(dst []byte, v *msg.View) []byte {
	b := v.Body()
	t.at.walk(b)
	left := 0
	if len(t.ops) > 0 {
		left = t.ops[0].budget
	}
	for i := range t.ops {
		o := &t.ops[i]
		if o.text != nil {
			dst = append(dst, o.text...)
			if o.slash && i+1 < len(t.ops) {
				left = t.ops[i+1].budget
			}
			continue
		}
		if o.letter != 0 {
			t.value = t.cal.append(t.value[:0], o.letter, v.Timestamp(), t.loc)
			dst = appendElement(dst, t.value, timeWidth)
			continue
		}
		t.value = o.ref.append(t.value[:0], b, &t.at, &t.clock)
		at := len(dst)
		dst = appendElement(dst, t.value, left)
		left -= len(dst) - at
		if cap(t.value) > 1<<16 {
			t.value = nil
		}
	}
	return dst
}

// setBudgets works out how many bytes values may have in each element, and
// leaves it at the element's first part.
func (t *Template) setBudgets() {
	first, used := 0, 0
	for i := 0; i <= len(t.ops); i++ {
		if i == len(t.ops) || t.ops[i].slash {
			if first < i {
				t.ops[first].budget = max(pathElement-used, minBudget)
			}
			first, used = i+1, 0
			continue
		}
		if o := &t.ops[i]; o.letter != 0 {
			used += timeWidth
		} else {
			used += len(o.text)
		}
	}
}

// appendElement appends s as a part of one element, at most n bytes of it.
func appendElement(dst, s []byte, n int) []byte {
	if len(s) == 0 {
		s = []byte("-")
	}
	leading := true
	for n > 0 && len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		leading = leading && r == '.'
		switch {
		case leading, r < ' ', r == 0x7f, r == '/', r == '\\', r == utf8.RuneError && size == 1,
			r >= utf8.RuneSelf && hidden(r):
			dst = append(dst, '_')
			n--
		case size > n:
			return dst
		default:
			dst = append(dst, s[:size]...)
			n -= size
		}
		s = s[size:]
	}
	return dst
}
