package main

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"testing"
)

// writer makes lines that tell by themselves whether they are whole and in their
// place: "src=3 seq=12 len=5 crc=0a0b0c0d BODY".
type writer struct {
	src, seq int
	r        *rand.Rand
}

func newWriter(t *testing.T, src int) *writer {
	const seed = 7
	t.Logf("lines of source %d from seed %d", src, seed)
	return &writer{src: src, r: rand.New(rand.NewPCG(seed, uint64(src)))}
}

var alphabets = []string{
	"abcdefghijklmnopqrstuvwxyz 0123456789", "grüße aus köln, 東京 ", "\x00\x1b[31m\x7f",
	`<b onclick="x">&amp;</b>`, "\xff\xfe\xc3\x28", "a,b;\"'\\\t{}[]%",
}

// append appends the next line.
func (w *writer) append(dst []byte) []byte {
	n := w.r.IntN(120)
	switch w.r.IntN(2000) {
	case 0:
		n = 65535 + w.r.IntN(3)
	case 1, 2, 3, 4:
		n = 4095 + w.r.IntN(3)
	case 5, 6:
		n = w.r.IntN(2)
	}
	letters := alphabets[w.r.IntN(len(alphabets))]
	body := bytes.Repeat([]byte(letters), n/len(letters)+1)[:n]
	dst = fmt.Appendf(dst, "src=%d seq=%d len=%d crc=%08x ", w.src, w.seq, n, crc32.ChecksumIEEE(body))
	w.seq++
	dst = append(dst, body...)
	if w.r.IntN(10) == 0 {
		dst = append(dst, '\r')
	}
	return append(dst, '\n')
}

// lines returns n lines.
func (w *writer) lines(n int) []byte {
	var dst []byte
	for range n {
		dst = w.append(dst)
	}
	return dst
}

// checker checks the lines of writers that come out: none missing, double, out of
// order, corrupt or foreign.
type checker struct {
	t    *testing.T
	next map[int]int
	bad  int
}

func newChecker(t *testing.T) *checker { return &checker{t: t, next: map[int]int{}} }

// check checks one line; it is true as long as there is reason to go on.
func (c *checker) check(line []byte) bool {
	c.t.Helper()
	var src, seq, size int
	var crc uint32
	mistake := func(format string, args ...any) {
		c.t.Helper()
		c.bad++
		c.t.Errorf("%s: %.80q", fmt.Sprintf(format, args...), line)
	}
	head, body := line, []byte(nil)
	if parts := bytes.SplitN(line, []byte(" "), 5); len(parts) == 5 {
		body = parts[4]
		head = line[:len(line)-len(body)]
	}
	n, err := fmt.Sscanf(string(head), "src=%d seq=%d len=%d crc=%x", &src, &seq, &size, &crc)
	switch want := c.next[src]; {
	case n != 4 || err != nil:
		mistake("foreign line")
	case len(body) != size || crc32.ChecksumIEEE(body) != crc:
		mistake("corrupt: %d bytes of body, want %d", len(body), size)
	case seq > want:
		mistake("%d lines of source %d are missing before", seq-want, src)
	case seq < want:
		mistake("double or out of order: line %d of source %d is due", want, src)
	}
	if n == 4 {
		c.next[src] = seq + 1
	}
	return c.bad < 5
}

// TestOracle checks that the checker finds what it is there for.
func TestOracle(t *testing.T) {
	lines := bytes.SplitAfter(newWriter(t, 1).lines(3), []byte("\n"))[:3]
	f := func(want int, lines ...[]byte) {
		t.Helper()
		inner := newChecker(&testing.T{})
		for _, l := range lines {
			inner.check(bytes.TrimRight(l, "\r\n"))
		}
		if inner.bad != want {
			t.Errorf("%d mistakes found, want %d", inner.bad, want)
		}
	}
	a, b, c := lines[0], lines[1], lines[2]
	f(0, a, b, c)
	f(1, a, c)
	f(1, a, b, b)
	f(2, b, a)
	f(1, a, b[:len(b)/2])
	f(1, a, []byte("foreign"), b)
	f(1, append(append([]byte{}, a[:20]...), b...))
}
