package cost

import (
	"cmp"
	"slices"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/window"
	"heka/lib/msg"
)

var (
	keyExpr  = msg.NewKey("expr")
	keyPart  = msg.NewKey("part")
	keyBytes = msg.NewKey("bytes")
	keyRate  = msg.NewKey("rate")
	keyMean  = msg.NewKey("mean")
)

// Emit implements window.Aggregate.
func (c *costs) Emit(r *window.Rows) {
	ids := make([]int32, len(c.rows))
	for i := range ids {
		ids[i] = int32(i)
	}
	slices.SortFunc(ids, func(x, y int32) int {
		return cmp.Or(cmp.Compare(c.rows[y].bytes, c.rows[x].bytes),
			keys.Compare(c.byKey(x), c.byKey(y)),
			slices.Compare(c.table.Key(x), c.table.Key(y)))
	})
	seconds := seconds(&r.Span)
	for _, id := range ids {
		c.emitKey(r, c.table.Key(id))
		if !c.rows[id].send(r, c.total, seconds) {
			return
		}
	}
	if c.other.count > 0 {
		c.emitOther(r)
		c.other.send(r, c.total, seconds)
	}
}

// byKey returns the values of by in key id.
func (c *costs) byKey(id int32) []byte {
	k := c.table.Key(id)
	if len(c.exprs) > 0 {
		k = k[2:]
	}
	return c.by.Cut(k)
}

func (c *costs) emitKey(r *window.Rows, key []byte) {
	if len(c.exprs) > 0 {
		r.B.Key(keyExpr)
		r.B.String(c.exprs[int(key[0])<<8|int(key[1])].String())
		key = key[2:]
	}
	part := c.by.Emit(&r.B, key)
	if c.fields {
		r.B.Key(keyPart)
		r.B.Str(part)
	}
}

func (c *costs) emitOther(r *window.Rows) {
	if len(c.exprs) > 0 {
		r.B.Key(keyExpr)
		r.B.String(keys.Other)
	}
	c.by.EmitOther(&r.B)
	if c.fields {
		r.B.Key(keyPart)
		r.B.String(keys.Other)
	}
}

// send sends the row, whose key is in r.B.
func (o row) send(r *window.Rows, total int64, seconds float64) bool {
	r.Count(o.count)
	r.B.Key(keyBytes)
	r.B.Int(o.bytes)
	r.B.Rep("B")
	r.Percent(o.bytes, total)
	r.B.Key(keyRate)
	r.B.Float(float64(o.bytes) / seconds)
	r.B.Rep("B/s")
	r.B.Key(keyMean)
	r.B.Float(float64(o.bytes) / float64(o.count))
	r.B.Rep("B")
	return r.Send()
}

// seconds returns how long the span is: that of the window, or from the first to the
// last message. A span of no length counts as one second.
func seconds(s *window.Span) float64 {
	ns := s.Last - s.First
	if s.Every > 0 {
		ns = s.Every
		if s.Elapsed > 0 && s.Elapsed < ns {
			ns = s.Elapsed
		}
	}
	if ns <= 0 {
		return 1
	}
	return float64(ns) / 1e9
}
