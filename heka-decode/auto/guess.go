package auto

import (
	"context"
	"errors"
	"io"
	"strings"

	"heka/lib/msg"
	"heka/lib/stage"
)

// guess is a kind that lines may be of.
type guess struct {
	kind  string
	count func(*result) int    // how many lines speak for it
	words func(*result) string // what to call them
}

// guesses are tried in this order. A kind that takes nearly anything stands behind
// those that are choosy.
var guesses = []guess{
	{"json", all, func(r *result) string {
		if r.restored > 0 {
			return "Heka's messages as JSON"
		}
		return "JSON"
	}},
	{"syslog", all, called("syslog")},
	{"nginx", all, called("nginx combined")},
	{"apache", all, called("Apache's access log")},
	{"logfmt", pairs, called("logfmt")},
	{"csv", columns, called("comma-separated values with a header")},
	{"tsv", columns, called("tab-separated values with a header")},
}

func called(s string) func(*result) string { return func(*result) string { return s } }

// result is what a kind made of the sample.
type result struct {
	in       int // messages of the sample
	decoded  int
	restored int // of a type other than the kind's name
	paired   int // at least half of the fields are more than bare words
	names    []string
}

// all counts each line that was decoded.
func all(r *result) int { return r.decoded }

// pairs leaves out lines that are rather prose: one = among many words.
func pairs(r *result) int { return r.paired }

// columns wants a header, which is then a line that was decoded as well: names, at
// least two, of which none could be a value. All rows must fit it, as commas stand
// in other lines, too.
func columns(r *result) int {
	if len(r.names) < 2 || r.decoded == 0 || r.decoded+1 < r.in {
		return 0
	}
	for i, name := range r.names {
		if !isColumn(name) {
			return 0
		}
		for _, other := range r.names[:i] {
			if other == name {
				return 0
			}
		}
	}
	return r.in
}

// isColumn reports whether name is one that people give to columns.
func isColumn(name string) bool {
	if len(name) > 40 || strings.Count(name, " ") > 3 {
		return false
	}
	for i, c := range name {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == '@', c > 0x7f:
		case i > 0 && (c >= '0' && c <= '9' || strings.ContainsRune(" -.()/%#", c)):
		default:
			return false
		}
	}
	return name != ""
}

// try decodes the sample with k. Kinds that want words are no candidates: they decode
// nothing.
func try(ctx context.Context, env *stage.Env, k stage.Kind, sample *stage.Batch) (*result, error) {
	r := &result{in: sample.Len()}
	own := &stage.Env{Name: env.Name, Hostname: env.Hostname, TZ: env.TZ, Pool: env.Pool}
	st, err := construct(own, k, "keep-time")
	if err != nil {
		return r, nil
	}
	c := &counter{kind: k.Name, result: r}
	err = stage.Continue(ctx, own, sample.Retain(), ended{}, c, st)
	if err != nil && !errors.Is(err, stage.ErrBadData) {
		return nil, err
	}
	return r, nil
}

// ended is a Reader that has nothing.
type ended struct{}

func (ended) Read() (*stage.Batch, error) { return nil, io.EOF }

// counter is the Writer that counts what a kind made. No two goroutines call it.
type counter struct {
	kind   string
	result *result
	view   msg.View
}

// Write implements stage.Writer.
func (c *counter) Write(b *stage.Batch) error {
	for i := range b.Off {
		b.View(i, &c.view)
		c.add(&c.view)
	}
	b.Release()
	return nil
}

func (c *counter) add(v *msg.View) {
	if _, bad := v.Field("heka.error.by", 0); bad && c.failed(v) {
		return
	}
	r := c.result
	r.decoded++
	if t := string(v.Type()); t != c.kind && t != "" {
		r.restored++
	}
	bare := 0
	first := r.names == nil
	for it := v.Fields(); it.Next(); {
		if it.Value.Kind() == msg.Bool && it.Value.Bool() {
			bare++
		}
		if first {
			r.names = append(r.names, string(it.Name))
		}
	}
	if 2*bare <= v.NumFields() {
		r.paired++
	}
}

// failed reports whether it is this kind that marked v, and not one before.
func (c *counter) failed(v *msg.View) bool {
	for i := 0; ; i++ {
		by, ok := v.Field("heka.error.by", i)
		if !ok {
			return false
		}
		if string(by.Text()) == c.kind {
			return true
		}
	}
}
