package session

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"heka/lib/oneliner"
)

var uuid = regexp.MustCompile(`"Uuid":"[0-9a-f-]{36}"`)

// Plain returns output without what differs from run to run: uuids become "-".
func Plain(out string) string { return uuid.ReplaceAllString(out, `"Uuid":"-"`) }

// programs are those that heka is when it is called by their names, and that heka
// run joins.
var programs = []string{
	"heka-tail", "heka-decode", "heka-route", "heka-filter", "heka-out",
	"heka-cat", "heka-replay", "heka-inject", "heka-flood",
}

// Programs returns the names of the programs that heka run joins, sorted.
func Programs() []string { return slices.Sorted(slices.Values(programs)) }

// Fusible reports whether a command line is a pipeline of our programs alone, which
// heka run can do too.
func Fusible(line string) bool {
	calls, err := oneliner.Parse(line)
	if err != nil {
		return false
	}
	for _, c := range calls {
		if !slices.Contains(programs, c.Words[0]) || slices.Contains(c.Words, "--help") {
			return false
		}
	}
	return true
}

// errNoText is the failure of a command whose output no session can hold.
var errNoText = errors.New("it wrote records, or other bytes that are no text: let it end in -o json, say")

// tidy makes of r what a session has, without the name of the working folder.
func tidy(r Result, dir string) Result {
	if strings.ContainsRune(r.Out+r.Err, 0) || strings.HasPrefix(r.Out, "\x1e") {
		if r.Failure == nil {
			r.Failure = errNoText
		}
		return r
	}
	r.Out = strings.ReplaceAll(Plain(r.Out), dir, "$PWD")
	r.Err = strings.ReplaceAll(Plain(r.Err), dir, "$PWD")
	return r
}
