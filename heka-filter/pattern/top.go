package pattern

import (
	"bytes"
	"cmp"
	"slices"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/window"
	"heka/lib/match"
	"heka/lib/msg"
)

// tops is the aggregate that counts patterns.
type tops struct {
	miner *miner
	v     match.Var
	n     int
	total int64
}

// Add implements window.Aggregate.
func (t *tops) Add(m *msg.View) {
	if text := line(&t.v, m); len(text) > 0 {
		t.total++
		t.miner.find(text)
	}
}

// Emit implements window.Aggregate.
func (t *tops) Emit(r *window.Rows) {
	var all []*cluster
	t.miner.clusters.All(func(_ []byte, c *cluster) {
		if c.count > 0 {
			all = append(all, c)
		}
	})
	slices.SortFunc(all, func(a, b *cluster) int {
		return cmp.Or(cmp.Compare(b.count, a.count), bytes.Compare(a.id[:], b.id[:]))
	})
	for _, c := range all[:min(len(all), t.n)] {
		if !t.send(r, c.count, c.id[:], c.text) {
			return
		}
	}
	if t.miner.forgot > 0 {
		t.send(r, t.miner.forgot, nil, []byte(keys.Other))
	}
}

func (t *tops) send(r *window.Rows, n int64, id, text []byte) bool {
	r.Count(n)
	r.Percent(n, t.total)
	if id != nil {
		r.B.KeyStr(keyId, id)
	}
	r.B.KeyStr(keyPattern, text)
	return r.Send()
}

// Reset implements window.Aggregate. What was learnt stays.
func (t *tops) Reset() {
	t.total, t.miner.forgot = 0, 0
	t.miner.clusters.All(func(_ []byte, c *cluster) { c.count = 0 })
}
