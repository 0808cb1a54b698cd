package pattern

import "bytes"

// build makes the form of the pieces. Plain words stand in slots if at least as many words
// are part of the text for certain; else too little would be left to tell the line by, and
// they are all taken for text. The first word of a line always is.
func (s *scanner) build(cut bool) {
	s.form, s.words = s.form[:0], s.words[:0]
	texts, plains, first := 0, 0, -1
	for i := range s.pieces {
		p := &s.pieces[i]
		if !p.word {
			continue
		}
		if first < 0 {
			first = i
		}
		if p.kind == plain && i != first {
			plains++
		} else {
			texts++
		}
	}
	slots := plains <= texts && plains <= maxSlots
	for i := range s.pieces {
		p := &s.pieces[i]
		switch {
		case p.kind == value:
			s.hole()
		case p.kind == plain && slots && i != first:
			s.form = append(s.form, slot)
			s.words = append(s.words, *p)
		case classes[s.line[p.start]]&blank != 0:
			s.form = append(s.form, ' ')
		default:
			s.form = append(s.form, s.line[p.start:p.end]...)
		}
	}
	if cut {
		s.hole()
	}
}

// hole adds what is filled in. Of values that follow each other, with commas or without, one
// is left: a list of three is the same kind of line as a list of two.
func (s *scanner) hole() {
	for _, between := range [][]byte{{hole}, {hole, ','}, {hole, ',', ' '}} {
		if bytes.HasSuffix(s.form, between) {
			s.form = s.form[:len(s.form)-len(between)+1]
			return
		}
	}
	s.form = append(s.form, hole)
}
