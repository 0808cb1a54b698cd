package anomaly

import (
	"context"
	"errors"
	"io"

	"heka/heka-filter/internal/alert"
	"heka/heka-filter/internal/bad"
	"heka/heka-filter/internal/lru"
	"heka/lib/cbuf"
	"heka/lib/msg"
	"heka/lib/stage"
)

// watch is the stage that looks into the circular buffers that come in payloads.
type watch struct {
	env      *stage.Env
	specs    map[string][]*spec // by name
	throttle int64
	seen     *lru.Cache[watched]
	key      []byte
	view     msg.View
}

// watched is what is known of the buffers of one name, logger and host.
type watched struct {
	ran  int64   // when it was last looked into
	told []int64 // when each spec was last told of; 0: never
}

func newWatch(env *stage.Env, specs []*spec, throttle int64, most int) *watch {
	s := &watch{env: env, throttle: throttle, specs: map[string][]*spec{},
		seen: lru.New[watched](most)}
	for _, x := range specs {
		s.specs[x.name] = append(s.specs[x.name], x)
	}
	return s
}

// Run implements stage.Stage.
func (s *watch) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	alerts, marked := alert.New(s.env, out), stage.NewCollector(s.env, out)
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for i := 0; i < len(b.Off) && !b.Interim; i++ {
			b.View(i, &s.view)
			if err = s.message(alerts); err != nil {
				err = bad.Message(s.env, marked, "anomaly", &s.view, err)
			}
			if err != nil {
				b.Release()
				return err
			}
		}
		if err := errors.Join(alerts.Flush(), marked.Flush()); err != nil {
			b.Release()
			return err
		}
		if err := stage.Pass(b, out); err != nil {
			return err
		}
	}
}

// message looks into the message in view, if it is a circular buffer that a spec names.
func (s *watch) message(alerts *alert.Sender) error {
	v := &s.view
	kind, _ := v.Field("payload_type", 0)
	if string(kind.Text()) != "cbuf" {
		return nil
	}
	name, _ := v.Field("payload_name", 0)
	specs := s.specs[string(name.Text())]
	if specs == nil {
		return nil
	}
	b, err := buffer(v)
	if err != nil {
		return err
	}
	advance(b, v.Timestamp())
	w := s.watched(name.Text(), len(specs))
	now := v.Timestamp()
	if w.ran != 0 && now-w.ran < int64(b.SecondsPerRow())*1e9 {
		return nil
	}
	w.ran = now
	for i, x := range specs {
		if err := x.fits(x.name, b.Rows(), b.Columns()); err != nil {
			return err
		}
		found := x.detect(b)
		if found == "" || w.told[i] != 0 && now-w.told[i] < s.throttle {
			continue
		}
		w.told[i] = now
		a := alerts.Begin(now, alert.Warning, x.name)
		if err := x.send(alerts, a, x.name, found); err != nil {
			return err
		}
	}
	return nil
}

// watched returns what is known of the buffers of this name and of the logger and host of
// the message in view.
func (s *watch) watched(name []byte, specs int) *watched {
	s.key = append(append(s.key[:0], s.view.Logger()...), 0)
	s.key = append(append(s.key, s.view.Hostname()...), 0)
	w, isNew, _ := s.seen.Get(append(s.key, name...))
	if isNew {
		*w = watched{told: make([]int64, specs)}
	}
	return w
}

var errDeltas = errors.New("the circular buffer has its changes alone")

// buffer returns the circular buffer that is the payload of m.
func buffer(m *msg.View) (*cbuf.Buffer, error) {
	t, err := cbuf.Parse(string(m.Payload()))
	if err != nil {
		return nil, err
	}
	if t.Times != nil {
		return nil, errDeltas
	}
	b, err := cbuf.New(t.Rows, len(t.Columns), t.SecondsPerRow, false)
	if err != nil {
		return nil, err
	}
	for i := t.Rows - 1; i >= 0; i-- { // the newest row makes the window what it was
		for c, v := range t.Row(i) {
			b.Add(t.Time(i)*1e9, c, v)
		}
	}
	return b, nil
}
