package oracle

import (
	"bytes"
	"fmt"
	"sync"

	"heka/lib/msg"
)

// Checker compares what comes out of a pipeline with a ledger. It holds a few numbers
// for each source, and for each hole and each repeat in what came, some; not lines, but
// for the first few megabytes of those that are wrong. Its methods may be called by
// several goroutines at once.
type Checker struct {
	mu      sync.Mutex
	ledger  *Ledger
	sources map[uint32]*arrived
	ids     *identities
	r       Report // what is counted as lines come
	bad     [][]byte
	badSize int
}

// arrived is what came of one source.
type arrived struct {
	got    spans
	high   int64 // behind the last line that came, in the order of the source
	prev   int64 // the line before this one
	repeat bool  // that was a repeat
	run    int64 // how many repeats came in a row
}

// NewChecker returns a checker of what the writers of l have written, and write.
func NewChecker(l *Ledger) *Checker {
	return &Checker{ledger: l, sources: map[uint32]*arrived{}, ids: newIdentities()}
}

// Line takes a line of text without its "\n".
func (c *Checker) Line(line []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.r.Lines++
	c.line(line, nil)
}

// typeGap is the Type of messages that say what is known to be lost.
const typeGap = "heka.gap"

// Message takes a message, whose payload is a line. It knows those that say what was
// lost, and the marks of lines that are not whole: partial, truncated.
func (c *Checker) Message(v *msg.View) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if string(v.Type()) == typeGap {
		c.r.Gaps++
		if n, ok := v.Field("bytes", 0); ok {
			c.r.GapBytes += n.Int()
		}
		return
	}
	c.r.Lines++
	if _, cut := v.Field("truncated", 0); cut {
		c.r.Truncated++
		return
	}
	if _, part := v.Field("partial", 0); part {
		if l, ok := ParseLine(v.Payload()); !ok || !l.Good {
			c.r.Partial++
			return
		}
	}
	c.line(v.Payload(), v.Uuid())
}

func (c *Checker) line(line, uuid []byte) {
	l, ok := ParseLine(line)
	if !ok || !l.Good {
		c.keepBad(line)
		return
	}
	a := c.sources[l.Src]
	if a == nil {
		if _, known := c.ledger.claims(l.Src); !known {
			c.r.Foreign++
			c.sample("foreign: of source %d, which the ledger does not have: %.60q", l.Src, line)
			return
		}
		a = &arrived{prev: -1}
		c.sources[l.Src] = a
	}
	again := c.arrive(a, l)
	if uuid != nil {
		c.identify(l, uuid, again)
	}
}

// arrive notes that a line came, and reports whether it had come before.
func (c *Checker) arrive(a *arrived, l Line) bool {
	again := a.got.has(l.Seq)
	switch {
	case again:
		if !a.repeat || l.Seq != a.prev+1 {
			a.run = 0
			c.r.Repeats++
		}
		a.run++
		c.r.Duplicate++
		c.r.LongestRun = max(c.r.LongestRun, a.run)
	case l.Seq < a.high:
		c.r.Disorder++
		if c.r.Disorder <= perKind {
			c.sample("out of order: line %d of source %d came after line %d", l.Seq, l.Src, a.high-1)
		}
		a.got.add(l.Seq, l.Seq)
	default:
		a.got.add(l.Seq, l.Seq)
		a.high = l.Seq + 1
	}
	a.repeat, a.prev = again, l.Seq
	return again
}

// perKind is how many mistakes of a kind are told in words that come in runs.
const perKind = 3

// identify looks whether a line that came again has its old uuid, and no other line
// the same.
func (c *Checker) identify(l Line, uuid []byte, again bool) {
	switch other := c.ids.meet(l.Src, l.Seq, uuid); {
	case other == otherUuid && again:
		c.r.OtherUuid++
		if c.r.OtherUuid <= perKind {
			c.sample("line %d of source %d came again with another uuid, %x", l.Seq, l.Src, uuid)
		}
	case other == otherLine:
		c.r.SharedUuid++
		if c.r.SharedUuid <= perKind {
			c.sample("line %d of source %d has a uuid that another had, %x", l.Seq, l.Src, uuid)
		}
	}
}

// maxBad is how many bytes of bad lines are kept until the ledger has its last word.
const maxBad = 8 << 20

func (c *Checker) keepBad(line []byte) {
	if c.badSize+len(line) > maxBad {
		c.r.Corrupt++
		c.sample("corrupt, one of many: %.60q", line)
		return
	}
	c.badSize += len(line)
	c.bad = append(c.bad, bytes.Clone(line))
}

// judge says what a bad line is: the start of one that the ledger has as a half, or as
// being written when its writer was killed; corrupt; or foreign.
func (c *Checker) judge(r *Report, line []byte) {
	if half := bytes.TrimSuffix(line, []byte("\r")); c.isHalf(half) {
		r.Partial++
		return
	}
	if bytes.HasPrefix(line, []byte("src=")) {
		r.Corrupt++
		r.sample("corrupt, %d bytes: %.80q ... %.20q", len(line), line, line[max(0, len(line)-20):])
		return
	}
	r.Foreign++
	r.sample("foreign, %d bytes: %.80q", len(line), line)
}

func (c *Checker) isHalf(line []byte) bool {
	var whole []byte
	starts := func(seed uint64, src uint32, seq int64) bool {
		whole = AppendLine(whole[:0], seed, src, seq)
		return len(line) > 0 && bytes.HasPrefix(whole, line)
	}
	for _, src := range c.ledger.Sources() {
		l, _ := c.ledger.claims(src)
		if !l.ended && starts(l.seed, src, l.next()) {
			return true
		}
		for _, p := range l.half {
			for n := p.from; n <= p.to; n++ {
				if starts(l.seed, src, n) {
					return true
				}
			}
		}
	}
	return false
}

// Report returns how things stand.
func (c *Checker) Report() Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.r
	r.Samples = append([]string(nil), r.Samples...)
	for _, line := range c.bad {
		c.judge(&r, line)
	}
	for _, src := range c.ledger.Sources() {
		l, _ := c.ledger.claims(src)
		var got spans
		if a := c.sources[src]; a != nil {
			got = a.got
		}
		r.compare(src, &l, got)
	}
	return r
}

// Complete reports whether every line of the ledger has come that is not said to be
// lost. It costs little.
func (c *Checker) Complete() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, src := range c.ledger.Sources() {
		l, _ := c.ledger.claims(src)
		var got spans
		if a := c.sources[src]; a != nil {
			got = a.got
		}
		if len(l.wrote.without(got).without(l.lost)) > 0 {
			return false
		}
	}
	return true
}

// Lines returns how many lines came, those that came again included.
func (c *Checker) Lines() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.r.Lines
}

func (c *Checker) sample(format string, args ...any) { c.r.sample(format, args...) }

// Bytes returns how long the lines from to to of a source are, with their ends.
func (l *Ledger) Bytes(src uint32, from, to int64) (n int64) {
	c, ok := l.claims(src)
	if !ok {
		panic(fmt.Sprintf("oracle: no source %d", src))
	}
	var line []byte
	for ; from <= to; from++ {
		line = AppendLine(line[:0], c.seed, src, from)
		n += int64(len(line))
	}
	return n
}
