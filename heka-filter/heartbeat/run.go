package heartbeat

import (
	"context"
	"io"

	"heka/heka-filter/internal/alert"
	"heka/heka-filter/internal/window"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
)

// heartbeat is the stage.
//
// A key is heard of when one of its messages comes in, whatever the time in it: a host
// whose clock is wrong is alive. Under --clock data there is no other time than that of the
// messages.
type heartbeat struct {
	env    *stage.Env
	vars   []match.Var
	watch  *watch
	limits limits
	every  int64

	alerts   *alert.Sender
	status   *stage.Collector
	live     *stage.Collector
	lastTick int64
	newest   int64 // timestamp
	full     bool
	b        msg.Builder
	view     msg.View
	text     []byte
}

// Every implements stage.Ticking.
func (s *heartbeat) Every() int64 {
	if n := s.limits.tick(); s.every == 0 || s.every > n {
		return n
	}
	return s.every
}

// Run implements stage.Stage.
func (s *heartbeat) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	s.alerts = alert.New(s.env, out)
	s.status, s.live = stage.NewCollector(s.env, out), stage.NewCollector(s.env, out)
	s.live.Interim = true
	boundary := window.NewBoundary(s.every)
	for {
		b, err := in.Read()
		if err == io.EOF {
			return s.end()
		}
		if err != nil {
			return err
		}
		switch {
		case b.Tick != 0:
			err = s.tick(b, &boundary)
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

// add hears of the keys of the messages of b. It is the hot path.
func (s *heartbeat) add(b *stage.Batch) error {
	for i := range b.Off {
		b.View(i, &s.view)
		t := s.view.Timestamp()
		s.newest = max(s.newest, t)
		id := s.watch.find(&s.view, s.vars)
		if id < 0 {
			s.tooMany()
			continue
		}
		if !s.env.DataTime {
			t = s.lastTick
		}
		k := &s.watch.beats[id]
		if k.state == down && t > k.last {
			if err := s.returned(id, t); err != nil {
				return err
			}
		}
		k.last = max(k.last, t)
	}
	return s.alerts.Flush()
}

func (s *heartbeat) tooMany() {
	if !s.full {
		s.full = true
		s.env.Logger().Warn("heartbeat: too many keys: further ones are not watched",
			"max-keys", s.watch.max)
	}
}

func (s *heartbeat) tick(b *stage.Batch, boundary *window.Boundary) error {
	if b.Live {
		return s.show(b.Tick)
	}
	s.lastTick = b.Tick
	if err := s.check(b.Tick); err != nil {
		return err
	}
	if boundary.Passed(b.Tick) {
		return s.report(b.Tick)
	}
	return nil
}

// check looks for silence at the time now.
func (s *heartbeat) check(now int64) error {
	for i := range s.watch.beats {
		k := &s.watch.beats[i]
		if k.state == forgotten {
			continue
		}
		if k.last == 0 {
			k.last = now // it was heard of before the first tick
		}
		switch silent := now - k.last; {
		case silent > s.limits.forget:
			s.watch.forget(int32(i))
		case silent > s.limits.timeout:
			k.state = down
			if k.lastAlert == 0 || now-k.lastAlert > s.limits.throttle {
				k.lastAlert, k.alerted = now, true
				if err := s.alert(int32(i), now, alert.Error, "Missing Heartbeat - "); err != nil {
					return err
				}
			}
		}
	}
	return s.alerts.Flush()
}

// returned is told that a key that was down was heard of at t.
func (s *heartbeat) returned(id int32, t int64) error {
	k := &s.watch.beats[id]
	alerted := k.alerted
	k.state, k.alerted = up, false
	if !alerted {
		return nil
	}
	return s.alert(id, t, alert.Notice, "Heartbeat Returned - ")
}

func (s *heartbeat) end() error {
	now := max(s.lastTick, s.newest)
	if err := s.check(now); err != nil {
		return err
	}
	return s.report(now)
}
