package supervise

import (
	"log/slog"
	"os"
	"slices"
	"strconv"
	"time"
)

// Limits bound what a process may take; 0: no bound. See the package comment for how they
// hold.
type Limits struct {
	Memory int64   // bytes of memory, of it and all that it starts
	CPU    float64 // cores
	Files  int     // open files of one process
	Tasks  int     // processes and threads, of it and all that it starts

	// Cgroup is the folder of a control group of version 2 that was delegated to this
	// program, with the controllers memory, cpu and pids: each process gets a group of its
	// own below it. Empty: there is none; see OwnCgroup.
	Cgroup string
}

// Spec says which program to run, and how.
type Spec struct {
	Name   string   // of the node: stands in errors and log lines
	Argv   []string // the program and its words; a program without a slash is sought in PATH
	Env    []string // the whole environment, as of os.Environ; nil: that of this process
	Dir    string   // working folder; empty: that of this process
	Setup  []byte   // what Conn.Setup of a child of ours returns
	Limits Limits

	// Log takes what the process writes to stderr, a line each, with the attributes node
	// and pid; nil: nobody. Lines beyond 100 a second, after a burst of 1000, are left out
	// and counted; those longer than 4 KiB are cut; what a terminal would obey is escaped.
	Log *slog.Logger

	// Grace is how long a process may do nothing behind the end of its input, before it is
	// sent TERM, and how long it has then, before it is killed; 0: 10 s.
	Grace time.Duration

	Started func(pid int)              // told when a process runs; may be nil
	Ended   func(pid int, usage Usage) // told when it is gone; may be nil
}

func (s *Spec) grace() time.Duration {
	if s.Grace <= 0 {
		return 10 * time.Second
	}
	return s.Grace
}

func (s *Spec) logger() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}

// Usage is what processes have used.
type Usage struct {
	CPU    float64 // seconds
	Memory int64   // bytes resident; of one that is gone: the most it had
	Tasks  int     // processes and threads; 0 when it is gone
}

// collecting returns s with an environment in which a program in Go, as ours are, keeps
// within its memory by collecting garbage, if it can.
func (s *Spec) collecting() Spec {
	c := *s
	if c.Limits.Memory > 0 {
		if c.Env == nil {
			c.Env = os.Environ()
		}
		most := strconv.FormatInt(c.Limits.Memory*4/5, 10)
		c.Env = append(slices.Clone(c.Env), "GOMEMLIMIT="+most)
	}
	return c
}
