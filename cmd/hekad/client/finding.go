package client

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"heka/cmd/hekad/api"
)

// level says how bad a finding is.
type level string

// The levels.
const (
	ok   level = "ok"
	warn level = "warn"
	bad  level = "bad"
)

// finding is something that was looked at.
type finding struct {
	Level level  `json:"level"`
	About string `json:"about"` // a node, or a part of the daemon
	Text  string `json:"text"`  // how it stands
	Do    string `json:"do,omitempty"`
}

// line renders a finding.
func (f finding) line(p painter) string {
	color := map[level]string{ok: green, warn: yellow, bad: red}[f.Level]
	s := p.paint(color, fmt.Sprintf("%-4s", f.Level)) + "  " + visible(f.About) + ": " +
		visible(f.Text)
	if f.Do != "" {
		s += "; " + visible(f.Do)
	}
	return s
}

// one returns one finding.
func one(l level, about, do, format string, args ...any) []finding {
	return []finding{{l, about, fmt.Sprintf(format, args...), do}}
}

// troubles returns what is wrong with a daemon and its nodes, the worst first.
func troubles(s *api.Status) []finding {
	var all []finding
	if s.Draining {
		all = one(warn, "daemon", "stop it and start it again for more",
			"it is drained: its sources have ended")
	}
	for i := range s.Nodes {
		all = append(all, nodeTroubles(s, &s.Nodes[i])...)
	}
	slices.SortStableFunc(all, func(a, b finding) int { return severity(b.Level) - severity(a.Level) })
	return all
}

func severity(l level) int { return slices.Index([]level{ok, warn, bad}, l) }

// nodeTroubles returns what is wrong with n.
func nodeTroubles(s *api.Status, n *api.Node) []finding {
	var all []finding
	add := func(when bool, l level, do, format string, args ...any) {
		if when {
			all = append(all, finding{l, n.Name, fmt.Sprintf(format, args...), do})
		}
	}
	add(n.State == api.Failed, bad, "mend it, then hekad reload", "failed: %s", n.Why)
	add(n.State == api.Waiting, warn, "it will be started again",
		"failed %s: %s", times(max(n.Restarts, 1)), n.Why)
	add(n.State == api.Running && n.Restarts > 0, warn, "the daemon's log says why",
		"was started again %s", times(n.Restarts))
	add(slices.Contains(s.Stuck, n.Name), bad, "hekad tap --in "+n.Name+" shows what it is given",
		"has input and has done nothing for %s", span(s.Now.Sub(progress(n))))
	all = append(all, flowTroubles(s, n)...)
	all = append(all, lossTroubles(s, n)...)
	return all
}

func progress(n *api.Node) time.Time {
	if n.Progress.IsZero() {
		return n.Since
	}
	return n.Progress
}

// flowTroubles returns what holds n up.
func flowTroubles(s *api.Status, n *api.Node) []finding {
	var all []finding
	if n.Blocked {
		f := finding{Level: warn, About: n.Name, Text: "waits for " + n.BlockedBy}
		if n.BlockedS >= 1 {
			f.Text += ", " + span(seconds(n.BlockedS)) + " in all"
		}
		f.Do = "give " + n.BlockedBy + ` a spool, or full = "drop-old"`
		for i := range s.Nodes {
			if c := &s.Nodes[i]; c.Name == n.BlockedBy && c.SpoolMax > 0 {
				f.Do = "its spool is full: make it larger, or see why " + c.Name + " is slow"
			}
		}
		all = append(all, f)
	}
	if n.SpoolMax > 0 && n.Spool >= n.SpoolMax*80/100 {
		l := warn
		if n.Spool >= n.SpoolMax*95/100 {
			l = bad
		}
		all = append(all, one(l, n.Name, "see why it is slow, or make spool larger",
			"its spool is full to %s, the oldest of it is %s old",
			percent(float64(n.Spool)/float64(n.SpoolMax)), span(seconds(n.SpoolAge)))...)
	}
	return all
}

// lossTroubles returns what n has lost, or could not use.
func lossTroubles(s *api.Status, n *api.Node) []finding {
	var all []finding
	add := func(num int64, l level, do, format string, args ...any) {
		if num > 0 {
			all = append(all, finding{l, n.Name, fmt.Sprintf(format, args...), do})
		}
	}
	what := "queue"
	if n.SpoolMax > 0 {
		what = "spool"
	}
	add(n.Dropped, warn, "make "+what+` larger, or say full = "block"`,
		"gave up %s, its %s was full", messages(n.Dropped), what)
	letters := filepath.Join(s.State, "dead", n.Name+".heka")
	add(n.Dead, warn, "once it is mended: heka-replay "+letters+" | "+n.Run,
		"put %s into its dead letters", messages(n.Dead))
	add(n.Looped, warn, "see hekad graph for the circle; max_loops bounds it",
		"gave up %s that went round in a circle", messages(n.Looped))
	add(n.Gaps, warn, "it was rotated away or cut before it was read",
		"lost %s of its source in %s", bytes(n.GapBytes), places(n.Gaps))
	add(n.Damaged, warn, "what was damaged is kept beside it; heka-cat --fsck tells more",
		"its spool was damaged in %s", places(n.Damaged))
	add(n.Errors, warn, "hekad tap "+n.Name+" 'Fields[heka.error] != NIL' shows them",
		"could not process %s", messages(n.Errors))
	return all
}

func messages(n int64) string { return plural(n, "message") }
func places(n int64) string   { return plural(n, "place") }

// plural writes n of a thing.
func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return count(n) + " " + what + "s"
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return count(n) + " times"
}
