// Package cost tells what messages cost: how many bytes each sort of them is.
package cost

import (
	_ "embed"
	"errors"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/window"
	"heka/heka-filter/internal/words"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// maxExprs is how many expressions there may be: their number is two bytes of a key.
const maxExprs = 1000

// Kind is the verb cost.
var Kind = stage.Kind{
	Name: "cost",
	Doc:  doc,
	Args: "[EXPR...] [by VAR...] [every DURATION]",
	New: func(fs *pflag.FlagSet) stage.Make {
		most := fs.Int("max-keys", 100_000, "how many `keys` have a row of their own")
		fields := fs.Bool("fields", false, "a row for each header and field within the messages")
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			w, err := words.Parse("cost", args, words.By|words.Every)
			if err != nil {
				return nil, err
			}
			exprs, err := compile(w)
			if err != nil {
				return nil, err
			}
			if err := w.Flag("--max-keys", *most, words.MaxKeys); err != nil {
				return nil, err
			}
			c := newCosts(exprs, keys.New(w.By...), *fields, *most)
			c.onFull = window.Full(env, "cost", *most)
			return window.New(env, "heka.cost", w.Every, c), nil
		}
	},
}

// compile reads the expressions, one a word.
func compile(w *words.Words) (all []*match.Expr, err error) {
	if len(w.Args) > maxExprs {
		return nil, w.Mistake(w.Args[maxExprs], "there are too many expressions", "at most 1000")
	}
	for _, word := range w.Args {
		if _, err := match.ParseVar(word); err == nil {
			return nil, w.Mistake(word, "this is no expression", "did you mean by "+word+"?")
		}
		x, err := match.Parse(word)
		var e *match.Error
		if errors.As(err, &e) {
			return nil, &stage.UsageError{Msg: "cost: " + e.Error()}
		}
		if err != nil {
			return nil, err
		}
		if x.Compile().UsesNow() {
			return nil, w.Mistake(word, "an expression can't be relative to now here", "")
		}
		all = append(all, x)
	}
	return all, nil
}

// costs is the aggregate. A key is the number of an expression, if there are any; the
// values of by; and the name of a part of the message, if parts have rows.
type costs struct {
	exprs  []*match.Expr
	set    *match.Set
	by     *keys.By
	fields bool
	max    int
	onFull func()

	table   *keys.Table
	rows    []row
	other   row
	total   int64 // bytes of all messages
	scratch []byte
}

// row is what the messages of a key come to.
type row struct{ count, bytes int64 }

func newCosts(exprs []*match.Expr, by *keys.By, fields bool, most int) *costs {
	return &costs{exprs: exprs, set: match.NewSet(exprs...), by: by, fields: fields, max: most,
		onFull: func() {}, table: keys.NewTable()}
}

// Add implements window.Aggregate.
func (c *costs) Add(m *msg.View) {
	size := int64(msg.HeaderSize + len(m.Body()))
	c.total += size
	if len(c.exprs) == 0 {
		c.scratch = c.by.Append(c.scratch[:0], m)
		c.take(m, size)
		return
	}
	c.set.Reset(m)
	for i := range c.exprs {
		if c.set.Match(m, i) {
			c.scratch = c.by.Append(append(c.scratch[:0], byte(i>>8), byte(i)), m)
			c.take(m, size)
		}
	}
}

// take adds m to the rows whose keys start with what is in scratch.
func (c *costs) take(m *msg.View, size int64) {
	if !c.fields {
		c.add(m, size)
		return
	}
	n := len(c.scratch)
	eachPart(m, func(name []byte, isField bool, size int) {
		c.scratch = c.scratch[:n]
		if isField {
			c.scratch = append(c.scratch, '.')
		}
		c.scratch = append(c.scratch, name...)
		c.add(m, int64(size))
	})
}

// add adds one message, or part of one, to the row of the key in scratch.
func (c *costs) add(m *msg.View, size int64) {
	id, ok := c.table.Find(c.scratch)
	if !ok && len(c.rows) < c.max {
		id, ok = c.table.Add(c.scratch), true
		c.by.Note(m)
		c.rows = append(c.rows, row{})
	}
	r := &c.other
	if ok {
		r = &c.rows[id]
	} else if r.count == 0 {
		c.onFull()
	}
	r.count++
	r.bytes += size
}

// Reset implements window.Aggregate.
func (c *costs) Reset() {
	c.table.Reset()
	c.rows, c.other, c.total = c.rows[:0], row{}, 0
}
