package report

import (
	"fmt"
	"runtime"
	"time"

	"heka/cmd/hekad/api"
	"heka/lib/msg"
)

// Self is all that a daemon says of itself, second by second. The zero Self watches and
// tells of changes; with Every it reports. Second is for one goroutine, Watch for any.
type Self struct {
	Every time.Duration // between heka.all-report messages; 0: none
	Watch Watch

	changes Changes
	last    time.Time // of the last report
	builder msg.Builder
}

// Second is called each second with how things stand. It feeds the Watch, sets Stuck and
// Ready of st, and calls emit for each message that there is to send. emit must not wait
// for anybody: if a node that is stuck could hold it up, nobody would look at nodes any
// more. It sets the uuid. Its error ends what was to be sent, and is returned.
func (s *Self) Second(st *api.Status, emit func(*msg.Builder) error) error {
	s.Watch.Feed(*st)
	s.Watch.Mark(st)
	b := &s.builder
	if err := s.changes.Next(*st, b, emit); err != nil {
		return err
	}
	if s.Every <= 0 || !s.due(st.Now) {
		return nil
	}
	s.last = st.Now
	AllReport(*st, b)
	if err := emit(b); err != nil {
		return err
	}
	for i := range st.Nodes {
		NodeReport(*st, &st.Nodes[i], b)
		if err := emit(b); err != nil {
			return err
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	MemStat(*st, &m, b)
	return emit(b)
}

// due reports whether it is time for a report. Half a second early is in time: whoever
// calls once a second does so with some jitter. A clock that was set back starts anew.
func (s *Self) due(now time.Time) bool {
	d := now.Sub(s.last)
	return d >= s.Every-500*time.Millisecond || d < 0
}

// Summary says in a line how a daemon stands, for systemctl status: "5 nodes run", or the
// first reason why it is not ready.
func Summary(st api.Status, stuck []Stuck) string {
	reasons := NotReady(st, stuck)
	switch {
	case len(reasons) > 1:
		return fmt.Sprintf("%s (and %d more)", reasons[0], len(reasons)-1)
	case len(reasons) == 1:
		return reasons[0]
	case len(st.Nodes) == 1:
		return "1 node runs"
	}
	return fmt.Sprintf("%d nodes run", len(st.Nodes))
}
