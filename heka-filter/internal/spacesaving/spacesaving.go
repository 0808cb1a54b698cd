// Package spacesaving counts keys in bounded space, after Metwally, Agrawal and El
// Abbadi, "Efficient Computation of Frequent and Top-k Elements in Data Streams"
// (2005).
//
// While there are no more keys than counters, counts are exact. A further key
// takes over the counter with the smallest count, which goes on from there:
// counts are then too large, by no more than an error that is known for each, and
// every key that makes up more than one in so many messages as there are
// counters has a counter. The sum of the counts is the number of messages.
package spacesaving

import (
	"cmp"
	"slices"

	"heka/heka-filter/internal/keys"
)

// Counter counts keys. New makes one; it is for one goroutine.
//
// Once full, the counters hang on buckets, one for each count there is, which are
// linked from the smallest up: a counter that goes up moves to the next bucket.
type Counter struct {
	max    int
	table  *keys.Table
	counts []int64 // while not full; after, of the buckets
	errs   []int64 // once full
	total  int64

	links   []link // once full, one a counter
	buckets []bucket
	least   int32 // the bucket of the smallest count
	free    int32 // buckets in no use, linked by up
}

// link is a counter's place in its bucket.
type link struct{ bucket, prev, next int32 }

type bucket struct {
	count    int64
	first    int32 // counter
	up, down int32 // buckets
}

const none = -1

// New returns a Counter with max counters, at least 1.
func New(max int) *Counter { return &Counter{max: max, table: keys.NewTable()} }

// Add counts one message with key, and reports whether the key is new or has come
// back. It allocates for keys of new counters only.
func (c *Counter) Add(key []byte) (isNew bool) {
	c.total++
	id, ok := c.table.Find(key)
	switch {
	case ok && c.links == nil:
		c.counts[id]++
	case ok:
		c.raise(id)
	case c.links == nil && len(c.counts) < c.max:
		c.table.Add(key)
		c.counts = append(c.counts, 1)
	default:
		if c.links == nil {
			c.link()
		}
		id = c.buckets[c.least].first
		c.errs[id] = c.buckets[c.least].count
		c.table.Replace(id, key)
		c.raise(id)
	}
	return !ok
}

// Len returns the number of keys that have a counter.
func (c *Counter) Len() int { return len(c.counts) }

// Total returns the number of messages, which is the sum of the counts.
func (c *Counter) Total() int64 { return c.total }

// Exact reports whether all counts are exact.
func (c *Counter) Exact() bool { return c.links == nil }

// Key returns the key of counter id.
func (c *Counter) Key(id int32) []byte { return c.table.Key(id) }

// Count returns the count of counter id, and by how much at most it is too large.
func (c *Counter) Count(id int32) (count, bound int64) {
	if c.links == nil {
		return c.counts[id], 0
	}
	return c.buckets[c.links[id].bucket].count, c.errs[id]
}

// Sorted returns the counters, the largest counts first; of equal ones the first
// key.
func (c *Counter) Sorted() []int32 {
	ids := make([]int32, len(c.counts))
	for i := range ids {
		ids[i] = int32(i)
	}
	slices.SortFunc(ids, func(a, b int32) int {
		m, _ := c.Count(a)
		n, _ := c.Count(b)
		if m != n {
			return cmp.Compare(n, m)
		}
		return keys.Compare(c.Key(a), c.Key(b))
	})
	return ids
}

// Reset forgets everything but keeps the memory.
func (c *Counter) Reset() {
	c.table.Reset()
	c.counts, c.errs, c.links, c.buckets = c.counts[:0], nil, nil, nil
	c.total = 0
}

// link builds the buckets from the exact counts.
func (c *Counter) link() {
	ids := c.Sorted()
	c.links = make([]link, len(ids))
	c.errs = make([]int64, len(ids))
	c.free, c.least = none, none
	last := int32(none)
	for i := len(ids) - 1; i >= 0; i-- {
		n := c.counts[ids[i]]
		if last == none || c.buckets[last].count != n {
			last = c.insert(n, last)
		}
		c.hang(ids[i], last)
	}
}

// insert returns a new bucket of count n, which stands above the bucket down; if
// that is none, it is the first bucket of all.
func (c *Counter) insert(n int64, down int32) int32 {
	at := c.free
	if at == none {
		at = int32(len(c.buckets))
		c.buckets = append(c.buckets, bucket{})
	} else {
		c.free = c.buckets[at].up
	}
	up := int32(none)
	if down == none {
		c.least = at
	} else {
		up = c.buckets[down].up
		c.buckets[down].up = at
	}
	if up != none {
		c.buckets[up].down = at
	}
	c.buckets[at] = bucket{count: n, first: none, up: up, down: down}
	return at
}

// hang puts counter id into bucket at.
func (c *Counter) hang(id, at int32) {
	first := c.buckets[at].first
	c.links[id] = link{bucket: at, prev: none, next: first}
	if first != none {
		c.links[first].prev = id
	}
	c.buckets[at].first = id
}

// raise adds one to counter id.
func (c *Counter) raise(id int32) {
	l := c.links[id]
	b := &c.buckets[l.bucket]
	n := b.count + 1
	fits := b.up != none && c.buckets[b.up].count == n
	if l.prev == none && l.next == none && !fits {
		b.count = n
		return
	}
	to := b.up
	if !fits {
		to = c.insert(n, l.bucket)
	}
	c.unhang(id, l)
	c.hang(id, to)
}

// unhang takes counter id out of its bucket, and an empty bucket away.
func (c *Counter) unhang(id int32, l link) {
	if l.next != none {
		c.links[l.next].prev = l.prev
	}
	if l.prev != none {
		c.links[l.prev].next = l.next
		return
	}
	b := &c.buckets[l.bucket]
	if b.first = l.next; b.first != none {
		return
	}
	if b.down == none {
		c.least = b.up
	} else {
		c.buckets[b.down].up = b.up
	}
	if b.up != none {
		c.buckets[b.up].down = b.down
	}
	b.up, c.free = c.free, l.bucket
}
