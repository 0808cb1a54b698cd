package cat

import (
	"time"

	"heka/lib/msg"
	"heka/lib/stage"
)

// report makes the messages of --index and --fsck. All of a run have one
// timestamp, so that they are the rows of one table.
type report struct {
	c *stage.Collector
	b msg.Builder
}

func newReport(env *stage.Env, out stage.Writer) *report {
	r := &report{c: stage.NewCollector(env, out)}
	r.b.Reset()
	r.b.Timestamp = time.Now().UnixNano()
	r.b.Hostname = []byte(env.Hostname)
	return r
}

func (r *report) text(name, value, rep string) {
	r.b.Name([]byte(name))
	r.b.String(value)
	if rep != "" {
		r.b.Rep(rep)
	}
}

func (r *report) number(name string, value int64, rep string) {
	r.b.Name([]byte(name))
	r.b.Int(value)
	if rep != "" {
		r.b.Rep(rep)
	}
}

// time adds a moment; nothing stands there if there is none.
func (r *report) time(name string, ns int64, is bool) {
	s := ""
	if is {
		s = time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
	}
	r.text(name, s, "date-time")
}

// add adds the message whose fields were given.
func (r *report) add(kind string) error {
	r.b.Type = []byte(kind)
	r.c.NewUuid(&r.b)
	return r.c.Add(&r.b)
}
