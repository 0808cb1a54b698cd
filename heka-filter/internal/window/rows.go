package window

import (
	"heka/lib/msg"
	"heka/lib/stage"
)

// Logger is the Logger of all messages that filters make.
const Logger = "heka-filter"

// maxLive is how many rows a terminal gets to see.
const maxLive = 200

// Rows sends messages, each a row of a table. Fields are added to B, then Send.
type Rows struct {
	B    msg.Builder
	Span Span

	c       *stage.Collector
	out     stage.Writer
	interim *Rows
	env     *stage.Env
	time    int64
	name    []byte
	host    []byte
	left    int // how many rows are wanted; negative: all
	most    int
	err     error
}

// NewRows returns the Rows of messages of Type name, which go to out. An Aggregate
// is given its Rows; who is none calls Begin, then Send, then Flush.
func NewRows(env *stage.Env, name string, out stage.Writer) *Rows {
	return &Rows{c: stage.NewCollector(env, out), out: out, env: env,
		name: []byte(name), host: []byte(env.Hostname), most: -1}
}

// live returns the rows that only a terminal sees.
func (r *Rows) live() *Rows {
	if r.interim == nil {
		r.interim = NewRows(r.env, string(r.name), r.out)
		r.interim.c.Interim, r.interim.most = true, maxLive
	}
	return r.interim
}

// Begin starts the rows of time t.
func (r *Rows) Begin(t int64) {
	r.time, r.left, r.err = t, r.most, nil
	r.B.Reset()
}

// Send sends the row of the fields in B. False says that no more rows are wanted.
func (r *Rows) Send() bool {
	if r.left == 0 || r.err != nil {
		r.B.ClearFields()
		return false
	}
	b := &r.B
	b.Timestamp, b.Severity = r.time, msg.DefaultSeverity
	b.Type, b.Logger, b.Hostname = r.name, logger, r.host
	r.c.NewUuid(b)
	r.err = r.c.Add(b)
	r.left--
	return r.err == nil && r.left != 0
}

var logger = []byte(Logger)

// Flush hands on what was sent, and returns the error that stopped Send.
func (r *Rows) Flush() error {
	if r.err != nil {
		return r.err
	}
	return r.c.Flush()
}

var (
	keyCount       = msg.NewKey("count")
	keyPercent     = msg.NewKey("percent")
	keyApproximate = msg.NewKey("approximate")
	keyError       = msg.NewKey("error")
)

// Count adds the field count.
func (r *Rows) Count(n int64) {
	r.B.Key(keyCount)
	r.B.Int(n)
	r.B.Rep("count")
}

// Percent adds the field percent: how much n is of all.
func (r *Rows) Percent(n, all int64) {
	r.B.Key(keyPercent)
	p := 0.0
	if all > 0 {
		p = 100 * float64(n) / float64(all)
	}
	r.B.Float(p)
	r.B.Rep("%")
}

// Approximate adds the fields approximate and error: by how much at most the count
// is too large.
func (r *Rows) Approximate(bound int64) {
	r.B.Key(keyApproximate)
	r.B.Bool(true)
	r.B.Key(keyError)
	r.B.Int(bound)
	r.B.Rep("count")
}
