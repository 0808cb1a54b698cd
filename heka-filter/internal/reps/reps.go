// Package reps carries the representations of fields over from one message to the
// next.
package reps

import "heka/lib/msg"

// Reps has the representations of one message at a time. The zero Reps has none;
// it is for one goroutine.
type Reps struct{ all []rep }

type rep struct{ name, text []byte }

// Read takes the representations of m in place of those before; they alias m.
func (r *Reps) Read(m *msg.View) {
	r.all = r.all[:0]
	for it := m.Reps(); it.Next(); {
		r.all = append(r.all, rep{it.Name, it.Value.Text()})
	}
}

// Put gives the field that b was last given the representation of name, if there
// is one.
func (r *Reps) Put(b *msg.Builder, name []byte) {
	for i := range r.all {
		if string(r.all[i].name) == string(name) {
			b.Rep(string(r.all[i].text))
			return
		}
	}
}
