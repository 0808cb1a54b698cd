package oracle

import "slices"

// span is the numbers from to to, both included.
type span struct{ from, to int64 }

// spans is a set of numbers: spans in order, that neither overlap nor touch.
type spans []span

// find returns the index of the first span that ends at n or behind it.
func (s spans) find(n int64) int {
	if k := len(s); k > 0 && s[k-1].from <= n { // nearly always the last
		if s[k-1].to < n {
			return k
		}
		return k - 1
	}
	i, _ := slices.BinarySearchFunc(s, n, func(p span, n int64) int {
		if p.to < n {
			return -1
		}
		return 1
	})
	return i
}

func (s spans) has(n int64) bool {
	i := s.find(n)
	return i < len(s) && s[i].from <= n
}

// add adds from to to; nothing if to < from.
func (s *spans) add(from, to int64) {
	if to < from {
		return
	}
	i := s.find(from - 1)
	j := i
	for j < len(*s) && (*s)[j].from <= to+1 {
		from, to = min(from, (*s)[j].from), max(to, (*s)[j].to)
		j++
	}
	if j == i+1 {
		(*s)[i] = span{from, to}
		return
	}
	*s = slices.Replace(*s, i, j, span{from, to})
}

// count returns how many numbers there are.
func (s spans) count() (n int64) {
	for _, p := range s {
		n += p.to - p.from + 1
	}
	return n
}

// without returns the numbers of s that are not in o.
func (s spans) without(o spans) (out spans) {
	for _, p := range s {
		for i := o.find(p.from); i < len(o) && o[i].from <= p.to; i++ {
			if o[i].from > p.from {
				out = append(out, span{p.from, o[i].from - 1})
			}
			p.from = o[i].to + 1
		}
		if p.from <= p.to {
			out = append(out, p)
		}
	}
	return out
}
