package session

import (
	"errors"
	"fmt"
	"strings"
)

// Check returns what is wrong with the outcome of a command, in lines to be read;
// empty if nothing is. With color, differences are marked by colour.
func (s *Session) Check(c Command, o Outcome, color bool) string {
	if !o.Ran {
		return ""
	}
	var b strings.Builder
	report := func(what, diff string) {
		text := strings.TrimLeft(notes(c.Text), " ")
		text = strings.ReplaceAll(text, "\n  ", "\n  > ")
		fmt.Fprintf(&b, "%s:%d: %s\n  $ %s%s", s.Name, c.Line, what, text, diff)
	}
	switch {
	case o.Failure != nil:
		what := o.Failure.Error()
		if errors.Is(o.Failure, errLate) {
			what += "; what follows was not run"
		}
		report(what, tail(o.Result))
	case !o.Is(c):
		what := "not what was wanted"
		if o.Status != c.Status {
			what += fmt.Sprintf(", and the status is %d", o.Status)
		}
		report(what, Diff(whole(c.Want, c.Status), whole(o.Text(), o.Status), color))
	}
	switch {
	case o.Again == nil || o.Failure != nil:
	case o.Again.Failure != nil:
		report("fused: "+o.Again.Failure.Error(), tail(*o.Again))
	case disagree(c, o):
		piped, fused := whole(o.Out, o.Status), whole(o.Again.Out, o.Again.Status)
		report("not the same by pipes (-) and fused (+)", Diff(piped, fused, color)+notes(o.Again.Err))
	}
	return b.String()
}

// disagree reports whether the two ways to run c came to two answers. What is said on
// stderr is not compared: it names the program. A shell keeps the status of the last
// command alone, so a failure of one before it is in its stderr and in heka run's
// status.
func disagree(c Command, o Outcome) bool {
	if ended(o.Out) != ended(o.Again.Out) {
		return true
	}
	hidden := o.Status == 0 && o.Err != "" && strings.Contains(c.Text, "|")
	return o.Status != o.Again.Status && !hidden
}

// tail returns the end of what a command that failed has written.
func tail(r Result) string {
	const most = 10
	all := lines(r.Text())
	return notes(strings.Join(all[max(0, len(all)-most):], "\n"))
}

// notes returns text as lines that belong to a report.
func notes(text string) string {
	var b strings.Builder
	for _, l := range lines(text) {
		b.WriteString("  " + printable(cut(l, maxLine)) + "\n")
	}
	return b.String()
}
