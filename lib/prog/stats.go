package prog

import (
	"fmt"
	"heka/lib/size"
	"strings"
	"time"
)

// statsLine says in one line what went through the command.
func (c *Command) statsLine(took time.Duration) string {
	s := &c.Env.Stats
	var b strings.Builder
	fmt.Fprintf(&b, "%s:", c.Wing.Name)
	count := func(what string, n int64) {
		if n != 0 {
			fmt.Fprintf(&b, " %s %d", what, n)
		}
	}
	n := s.In.Load()
	fmt.Fprintf(&b, " in %d (%s) out %d (%s)", n, size.Format(s.InBytes.Load()),
		s.Out.Load(), size.Format(s.OutBytes.Load()))
	count("bad", s.Bad.Load())
	count("dropped", s.Dropped.Load())
	count("refused", s.Refused.Load())
	count("damaged", s.Damaged.Load())
	count("skipped bytes", s.Skipped.Load())
	count("files", s.Files.Load())
	count("rotations", s.Rotations.Load())
	count("gaps", s.Gaps.Load())
	count("lost bytes", s.GapBytes.Load())
	if n := s.Lag.Load(); n != 0 {
		fmt.Fprintf(&b, " lag %s", size.Format(n))
	}
	fmt.Fprintf(&b, " in %.3gs", took.Seconds())
	if most := max(n, s.Out.Load()); most > 0 {
		fmt.Fprintf(&b, ", %.3g/s", float64(most)/took.Seconds())
	}
	return b.String()
}
