// Package uniq counts different values.
package uniq

import (
	_ "embed"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/window"
	"heka/heka-filter/internal/words"
	"heka/lib/msg"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind is the verb uniq.
var Kind = stage.Kind{
	Name: "uniq",
	Doc:  doc,
	Args: "VAR... [by VAR...] [every DURATION]",
	New: func(fs *pflag.FlagSet) stage.Make {
		most := fs.Int("max-keys", 10_000, "how many `keys` have a row of their own")
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			w, err := words.Parse("uniq", args, words.By|words.Every)
			if err != nil {
				return nil, err
			}
			if len(w.Args) == 0 {
				return nil, w.Missing("a variable", "such as uniq .remote_addr")
			}
			vars, err := w.Vars(w.Args)
			if err != nil {
				return nil, err
			}
			if err := w.Flag("--max-keys", *most, words.MaxKeys); err != nil {
				return nil, err
			}
			full := window.Full(env, "uniq", *most)
			u := &uniques{of: keys.New(vars...), by: keys.New(w.By...)}
			u.groups = keys.NewGroups[group](u.by, *most, full)
			u.Reset()
			return window.New(env, "heka.uniq", w.Every, u), nil
		}
	},
}

// uniques is the aggregate.
type uniques struct {
	of, by  *keys.By
	groups  *keys.Groups[group]
	room    int // for values kept one by one
	scratch []byte
}

// group is what is known of one key.
type group struct {
	count, missing int64
	values         set
}

// Add implements window.Aggregate.
func (u *uniques) Add(m *msg.View) {
	g, _ := u.groups.At(m)
	g.count++
	u.scratch = u.of.Append(u.scratch[:0], m)
	if keys.Missing(u.scratch) {
		g.missing++
		return
	}
	g.values.add(u.scratch, &u.room)
}

var (
	keyUnique      = msg.NewKey("unique")
	keyMessages    = msg.NewKey("messages")
	keyMissing     = msg.NewKey("missing")
	keyApproximate = msg.NewKey("approximate")
)

// Emit implements window.Aggregate.
func (u *uniques) Emit(r *window.Rows) {
	if u.by.Len() == 0 && u.groups.Len() == 0 {
		(&group{}).emit(r)
		return
	}
	for _, id := range u.groups.Rows() {
		u.groups.Emit(&r.B, id)
		if !u.groups.Row(id).emit(r) {
			return
		}
	}
}

func (g *group) emit(r *window.Rows) bool {
	r.B.Key(keyUnique)
	r.B.Int(g.values.len())
	r.B.Rep("count")
	r.B.Key(keyMessages)
	r.B.Int(g.count)
	if g.missing > 0 {
		r.B.Key(keyMissing)
		r.B.Int(g.missing)
	}
	if !g.values.exact() {
		r.B.Key(keyApproximate)
		r.B.Bool(true)
	}
	return r.Send()
}

// Reset implements window.Aggregate.
func (u *uniques) Reset() {
	u.groups.Reset()
	u.room = maxRoom
}
