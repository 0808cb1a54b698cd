package flood

import (
	"context"
	"math"
	"math/rand/v2"
	"os"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/when"
)

const (
	// gather is how long messages gather for a batch with --rate, in nanoseconds.
	gather = 1e6

	// behind is how much of a rate is made up for after those downstream were slow, in
	// nanoseconds.
	behind = 1e9
)

// source makes the messages.
type source struct {
	*flags
	env      *stage.Env
	clock    when.Clock
	rng      *rand.Rand
	toStdout bool

	pid    int64
	pages  [pages]page
	page   int // the page whose turn it is
	row    int // the record of it
	made   int64
	stamps stamps

	signer *frame.Signer
	over   []byte // a record that is too long
	view   msg.View
	record []byte // scratch
}

func (s *source) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	if err := s.prepare(); err != nil {
		return err
	}
	start := s.clock.Now()
	for s.count == 0 || s.made < s.count {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.env.Stop:
			return nil
		default:
		}
		n := int64(math.MaxInt64)
		if s.perSecond > 0 {
			var ok bool
			if n, ok = s.due(ctx, &start); !ok {
				return ctx.Err()
			}
		}
		if s.count > 0 {
			n = min(n, s.count-s.made)
		}
		if err := s.batch(n, out); err != nil {
			return err
		}
	}
	return nil
}

// prepare makes the pages.
func (s *source) prepare() error {
	if s.toStdout && s.env.Live && s.raw() {
		return &stage.UsageError{
			Msg:  "stdout is a terminal",
			Hint: "--corrupt, --oversize and --framing make bytes for a pipe, a file or --to",
		}
	}
	if s.flags.signer != "" {
		key, err := readKey(s.keyFile)
		if err != nil {
			return err
		}
		if s.signer, err = frame.NewSigner(s.signerName, s.signerVersion, s.signerHash, key); err != nil {
			return err
		}
	}
	if s.seed == 0 {
		s.pid = int64(os.Getpid())
	}
	n := 0
	for i := range s.pages {
		s.pages[i] = s.newPage(n)
		n += len(s.pages[i].off)
	}
	s.stamps = stamps{low: s.rng.Uint64(), step: 1}
	if s.start != "" {
		s.stamps.timestamp, s.stamps.step = s.startAt, 1e6
		if s.perSecond > 0 {
			s.stamps.step = int64(1e9 / s.perSecond)
		}
	}
	return nil
}

// due waits until a message is due, and returns how many are. false says that it
// is to end.
func (s *source) due(ctx context.Context, start *int64) (int64, bool) {
	next := *start + int64(float64(s.made)/s.perSecond*1e9)
	now := s.clock.Now()
	if next > now {
		if !s.clock.Wait(ctx, s.env.Stop, max(next, now+gather)) {
			return 0, false
		}
		now = s.clock.Now()
	}
	if late := now - next - behind; late > 0 {
		*start += late
	}
	return max(1, int64(float64(now-*start)/1e9*s.perSecond)+1-s.made), true
}

// batch writes up to n messages: those that a page still has.
func (s *source) batch(n int64, out stage.Writer) error {
	p := s.pages[s.page].cut(s.row, n)
	if s.row += len(p.off); s.row == len(s.pages[s.page].off) {
		s.page, s.row = (s.page+1)%pages, 0
	}
	if s.start == "" {
		s.stamps.timestamp = s.clock.Now()
	}
	s.made += int64(len(p.off))
	if s.raw() {
		return s.rawBatch(p, out)
	}
	b := s.env.Pool.Get()
	b.Buf = append(b.Buf, p.buf...)
	for _, at := range p.off {
		at -= p.off[0]
		b.Off = append(b.Off, at)
		s.stamps.put(b.Buf[at:])
	}
	return out.Write(b)
}
