package split

import "bytes"

// token ends records at each count-th place where sep stands.
type token struct {
	sep   []byte
	count int
	met   int // how many stand in the record so far
	pos   int // where to look on
}

func (t *token) find(p []byte, w when) (span, bool) {
	for {
		n := bytes.Index(p[t.pos:], t.sep)
		if n < 0 {
			break
		}
		at := t.pos + n
		t.pos = at + len(t.sep)
		if t.met++; t.met == t.count {
			s := span{end: at, next: t.pos}
			t.met, t.pos = 0, 0
			return s, true
		}
	}
	if w == last {
		t.met, t.pos = 0, 0
		return span{end: len(p), next: len(p), state: open}, true
	}
	t.pos = max(t.pos, len(p)-len(t.sep)+1)
	return span{}, false
}

func (t *token) settled() int      { return t.pos }
func (t *token) forget(n int)      { t.pos -= n }
func (t *token) waits([]byte) bool { return false }
func (t *token) reset()            { t.met, t.pos = 0, 0 }

// fixed ends records after size bytes.
type fixed struct {
	size int
	gone int // bytes of the record that were forgotten
	seen int
}

func (f *fixed) find(p []byte, w when) (span, bool) {
	n := f.size - f.gone
	switch {
	case len(p) >= n:
		f.gone = 0
		return span{end: n, next: n}, true
	case w == last:
		f.gone = 0
		return span{end: len(p), next: len(p), state: broken}, true
	}
	f.seen = len(p)
	return span{}, false
}

func (f *fixed) settled() int      { return f.seen }
func (f *fixed) forget(n int)      { f.gone += n; f.seen -= n }
func (f *fixed) waits([]byte) bool { return false }
func (f *fixed) reset()            { f.gone, f.seen = 0, 0 }
