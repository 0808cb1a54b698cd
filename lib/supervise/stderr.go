package supervise

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"heka/lib/encode"
)

// Bounds of what of a process's stderr is logged.
const (
	lineMax   = 4 << 10 // bytes of a line
	lineRate  = 100     // lines a second
	lineBurst = 1000
)

// stderr takes what a process writes there. It reads for as long as there is something
// to read, so that the process never waits.
type stderr struct {
	r    *os.File
	log  *slog.Logger
	name string
	done chan struct{} // closed when all is read

	mu   sync.Mutex
	pid  int
	last string // the last line that was not empty, or the one that says why all the others are there
	why  bool   // it is such a one
	oom  bool   // one spoke of memory

	line   []byte // so far
	cut    bool   // it was longer
	shown  []byte
	tokens float64
	at     time.Time // when tokens was right
	left   int64     // lines left out since the last that was logged
}

func newStderr(r *os.File, s *Spec) *stderr {
	return &stderr{
		r: r, log: s.logger(), name: s.Name, done: make(chan struct{}),
		tokens: lineBurst, at: time.Now(),
	}
}

// read reads to the end.
func (e *stderr) read() {
	defer close(e.done)
	defer e.r.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := e.r.Read(buf)
		e.take(buf[:n])
		if err != nil {
			break
		}
	}
	if len(e.line) > 0 {
		e.end()
	}
	e.told()
}

// take takes the bytes p.
func (e *stderr) take(p []byte) {
	for len(p) > 0 {
		n := bytes.IndexByte(p, '\n')
		piece := p
		if n >= 0 {
			piece = p[:n]
		}
		if room := lineMax - len(e.line); len(piece) > room {
			piece, e.cut = piece[:room], true
		}
		e.line = append(e.line, piece...)
		if n < 0 {
			return
		}
		p = p[n+1:]
		e.end()
	}
}

// end is called when the line is whole.
func (e *stderr) end() {
	line := bytes.TrimRight(e.line, "\r")
	if e.line = e.line[:0]; len(line) == 0 {
		e.cut = false
		return
	}
	e.shown = encode.AppendVisible(e.shown[:0], line)
	if e.cut {
		e.shown, e.cut = append(e.shown, " ..."...), false
	}
	e.mu.Lock()
	e.oom = e.oom || outOfMemory(line)
	if !e.why {
		e.last, e.why = string(e.shown), crash(line)
	}
	e.mu.Unlock()
	if e.allow() {
		e.told()
		e.log.Warn(string(e.shown), "node", e.name, "pid", e.id())
	} else {
		e.left++
	}
}

// allow reports whether one more line may be logged now.
func (e *stderr) allow() bool {
	if e.tokens < 1 {
		now := time.Now()
		e.tokens = min(lineBurst, e.tokens+lineRate*now.Sub(e.at).Seconds())
		e.at = now
	}
	if e.tokens < 1 {
		return false
	}
	e.tokens--
	return true
}

// told logs how many lines were left out, if any were.
func (e *stderr) told() {
	if e.left > 0 {
		e.log.Warn(fmt.Sprintf("%d lines of stderr left out", e.left), "node", e.name, "pid", e.id())
		e.left = 0
	}
}

func (e *stderr) id() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pid
}

func (e *stderr) started(pid int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pid = pid
}

// spoke notes that the process is beyond its memory, if it is.
func (e *stderr) spoke(memory bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.oom = e.oom || memory
}

// words returns the last line, and whether one spoke of memory.
func (e *stderr) words() (last string, oom bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.last, e.oom
}

// finish waits until all is read, but not for long: what has left the group of the
// process may hold the other end.
func (e *stderr) finish() {
	e.r.SetReadDeadline(time.Now().Add(time.Second))
	<-e.done
}
