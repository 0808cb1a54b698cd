package frame

import (
	"errors"
	"io"

	"heka/lib/msg"
	"heka/lib/split"
)

// Options of a Reader. The zero Options serve.
type Options struct {
	MaxRecord int             // longest body of a message; DefaultMaxRecord if 0
	MaxLine   int             // longest line of text; split.DefaultMaxLine if 0
	Envelope  msg.Builder     // of the messages that lines of text become
	Now       func() int64    // their timestamp, nanoseconds since 1970 UTC; required
	Keys      Keys            // of the signers of Heka's framing: what they did not sign is refused; nil: anything goes
	Unchecked bool            // leave msg.Check to the caller, who may have more cores; see Reader.Checked
	Skip      func(Span) bool // if set, called for each block; true passes over it unread
	Gap       func(Gap)       // if set, called for each gap, when all messages before it were handed over
}

// Span is the stretch of time of a block, nanoseconds since 1970 UTC.
type Span struct{ First, Last int64 }

// Stats counts what a Reader met besides good records.
type Stats struct {
	Skipped  int64 // bytes that belong to no record
	Damaged  int64 // places where the stream was damaged
	Unsigned int64 // records refused for their signature
}

// Format is what a stream turned out to be.
type Format uint8

// The formats that a Reader tells apart.
const (
	Unknown Format = iota // nothing read yet
	Records               // records of heka-frame(5)
	Heka                  // framing and protobuf of Mozilla's Heka
	Text                  // lines
)

// ErrCut is what a source ends with that was stopped rather than read to its end.
// The start of a record or line that stands there is neither damage nor a line:
// Read leaves it out, and returns ErrCut behind what is whole.
var ErrCut = errors.New("input was cut short")

// Reader takes batches of messages from a stream. It is for one goroutine.
type Reader struct {
	Stats  Stats
	Format Format

	src     io.Reader
	opt     Options
	raw     []byte // bytes read and not used yet: raw[at:]
	at      int
	err     error // what src ended with
	aside   bool  // the record at raw[at:] can't stay as it stands
	effort  effort
	checked bool // msg.Check has passed the last batch
	damaged bool // the last bytes belonged to no record
	lines   *split.Lines
	block   BlockReader
	convert Converter
}

// rawSize is how much a Reader asks its source for at a time, and batchFull from
// when on it hands a batch over. That a buffer could hold more does not matter:
// what a batch becomes is larger than it, and buffers would outgrow their pool.
const (
	rawSize   = 256 << 10
	batchFull = rawSize * 3 / 4
)

// NewReader returns a Reader of src. If src has a method Ready() bool, it tells
// whether a Read would return at once; Read then goes on filling a batch for as
// long as that is so.
func NewReader(src io.Reader, opt Options) *Reader {
	if opt.MaxRecord <= 0 {
		opt.MaxRecord = DefaultMaxRecord
	}
	return &Reader{src: src, opt: opt}
}

// Checked reports whether msg.Check has passed the records of the last batch: always,
// but for records of heka-frame(5) read with Options.Unchecked. Those that it does
// not pass then are for Salvage.
func (r *Reader) Checked() bool { return r.checked }

// Read puts whole 'M' records that msg.Check has passed into buf, from its start,
// and where each of them starts into off, and returns both. It waits for the first
// record and then takes what is there, up to 256 KiB; a record or block that is
// larger comes whole. Between the records may stand bytes
// that off does not name. The error is io.EOF at the end of the stream, or that of
// the source; records may come with it. Damage is passed over and counted in Stats.
func (r *Reader) Read(buf []byte, off []uint32) ([]byte, []uint32, error) {
	buf, off = buf[:0], off[:0]
	for len(off) == 0 {
		r.checked = true
		if r.Format == Unknown {
			if err := r.recognize(); err != nil {
				return buf, off, err
			}
		}
		var err error
		switch r.Format {
		case Records:
			buf, off, err = r.readRecords(buf, off)
		case Heka:
			buf, off, err = r.readHeka(buf, off)
		default:
			buf, off, err = r.readText(buf, off)
		}
		if err != nil {
			return buf, off, err
		}
	}
	return buf, off, nil
}

// ready tells whether to go on reading into a batch that has records already.
func (r *Reader) ready() bool {
	s, ok := r.src.(interface{ Ready() bool })
	return ok && r.err == nil && s.Ready()
}

// fill reads once, behind what is in raw, on the way to want bytes.
func (r *Reader) fill(want int) error {
	if r.err != nil {
		return r.err
	}
	if r.at > 0 {
		r.raw = r.raw[:copy(r.raw, r.raw[r.at:])]
		r.at = 0
	}
	r.raw = grow(r.raw, want)
	n, err := r.src.Read(r.raw[len(r.raw):cap(r.raw)])
	r.raw = r.raw[:len(r.raw)+n]
	r.effort.read += int64(n)
	if err != nil {
		r.err = err
	}
	if n > 0 {
		return nil
	}
	return err
}

// recognize looks at the first bytes of the stream.
func (r *Reader) recognize() error {
	for {
		b := r.raw[r.at:]
		switch {
		case len(b) > 0 && b[0] != msg.Sep:
			r.Format = Text
		case len(b) >= 4 && b[3] == msg.Version && limit(b[1], r.opt.MaxRecord) > 0:
			r.Format = Records
		case len(b) >= 3 && b[2] == hekaLengthTag:
			r.Format = Heka
		case len(b) >= 4 || len(b) > 0 && r.err != nil:
			r.Format = Text
		}
		if r.Format != Unknown {
			return nil
		}
		if err := r.fill(0); err != nil && (len(r.raw) == r.at || err == ErrCut) {
			return err
		}
	}
}
