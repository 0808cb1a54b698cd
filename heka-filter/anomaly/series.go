package anomaly

import (
	"context"
	"io"

	"heka/heka-filter/internal/alert"
	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/window"
	"heka/lib/cbuf"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
)

// ahead is how far a message may be before the clock of the machine. One that is further
// would move the window on and make all that follow too late.
const ahead = 60e9

// series is the stage that makes series of messages, one for each key, and looks into them
// at each tick that ends a row.
type series struct {
	env      *stage.Env
	specs    []*spec
	columns  []column
	vars     []match.Var
	groups   *keys.Groups[group]
	every    int64
	rows     int
	most     int // keys
	throttle int64

	lastTick int64
	late     bool
	view     msg.View
}

// group is the series of a key.
type group struct {
	buffer *cbuf.Buffer
	name   string
	first  int64   // when it began
	told   []int64 // when each spec was last told of; 0: never
}

// maxName is how many bytes of a key's text are shown.
const maxName = 512

// Every implements stage.Ticking.
func (s *series) Every() int64 { return s.every }

// Run implements stage.Stage.
func (s *series) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	alerts := alert.New(s.env, out)
	boundary := window.NewBoundary(s.every)
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case b.Tick != 0:
			if !b.Live && boundary.Passed(b.Tick) {
				err = s.tick(b.Tick, alerts)
			}
		case !b.Interim:
			err = s.add(b)
		}
		if err != nil {
			b.Release()
			return err
		}
		if err := stage.Pass(b, out); err != nil {
			return err
		}
	}
}

// add takes in the messages of b. It is the hot path.
func (s *series) add(b *stage.Batch) error {
	for i := range b.Off {
		b.View(i, &s.view)
		g, isNew := s.groups.At(&s.view)
		if isNew {
			if err := s.start(g); err != nil {
				return err
			}
		}
		ok := s.env.DataTime || s.lastTick == 0 || s.view.Timestamp() < s.lastTick+s.every+ahead
		for c := range s.columns {
			ok = ok && s.columns[c].add(g.buffer, c, &s.view)
		}
		if !ok {
			s.tooLate()
		}
	}
	return nil
}

// start makes g the group of the key of view's message, which is new.
func (s *series) start(g *group) error {
	b, err := newBuffer(s.columns, s.rows, int(s.every/1e9))
	if err != nil {
		return err
	}
	var name []byte
	if s.groups.Len() > s.most {
		name = []byte(" " + keys.Other)
	} else {
		for i := range s.vars {
			name = s.vars[i].AppendText(append(name, ' '), &s.view)
		}
	}
	name = name[:min(len(name), maxName)]
	*g = group{buffer: b, told: make([]int64, len(s.specs)), name: string(name),
		first: s.view.Timestamp()}
	return nil
}

func (s *series) tooLate() {
	s.env.Stats.Dropped.Add(1)
	if !s.late {
		s.late = true
		s.env.Logger().Warn("anomaly: messages are not of the time of the series: they are left out; " +
			"see --clock data")
	}
}

// tick looks into all series at the time now, which ends a row.
func (s *series) tick(now int64, alerts *alert.Sender) error {
	s.lastTick = now
	for _, id := range s.groups.Rows() {
		g := s.groups.Row(id)
		if !advance(g.buffer, now) {
			continue // the series is ahead of the clock
		}
		age := (now - g.first) / s.every
		for i, spec := range s.specs {
			if age < int64(spec.need(s.rows)) {
				continue
			}
			found := spec.detect(g.buffer)
			if found == "" || g.told[i] != 0 && now-g.told[i] < s.throttle {
				continue
			}
			g.told[i] = now
			b := alerts.Begin(now, alert.Warning, spec.name)
			s.groups.Emit(b, id)
			if err := spec.send(alerts, b, spec.name+g.name, found); err != nil {
				return err
			}
		}
	}
	return alerts.Flush()
}

// advance makes the row of now the newest one; false if there is a newer one.
func advance(b *cbuf.Buffer, now int64) bool {
	if b.Ahead(now) > 0 {
		b.Add(now, 0, nan)
	}
	return b.Time() <= now
}
