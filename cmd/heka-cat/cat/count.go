package cat

import (
	"context"
	"io"
	"strconv"
	"time"

	"heka/lib/msg"
	"heka/lib/stage"
)

// count makes of all messages their number: a line of text, or a message where a
// format is asked for or a terminal looks on.
type count struct{ env *stage.Env }

func (s count) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	n, pool := int64(0), s.env.Pool
	text := s.env.Format == "" && !s.env.Live
	for {
		b, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		n += int64(b.Len())
		if b.Gap != nil && text { // of which text has no form
			b = b.OnlyAck()
		}
		if err := stage.Pass(b, out); err != nil {
			return err
		}
	}
	if !text {
		b := msg.Builder{
			Timestamp: time.Now().UnixNano(), Type: []byte("heka.count"), Severity: msg.DefaultSeverity,
			Hostname: []byte(s.env.Hostname),
		}
		b.Name([]byte("count"))
		b.Int(n)
		b.Rep("count")
		c := stage.NewCollector(s.env, out)
		c.NewUuid(&b)
		if err := c.Add(&b); err != nil {
			return err
		}
		return c.Flush()
	}
	s.env.Stats.Out.Add(n) // text counts for nothing by itself, and -e asks
	b := pool.Get()
	b.Text = true
	b.Buf = append(strconv.AppendInt(b.Buf, n, 10), '\n')
	return out.Write(b)
}
