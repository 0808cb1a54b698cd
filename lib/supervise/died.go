package supervise

import (
	"fmt"
	"strings"
	"syscall"
)

// Died is the error of a process that did not end well.
type Died struct {
	Name   string         // of the node
	Pid    int            //
	Status int            // it exited with; -1 if a signal ended it
	Signal syscall.Signal // that ended it; 0 if none did
	Memory bool           // it had no more memory, as far as can be told
	Why    string         // if we ended it: what for
	Last   string         // the last line on its stderr, escaped and cut; may be empty
}

func (d *Died) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: process %d ", d.Name, d.Pid)
	switch {
	case d.Why != "":
		fmt.Fprintf(&b, "was ended: %s", d.Why)
	case d.Memory:
		b.WriteString("ran out of memory")
	case d.Signal != 0:
		fmt.Fprintf(&b, "was ended by signal %d, %s", int(d.Signal), d.Signal)
	case d.Status != 0:
		fmt.Fprintf(&b, "ended with status %d", d.Status)
	default:
		b.WriteString("ended with status 0 before its pipeline had")
	}
	if d.Last != "" {
		b.WriteString(": ")
		b.WriteString(d.Last)
	}
	return b.String()
}

// outOfMemory reports whether a line on stderr is what runtimes say last when they get no
// more memory.
func outOfMemory(line string) bool {
	for _, s := range []string{
		"out of memory", "cannot allocate memory", "Cannot allocate memory", "MemoryError",
		"std::bad_alloc",
	} {
		if strings.Contains(line, s) {
			return true
		}
	}
	return false
}
