package source

import (
	"sync"
	"sync/atomic"
	"time"

	"heka/lib/msg"
	"heka/lib/split"
	"heka/lib/stage"
)

// Type of the messages.
const Type = "logfile"

// Sink is where the sources of one command put their batches.
type Sink struct {
	Env *stage.Env
	Out stage.Writer

	number atomic.Uint32
	mu     sync.Mutex
}

// NewSink returns a Sink that writes to out. It gives env a Pool if it has none.
func NewSink(env *stage.Env, out stage.Writer) *Sink {
	if env.Pool == nil {
		env.Pool = stage.NewPool(8)
	}
	return &Sink{Env: env, Out: out}
}

// Write counts b and passes it on. It may be called by many goroutines.
func (s *Sink) Write(b *stage.Batch) error {
	s.Env.Stats.In.Add(int64(len(b.Off)))
	s.Env.Stats.InBytes.Add(int64(len(b.Buf)))
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Out.Write(b)
}

// Framer makes batches of the lines of one source. It is for one goroutine.
type Framer struct {
	sink  *Sink
	out   stage.Writer // the sink, or what stands before it
	lines *split.Lines
	b     *stage.Batch
	from  int64 // what earlier batches stand for ends here
	skip  int64 // lines to leave out still
	num   uint32
}

// NewFramer returns a Framer of a new source, logged as name, that starts at
// offset.
func NewFramer(sink *Sink, name string, offset int64) *Framer {
	var e msg.Builder
	e.Reset()
	e.Type, e.Logger = []byte(Type), []byte(name)
	e.Hostname = []byte(sink.Env.Hostname)
	f := &Framer{sink: sink, out: sink, from: offset, num: sink.number.Add(1)}
	f.lines = split.NewLines(&e, sink.Env.MaxLine)
	f.lines.Offset = offset
	return f
}

// Identify sets whose records are made. It must be called before the first Feed.
func (f *Framer) Identify(id Identity) { f.lines.Hi = uint64(id) }

// Skip makes f leave out the next n lines.
func (f *Framer) Skip(n int64) { f.skip = n }

// Feed makes records of the lines of p and writes batches that are full. It
// returns what is left of p behind the last line's end, which must come again in
// front of what is read next.
func (f *Framer) Feed(p []byte) (rest []byte, err error) {
	f.lines.Timestamp = time.Now().UnixNano()
	for {
		b := f.batch()
		var used int
		b.Buf, b.Off, used = f.lines.Append(b.Buf, b.Off, p, stage.BatchFull)
		p = p[used:]
		if len(b.Buf) <= stage.BatchFull {
			return p, nil
		}
		if err := f.Flush(); err != nil {
			return p, err
		}
	}
}

// Finish makes a record of p, which no newline ends, and writes all that is held.
// partial says that the line's end may have been meant to come.
func (f *Framer) Finish(p []byte, partial bool) error {
	b := f.batch()
	f.lines.Timestamp = time.Now().UnixNano()
	if partial {
		b.Buf, b.Off = f.lines.FinishPartial(b.Buf, b.Off, p)
	} else {
		b.Buf, b.Off = f.lines.Finish(b.Buf, b.Off, p)
	}
	return f.Flush()
}

// Held reports whether the head of a line over the limit is held, whose end is
// not there yet.
func (f *Framer) Held() bool { return f.lines.Pending() }

// Flush writes the batch that was begun, if any record is in it.
func (f *Framer) Flush() error {
	b := f.b
	if b == nil {
		return nil
	}
	f.b = nil
	if f.skip > 0 {
		n := min(f.skip, int64(len(b.Off)))
		b.Off = b.Off[:copy(b.Off, b.Off[n:])]
		f.skip -= n
	}
	if len(b.Off) == 0 {
		b.Release()
		return nil
	}
	b.Ack = stage.Range{Source: f.num, From: f.from, To: f.lines.Done()}
	f.from = b.Ack.To
	return f.out.Write(b)
}

// Drop gives back the batch that was begun, unwritten.
func (f *Framer) Drop() {
	if f.b != nil {
		f.b.Release()
		f.b = nil
	}
}

func (f *Framer) batch() *stage.Batch {
	if f.b == nil {
		f.b = f.sink.Env.Pool.Get()
	}
	return f.b
}
