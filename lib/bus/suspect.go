package bus

import "heka/lib/msg"

// killed is how often a pipeline has to die at one place until what is there is handed
// out message by message, and poisoned how often it has to die of one message then.
//
// Whether the pipeline died of that message can't be told if others were on their way,
// because what is behind the node holds up all acknowledgements: crowded is how often it has
// to die then.
const (
	killed   = 2
	poisoned = 2
	crowded  = 6
)

// suspect finds the message that kills a pipeline. It is for the goroutine of the inlet,
// and for who runs one pipeline after the other.
type suspect struct {
	place  int64          // first unit not acknowledged when it died last
	deaths int            // how often it died there
	until  int64          // units before this are handed out one by one
	last   int64          // the one handed out last; -1: none
	alone  bool           // all before that one was acknowledged
	by     int64          // the one that killed last
	times  int            // how often
	guilt  map[int64]bool // those that killed often enough to be given up
	vain   int            // waits that ended with nothing
	any    bool

	// What kills whatever it is given is not killed by a message: after one was given up,
	// something has to be acknowledged before another is.
	buried bool
	since  int64 // acknowledgements there were at that time
}

func (s *suspect) covers(unit int64) bool { return s.any && unit < s.until }

func (s *suspect) handed(unit int64, alone bool) { s.last, s.alone = unit, alone }

// guilty reports whether a message has killed often enough to be given up.
func (s *suspect) guilty(unit int64) bool { return s.guilt[unit] }

// accuse notes that the pipeline died when a message had been handed out last.
func (s *suspect) accuse(unit int64) {
	if s.by != unit {
		s.by, s.times = unit, 0
	}
	s.times++
	if s.times < poisoned || s.times < crowded && !s.alone {
		return
	}
	if s.guilt == nil {
		s.guilt = map[int64]bool{}
	}
	s.guilt[unit], s.times = true, 0
}

// gives reports whether one that is guilty is to be given up; acked is how many
// acknowledgements there were. If not, others are tried in its place.
func (s *suspect) gives(acked int64) bool {
	if s.buried && acked == s.since {
		return false
	}
	s.buried, s.since = true, acked
	return true
}

// Died notes that the node's pipeline was killed by something in it, not by what it
// needs from elsewhere. It returns how often that was at the same place.
func (p *Port) Died() int {
	if p.queue == nil {
		return 0
	}
	until := p.queue.rewind()
	place := p.queue.first()
	s := &p.suspect
	if s.any && s.last >= 0 {
		s.accuse(s.last)
	}
	if place != s.place {
		s.place, s.deaths = place, 0
	}
	s.deaths++
	if s.deaths >= killed {
		s.any, s.until, s.vain = true, max(s.until, until), 0
	}
	s.last = -1
	return s.deaths
}

// bury gives up message i of an item.
func (p *Port) bury(it *item, i int) {
	if len(it.b.Off) == 0 {
		return
	}
	p.stats.dead.Add(1)
	if p.dead == nil {
		return
	}
	rec := it.b.Record(i)
	var v msg.View
	v.Reset(rec[msg.HeaderSize:])
	if err := p.dead(rec, "it killed "+p.name+" again and again"); err != nil {
		p.bus.opt.Log.Error("dead letter lost", "node", p.name, "err", err)
	}
}
