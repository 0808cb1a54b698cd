// Package stage is what a stage is, and how stages run.
//
// A [Stage] reads batches and writes batches; it is to a pipeline what main is to
// a process. Authors of kinds rarely write one by hand: [Map] makes a stage of a
// function of one message, [Select] one of a condition, [Render] one of an
// encoder. What these make keeps nothing between batches, so that [Run] calls them
// one after another in lanes, on as many cores as it is given, in the order of
// the input. A stage with state of its own implements Stage and runs by itself.
//
//	source ──ch──> lane: decode, where, render ──ch──> sink
//	          └──> lane: decode, where, render ──┘ (in order)
//
// Acknowledgements travel with the batches. A source that keeps positions, an
// [Acker], says on each batch which [Range] of it that stands for, and Run tells it
// which ranges have come out at the end of the pipeline. So every stage carries the
// range of what it read on to what it writes in its place:
//
//   - A stage that makes one batch of another passes the range on: Map, Select and
//     the other helpers do.
//   - A filter that has taken the records in passes the range on without them: [Pass].
//   - A sink passes the batch itself on once it has it where it belongs: when write(2)
//     has returned, or when it is synced if that was asked for. [Acks] holds the ranges
//     of what is not that far.
//   - A stage that leaves out what it was to deliver clears the range: [Batch.Cut]. So
//     does one that fails.
//   - One that cuts a batch in pieces which all go on puts the range on the last.
//
// A range must not overtake the records that it stands for. Beyond that their order
// does not matter.
//
// End of input is the whole shutdown protocol: a source that stops returns, and
// io.EOF travels down. A context that ends is for killing. Nothing reaches
// upstream, except that a stage which has returned makes the one before it
// fail with [ErrClosed] at its next Write.
package stage

import (
	"context"
	"errors"
	"io"
)

// Stage is one step of a pipeline.
type Stage interface {
	// Run reads batches from in until io.EOF, writes what it makes of them to out,
	// flushes what it holds, and returns nil. If ctx ends first it returns ctx.Err()
	// at once. Any other error ends the pipeline; see Permanent. Run leaves no
	// goroutine behind. A source finds in empty. What a sink writes to out, when it has
	// it where it belongs, is acknowledged and released.
	Run(ctx context.Context, in Reader, out Writer) error
}

// Reader gives a stage its batches. It is for one goroutine.
type Reader interface {
	// Read returns the next batch, which the caller then owns and must Release or
	// hand on; io.EOF when there will be none.
	Read() (*Batch, error)
}

// Writer takes a stage's batches. It is for one goroutine.
type Writer interface {
	// Write takes b over, also when it fails. It blocks while the next stage is
	// behind. ErrClosed says that nobody reads any more. To write a batch, or a copy of
	// its Ack, is to say that this stage has done with all that the Ack stands for.
	Write(b *Batch) error
}

// Lane turns one batch into one batch. A lane is used by one goroutine.
type Lane interface {
	// Do takes b over and returns what it makes of it, which may be b, with b's Ack. b
	// has records or text; what has neither passes by the lanes. An error ends the
	// pipeline once the batch that comes with it, if any, is delivered: unacknowledged.
	Do(b *Batch) (*Batch, error)
}

// Parallel is a stage that is made of lanes, all alike, each of which may have
// any batch. Run groups neighbours that are Parallel.
type Parallel interface {
	Stage
	NewLane() Lane
}

// Chain is a stage that is made of others, in their order.
type Chain []Stage

// Run runs the stages of the chain.
func (c Chain) Run(ctx context.Context, in Reader, out Writer) error {
	return run(ctx, &Env{}, flatten(c), in, out)
}

// Ticking is implemented by stages that need ticks: every so many nanoseconds, 0
// for none. They arrive as batches whose Tick is not 0.
type Ticking interface{ Every() int64 }

// Checking is implemented by stages that need files of which it can be said beforehand
// whether they are of use: Check opens them, and closes them again.
type Checking interface{ Check() error }

// Listening is implemented by sources that listen: at HOST:PORT of the network tcp, or at
// a path of unix.
type Listening interface {
	ListensAt() (network, address string)
}

// ErrClosed is returned by Write when the stage that would read has ended. A
// stage that gets it returns it; it is no failure of the pipeline.
var ErrClosed = errors.New("nobody reads any more")

// ErrBadData is wrapped by what ends a strict pipeline at the first message that
// a stage can't process.
var ErrBadData = errors.New("bad data")

// ErrBug is wrapped by what a stage that panicked returns.
var ErrBug = errors.New("a mistake in the program")

// Permanent wraps an error that a restart of the stage can't help.
type Permanent struct{ Err error }

func (p Permanent) Error() string { return p.Err.Error() }

// Unwrap returns the error that p wraps.
func (p Permanent) Unwrap() error { return p.Err }

// empty is the Reader that a source finds.
type empty struct{}

func (empty) Read() (*Batch, error) { return nil, io.EOF }

// discard is the Writer that a sink finds.
type discard struct{}

func (discard) Write(b *Batch) error {
	b.Release()
	return nil
}

// Copy hands everything on.
func Copy(in Reader, out Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

// Drain reads in to its end and releases what comes.
func Drain(in Reader) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		b.Release()
	}
}
