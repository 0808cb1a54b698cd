package oracle

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Report is what a Checker has found.
type Report struct {
	Lines     int64 // that came
	Wrote     int64 // that the ledger has
	Missing   int64 // written, and did not come
	Excused   int64 // the same, of those that the ledger has as lost
	Ahead     int64 // came, and the ledger does not have them: their writer was killed, or writes
	Duplicate int64 // came more than once: each time but the first
	Repeats   int64 // runs of such lines, one behind the other
	Disorder  int64 // came for the first time after a later line of their source
	Corrupt   int64 // not of their length, or with a wrong checksum
	Foreign   int64 // of no writer of the ledger
	Partial   int64 // marked as the start of a line, or known for one by the ledger
	Truncated int64 // marked as cut
	Gaps      int64 // messages that say what was lost
	GapBytes  int64 // how much by them

	LongestRun int64 // of Repeats
	OtherUuid  int64 // lines that came again, with another uuid
	SharedUuid int64 // lines that had the uuid of another
	Damage     int64 // bytes between records that are none

	Samples []string // the first mistakes, in words
}

// maxSamples is how many mistakes are told in words.
const maxSamples = 12

func (r *Report) sample(format string, args ...any) {
	if len(r.Samples) < maxSamples {
		r.Samples = append(r.Samples, fmt.Sprintf(format, args...))
	}
}

// compare counts what is missing of one source.
func (r *Report) compare(src uint32, l *claims, got spans) {
	r.Wrote += l.wrote.count()
	missing := l.wrote.without(got)
	known := missing.without(l.lost)
	r.Missing += known.count()
	r.Excused += missing.count() - known.count()
	for i, p := range known {
		if i == 4 {
			r.sample("... and at %d more places of source %d", len(known)-i, src)
			break
		}
		r.sample("missing: lines %d to %d of source %d (%s), which wrote %d lines", p.from, p.to, src,
			l.file, l.next())
	}
	ahead := got.without(l.wrote)
	for _, p := range ahead {
		if l.ended || p.from != l.next() {
			r.Foreign += p.to - p.from + 1
			r.sample("foreign: lines %d to %d of source %d, which were never written whole", p.from, p.to, src)
		} else {
			r.Ahead += p.to - p.from + 1
		}
	}
}

// Allow says what is no mistake.
type Allow struct {
	Repeats bool  // lines that come again, as after a crash
	MaxRun  int64 // if more than 0, how many of them in a row at most
	Damage  bool  // bytes between records that are none, as of a killed program
	Moved   bool  // what comes again has another uuid: it stands in another file by then
	Order   bool  // lines that come late, behind later ones
}

// Err returns what is wrong, nil if nothing is: anything missing, corrupt or foreign, any
// uuid of another line, and what is not allowed.
func (r *Report) Err(allow Allow) error {
	var all []string
	wrong := func(n int64, what string) {
		if n > 0 {
			all = append(all, fmt.Sprintf("%d %s", n, what))
		}
	}
	wrong(r.Missing, "missing")
	wrong(r.Corrupt, "corrupt")
	wrong(r.Foreign, "foreign")
	if !allow.Order {
		wrong(r.Disorder, "out of order")
	}
	if !allow.Moved {
		wrong(r.OtherUuid, "came again with another uuid")
	}
	wrong(r.SharedUuid, "with the uuid of another line")
	if !allow.Repeats {
		wrong(r.Duplicate, "duplicate")
	} else if allow.MaxRun > 0 && r.LongestRun > allow.MaxRun {
		all = append(all, fmt.Sprintf("%d duplicate in a row, where %d may be", r.LongestRun, allow.MaxRun))
	}
	if !allow.Damage {
		wrong(r.Damage, "bytes of damage")
	}
	if len(all) == 0 {
		return nil
	}
	return errors.New(strings.Join(append([]string{strings.Join(all, ", ")}, r.Samples...), "\n\t"))
}

// Print writes the numbers, one a line; those from duplicates on only if they are not 0.
func (r *Report) Print(w io.Writer) {
	for i, n := range []struct {
		name string
		n    int64
	}{
		{"written", r.Wrote}, {"lines", r.Lines}, {"missing", r.Missing},
		{"duplicate", r.Duplicate}, {"longest run", r.LongestRun}, {"repeats", r.Repeats},
		{"out of order", r.Disorder}, {"corrupt", r.Corrupt}, {"foreign", r.Foreign},
		{"excused", r.Excused}, {"ahead", r.Ahead}, {"partial", r.Partial},
		{"truncated", r.Truncated}, {"gaps", r.Gaps}, {"gap bytes", r.GapBytes},
		{"other uuid", r.OtherUuid}, {"shared uuid", r.SharedUuid}, {"damage", r.Damage},
	} {
		if i < 3 || n.n > 0 {
			fmt.Fprintf(w, "%-12s %d\n", n.name, n.n)
		}
	}
}
