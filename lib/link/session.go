package link

import (
	"fmt"
	"sync"

	"heka/lib/position"
	"heka/lib/stage"
)

// session is what a Receiver knows of a sender, over all its connections. Three
// numbers, none behind the one before it:
//
//	acknowledged <= passed to the pipeline <= had from the sender
type session struct {
	source uint32
	used   int64 // when, in counts of the Receiver; under its lock

	mu     sync.Mutex
	turn   *sync.Cond // with mu: passed has grown, or it is over
	over   bool
	conn   *conn // that which counts; nil: none
	have   int64
	passed int64
	acks   *position.Tracker[struct{}]
}

func newSession(source uint32, at int64) *session {
	s := &session{source: source, have: at, passed: at, acks: position.NewTracker[struct{}](at)}
	s.turn = sync.NewCond(&s.mu)
	return s
}

// session returns the session of a hello, which c carries from now on; another
// connection that did is closed. from is where the sender is to go on.
func (r *Receiver) session(h *hello, c *conn) (s *session, from, acked int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.use++
	s = r.sessions[h.id]
	if s != nil {
		if from, acked, ok := s.join(h, c); ok {
			s.used = r.use
			return s, from, acked
		}
		delete(r.sources, s.source)
		delete(r.sessions, h.id)
	}
	if len(r.sessions) >= maxSessions {
		r.evict()
	}
	r.last++
	s = newSession(r.last, h.from)
	s.used, s.conn = r.use, c
	r.sessions[h.id], r.sources[s.source] = s, s
	return s, h.from, h.from
}

// evict forgets the session that was not used for longest and has no connection.
func (r *Receiver) evict() {
	var id [16]byte
	var oldest *session
	for k, s := range r.sessions {
		if (oldest == nil || s.used < oldest.used) && !s.connected() {
			id, oldest = k, s
		}
	}
	if oldest != nil {
		delete(r.sessions, id)
		delete(r.sources, oldest.source)
	}
}

func (s *session) connected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn != nil
}

// join makes c the connection of s. It is false if what the sender has does not fit
// what is known of it: then it is not the same.
func (s *session) join(h *hello, c *conn) (from, acked int64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h.from > s.have || h.next < s.have || h.from > s.acks.At() {
		return 0, 0, false
	}
	if old := s.conn; old != nil && old != c {
		old.sock.Close()
	}
	s.conn = c
	return s.have, s.acks.At(), true
}

// leave says that c carries s no more.
func (s *session) leave(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == c {
		s.conn = nil
	}
}

// claim says that a whole batch has come over c. It is false if c does not count any
// more: the batch comes again over another.
func (s *session) claim(c *conn, from, to int64) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != c {
		return false, nil
	}
	if from != s.have {
		return false, fmt.Errorf("%w: records from %d where %d was due", ErrProtocol, from, s.have)
	}
	s.have = to
	return true, nil
}

// await waits until all before from is passed on: a connection that was replaced may
// have a batch to hand over still. It is false when nothing is wanted any more.
func (s *session) await(from int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.passed != from && !s.over {
		s.turn.Wait()
	}
	return !s.over
}

// pass says that all before to is passed on.
func (s *session) pass(to int64) {
	s.mu.Lock()
	s.passed = to
	s.mu.Unlock()
	s.turn.Broadcast()
}

// wake ends all waiting.
func (s *session) wake() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	s.turn.Broadcast()
}

// sent says that a range goes into the pipeline.
func (s *session) sent(a stage.Range) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acks.Sent(a.From, a.To, struct{}{})
}

// ackedRange says that a range came through the pipeline.
func (s *session) ackedRange(a stage.Range) {
	s.mu.Lock()
	_, _, moved := s.acks.Acked(a.From, a.To)
	c := s.conn
	s.mu.Unlock()
	if moved && c != nil {
		poke(c.poke)
	}
}

// acked returns the number behind the last record that is acknowledged.
func (s *session) acked() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acks.At()
}
