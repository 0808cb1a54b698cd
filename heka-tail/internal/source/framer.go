package source

import (
	"time"

	"heka/lib/msg"
	"heka/lib/position"
	"heka/lib/split"
	"heka/lib/stage"
)

// Type of the messages.
const Type = "logfile"

// Framer makes batches of the records of one content. It is for one goroutine.
type Framer struct {
	sink     *Sink
	out      stage.Writer // the sink, or what stands before it
	envelope msg.Builder
	split    split.Splitter
	b        *stage.Batch
	from     int64 // what earlier batches stand for ends here
	skip     int64 // records to leave out still
	ticket   *ticket
	id       Identity
	final    bool // the identity is what it will remain
	last     *lastWriter

	head []byte // the start of the content
	text []byte // the bytes that were fed last, and those before them
	end  int64  // the offset behind text
	sum  mark   // of the batch written last
}

// NewFramer returns a Framer of a new content, logged as name, that starts at
// offset.
func NewFramer(sink *Sink, name string, offset int64) *Framer {
	f := &Framer{sink: sink, out: sink, from: offset}
	e := &f.envelope
	e.Reset()
	e.Type, e.Logger = []byte(Type), []byte(sink.Logger(name))
	e.Hostname = []byte(sink.Env.Hostname)
	f.ticket = sink.ticket(name, offset)
	f.SeekTo(offset)
	return f
}

// SeekTo goes on at another offset, where a record starts.
func (f *Framer) SeekTo(offset int64) {
	f.split = f.sink.Spec.New(&f.envelope, f.sink.Env.MaxLine, offset)
	f.split.Identify(uint64(f.id))
}

// Identify sets whose records are made. It must be called before the first Feed;
// final says that it will not be called again.
func (f *Framer) Identify(id Identity, final bool) {
	f.id, f.final = id, final
	f.split.Identify(uint64(id))
	f.ticket.identify(id)
}

// Skip makes f leave out the next n records.
func (f *Framer) Skip(n int64) { f.skip = n }

// Last makes f hold the last n records back until Flush is called with nothing more
// to come, and leave those before them out.
func (f *Framer) Last(n int64) {
	f.last = &lastWriter{out: f.sink, n: n}
	f.out = f.last
}

// Feed makes records of p[at:] and writes batches that are full. p[:at] is what the
// content has before that, as far as it is known; p ends at the offset end. It
// returns what is left behind the last record's end, which must come again in front
// of what is read next.
func (f *Framer) Feed(p []byte, at int, end int64) (rest []byte, err error) {
	f.text, f.end = p, end
	f.split.At(time.Now().UnixNano())
	p = p[at:]
	for {
		b := f.batch()
		var used int
		b.Buf, b.Off, used = f.split.Append(b.Buf, b.Off, p, stage.BatchFull)
		p = p[used:]
		if len(b.Buf) <= stage.BatchFull {
			return p, nil
		}
		if err := f.Flush(); err != nil {
			return p, err
		}
	}
}

// Waiting reports whether Expire has something to deliver.
func (f *Framer) Waiting(rest []byte) bool { return f.split.Waiting(rest) }

// Expire delivers what is whole if nothing more belongs to it, and returns what is
// left of rest.
func (f *Framer) Expire(rest []byte) ([]byte, error) {
	if !f.split.Waiting(rest) {
		return rest, nil
	}
	b := f.batch()
	f.split.At(time.Now().UnixNano())
	var used int
	b.Buf, b.Off, used = f.split.Expire(b.Buf, b.Off, rest)
	f.text = nil
	return rest[used:], f.Flush()
}

// Finish makes a record of p, which no line end ends, and writes all that is held.
// partial says that the end may have been meant to come.
func (f *Framer) Finish(p []byte, partial bool) error {
	b := f.batch()
	f.split.At(time.Now().UnixNano())
	if partial {
		b.Buf, b.Off = f.split.FinishPartial(b.Buf, b.Off, p)
	} else {
		b.Buf, b.Off = f.split.Finish(b.Buf, b.Off, p)
	}
	f.text, f.end = p, f.split.Done() // what was fed last is not there any more
	return f.Flush()
}

// FinishSeen is Finish with partial, but what it delivers is not done with: the
// position stays before it.
func (f *Framer) FinishSeen(p []byte) error {
	if err := f.Flush(); err != nil {
		return err
	}
	f.sum.seen = true
	err := f.Finish(p, true)
	f.sum.seen = false
	return err
}

// Held reports whether a record is held whose end is not there yet, beside the rest
// that Feed returned.
func (f *Framer) Held() bool { return f.split.Pending() }

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
	to, err := f.split.Done(), error(nil)
	if f.last == nil && f.sink.cut(b, &to) {
		err = ErrLimit
	}
	b.Ack = stage.Range{Source: f.ticket.number, From: f.from, To: to}
	f.ticket.sent(f.from, to, f.marked(to))
	f.from = to
	if werr := f.out.Write(b); werr != nil {
		err = werr
	}
	return err
}

// marked notes by what the content is known again that was read up to this offset.
func (f *Framer) marked(to int64) mark {
	f.sum.at, f.sum.tail = to, position.Sum{}
	if n := int(min(int64(len(f.head)), headSize, to)); n > int(f.sum.head.Len) {
		f.sum.head = position.NewSum(f.head[:n])
	}
	if n := int64(len(f.text)) - (f.end - to); n > 0 && n <= int64(len(f.text)) {
		f.sum.tail = position.NewSum(f.text[max(0, n-tailSize):n])
	}
	return f.sum
}

// FlushLast writes what Last holds back.
func (f *Framer) FlushLast() error {
	if f.last == nil {
		return nil
	}
	last := f.last
	f.last, f.out = nil, f.sink
	return last.flush()
}

// Drop gives back what was not written.
func (f *Framer) Drop() {
	if f.b != nil {
		f.b.Release()
		f.b = nil
	}
	if f.last != nil {
		f.last.drop()
	}
}

func (f *Framer) batch() *stage.Batch {
	if f.b == nil {
		f.b = f.sink.Env.Pool.Get()
	}
	return f.b
}
