package pattern

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"

	"github.com/cespare/xxhash/v2"

	"heka/heka-filter/internal/lru"
)

// idSize is the length of an id: 64 bits in hexadecimal.
const idSize = 16

// anything is what stands in a pattern for what differs.
const anything = "<*>"

// miner finds the patterns of lines. It is for one goroutine.
//
// Lines of one form are of one pattern, and its id is the hash of the form: so that it is
// the same in each run, whatever came before. What is learnt is which of the words in slots
// differ from line to line; only the text that is shown depends on it.
type miner struct {
	scanner
	clusters *lru.Cache[cluster]
	forgot   int64 // messages counted of patterns that went out
}

// cluster is what is known of the lines of a form.
type cluster struct {
	id     [idSize]byte
	text   []byte
	form   []byte
	words  []byte // of the first line, end to end
	ends   []uint16
	varied uint64 // which of the words differ
	count  int64
}

func newMiner(most int) *miner { return &miner{clusters: lru.New[cluster](most)} }

// find returns the cluster of a line. It is valid until the next call.
func (m *miner) find(line []byte) *cluster {
	m.scan(line)
	var key [8]byte
	binary.BigEndian.PutUint64(key[:], xxhash.Sum64(m.form))
	c, isNew, wentOut := m.clusters.Get(key[:])
	if wentOut {
		m.forgot += c.count
	}
	if isNew {
		c.start(&m.scanner, key[:])
	} else if len(m.words) > 0 {
		c.learn(&m.scanner)
	}
	c.count++
	return c
}

// start makes c the cluster of the line in s, with the memory of the one that was.
func (c *cluster) start(s *scanner, key []byte) {
	*c = cluster{text: c.text[:0], words: c.words[:0], ends: c.ends[:0],
		form: append(c.form[:0], s.form...)}
	hex.Encode(c.id[:], key)
	for _, w := range s.words {
		c.words = append(c.words, s.line[w.start:w.end]...)
		c.ends = append(c.ends, uint16(len(c.words)))
	}
	c.render()
}

// learn notes which words of the line in s differ from the first line's.
func (c *cluster) learn(s *scanner) {
	before := c.varied
	start := uint16(0)
	for i, w := range s.words[:min(len(s.words), len(c.ends))] {
		end := c.ends[i]
		if c.varied&(1<<i) == 0 && !bytes.Equal(c.words[start:end], s.line[w.start:w.end]) {
			c.varied |= 1 << i
		}
		start = end
	}
	if c.varied != before {
		c.render()
	}
}

// render writes the text.
func (c *cluster) render() {
	c.text = c.text[:0]
	n, start := 0, uint16(0)
	for _, b := range c.form {
		switch b {
		case hole:
			c.text = append(c.text, anything...)
		case slot:
			if c.varied&(1<<n) != 0 {
				c.text = append(c.text, anything...)
			} else {
				c.text = append(c.text, c.words[start:c.ends[n]]...)
			}
			start = c.ends[n]
			n++
		default:
			c.text = append(c.text, b)
		}
	}
}
