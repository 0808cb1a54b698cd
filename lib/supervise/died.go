package supervise

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"syscall"
)

// Died is the error of a process that did not end well.
type Died struct {
	Name   string         // of the node
	Pid    int            //
	Status int            // it exited with; -1 if a signal ended it
	Signal syscall.Signal // that ended it; 0 if none did
	Memory bool           // it had no more memory: it was beyond its limit, or said so
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
		fmt.Fprintf(&b, "ran out of memory (status %d, signal %d)", d.Status, int(d.Signal))
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

// outOfMemory reports whether a line on stderr is what runtimes say when they get no more
// memory.
func outOfMemory(line []byte) bool {
	return slices.ContainsFunc(memoryWords, func(w []byte) bool { return bytes.Contains(line, w) })
}

var memoryWords = [][]byte{
	[]byte("out of memory"), []byte("cannot allocate memory"), []byte("Cannot allocate memory"),
	[]byte("MemoryError"), []byte("std::bad_alloc"),
}

// crash reports whether a line is what Go says first when a program crashes: many follow.
func crash(line []byte) bool {
	return bytes.HasPrefix(line, []byte("fatal error: ")) || bytes.HasPrefix(line, []byte("panic: "))
}
