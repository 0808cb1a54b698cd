package stage

import (
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
)

// Env is what surrounds a stage: given to the kind that makes it, the same for
// all stages of one command. The zero Env serves; Run fills in what it needs.
type Env struct {
	Name     string         // of the command, as in "heka-decode"
	Log      *slog.Logger   // nil: silent
	Hostname string         // of messages that name no other
	TZ       *time.Location // of times without a zone; nil: UTC

	Lanes    int  // lanes of parallel stages; 0: one a core
	Live     bool // a terminal looks on: Live ticks come, and Interim batches are welcome
	DataTime bool // ticks follow the messages' timestamps, not the clock

	MaxRecord int        // longest message in bytes; 0: 8 MiB
	Keys      frame.Keys // of Heka's framing: what they did not sign is refused; nil: anything goes
	MaxLine   int        // longest line that is kept whole, in bytes; 0: 1 MiB
	Strict    bool       // the first message that can't be processed ends the pipeline
	ShowData  bool       // texts of errors may quote messages
	Limit     int64      // an Acker ends after so many messages; 0: none

	// What -o and its flags say of how messages are rendered.
	Format   string   // its name; empty: what the destination's name or the terminal suggests
	Flat     bool     // the fields alone
	Columns  []string // of csv and tsv
	Template string   // of template

	// Listen returns the socket that a service manager has opened at an address, for a
	// source that would listen there; nil if there is none, and the source opens it. The
	// source closes it. network is tcp or unix, and address HOST:PORT, or a path. nil:
	// there are none.
	Listen func(network, address string) (net.Listener, error)

	// Stdin is what a source reads that names nothing else; nil: that of the process.
	Stdin *os.File

	// Stdout is where a sink writes that names no other destination.
	Stdout *os.File

	// Fail takes messages that can't be processed, marked with heka.error; nil: they
	// go on down the pipeline, marked so. It may be called by many goroutines.
	Fail func(record []byte) error

	// Progress is told now and then how far a source is, in bytes of total; nil if
	// nobody looks on.
	Progress func(done, total int64)

	// Stop is closed when sources are to end: no more input, but what was read goes
	// through. nil: never.
	Stop <-chan struct{}

	// Pool of the pipeline's batches. Run makes one where there is none.
	Pool *Pool

	Stats Stats
}

// Stats counts what went through a command. It may be read at any time.
type Stats struct {
	In, InBytes   atomic.Int64 // messages read, and their bytes
	Out, OutBytes atomic.Int64 // messages written; bytes written, rendered or not
	Bad           atomic.Int64 // messages that a stage could not process
	Dropped       atomic.Int64 // messages given up by stated policy
	Damaged       atomic.Int64 // places where an input was damaged
	Skipped       atomic.Int64 // bytes passed over there
	Refused       atomic.Int64 // messages refused for their signature

	// Of sources that read files: how many there were, rotations and truncations seen,
	// places where bytes are known to be lost, and how many; bytes that were there and
	// not read yet when it was looked last.
	Files, Rotations, Gaps, GapBytes, Lag atomic.Int64
}

// Logger returns the logger of e, which is never nil.
func (e *Env) Logger() *slog.Logger {
	if e.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return e.Log
}

func (e *Env) stdin() *os.File {
	if e.Stdin == nil {
		return os.Stdin
	}
	return e.Stdin
}

// Location returns the location of times without a zone.
func (e *Env) Location() *time.Location {
	if e.TZ == nil {
		return time.UTC
	}
	return e.TZ
}

// errorField is in each message that a stage could not process.
const errorField = "heka.error"

// Fields that mark a message which a stage could not process.
var (
	keyError = msg.NewKey(errorField)
	keyBy    = msg.NewKey("heka.error.by")
)

// Mark adds the fields heka.error and heka.error.by to b.
func Mark(b *msg.Builder, by string, err error) {
	b.Key(keyError)
	b.String(err.Error())
	b.Key(keyBy)
	b.String(by)
}
