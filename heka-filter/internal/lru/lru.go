// Package lru remembers something about each of the keys that were used last, up
// to a number of keys.
package lru

import "heka/heka-filter/internal/keys"

// Cache has a T for each key. New makes one; it is for one goroutine.
type Cache[T any] struct {
	max    int
	table  *keys.Table
	rows   []T
	links  []link
	newest int32
	oldest int32
}

// link is a key's place in the order of use.
type link struct{ newer, older int32 }

const none = -1

// New returns a Cache of at most max keys, at least 1.
func New[T any](max int) *Cache[T] {
	return &Cache[T]{max: max, table: keys.NewTable(), newest: none, oldest: none}
}

// Len returns the number of keys.
func (c *Cache[T]) Len() int { return len(c.rows) }

// Get returns what there is about key, which becomes the one used last. If the key
// is new, row is what the key that went for it left behind, and wentOut says that
// there was one; otherwise it is zero. The row is valid until the next call.
func (c *Cache[T]) Get(key []byte) (row *T, isNew, wentOut bool) {
	if id, ok := c.table.Find(key); ok {
		if id != c.newest {
			c.unlink(id)
			c.link(id)
		}
		return &c.rows[id], false, false
	}
	if len(c.rows) < c.max {
		id := c.table.Add(key)
		var zero T
		c.rows = append(c.rows, zero)
		c.links = append(c.links, link{})
		c.link(id)
		return &c.rows[id], true, false
	}
	id := c.oldest
	c.table.Replace(id, key)
	if id != c.newest {
		c.unlink(id)
		c.link(id)
	}
	return &c.rows[id], true, true
}

// All calls f for each key, in no particular order.
func (c *Cache[T]) All(f func(key []byte, row *T)) {
	for i := range c.rows {
		f(c.table.Key(int32(i)), &c.rows[i])
	}
}

// link makes id, which is in no order, the newest.
func (c *Cache[T]) link(id int32) {
	c.links[id] = link{newer: none, older: c.newest}
	if c.newest != none {
		c.links[c.newest].newer = id
	} else {
		c.oldest = id
	}
	c.newest = id
}

// unlink takes id, which is not the newest, out of the order.
func (c *Cache[T]) unlink(id int32) {
	l := c.links[id]
	c.links[l.newer].older = l.older
	if l.older != none {
		c.links[l.older].newer = l.newer
	} else {
		c.oldest = l.newer
	}
}
