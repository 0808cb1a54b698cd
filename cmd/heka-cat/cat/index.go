package cat

import (
	"context"
	"fmt"
	"math"
	"os"

	"heka/lib/frame"
	"heka/lib/stage"
	"heka/lib/when"
)

// index says what files are made of: a message of type heka.index for each block,
// and for each run of other records of one kind.
type index struct {
	env    *stage.Env
	files  []string
	window when.Window
}

func (s *index) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	r := newReport(s.env, out)
	for _, name := range s.files {
		if err := s.file(ctx, name, r); err != nil {
			r.c.Flush() // what was found before; the error is the one to tell
			return err
		}
	}
	return r.c.Flush()
}

func (s *index) file(ctx context.Context, name string, r *report) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	k, err := newWalker(ctx, s.env, f, false)
	if err != nil {
		return err
	}
	var run piece
	for {
		p, ok, err := k.next()
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if ok && run.size > 0 && run.kind == p.kind && p.kind != frame.KindBlock {
			run.extend(p)
			continue
		}
		if err := s.add(r, name, run); err != nil || !ok {
			return err
		}
		run = p
	}
}

// extend adds q, which stands behind p and is of its kind.
func (p *piece) extend(q piece) {
	if q.count > 0 && p.count > 0 {
		p.first, p.last = min(p.first, q.first), max(p.last, q.last)
	} else if q.count > 0 {
		p.first, p.last = q.first, q.last
	}
	p.size += q.size
	p.count += q.count
	p.raw += q.raw
}

// add says what p is, unless it has messages and none of them in the window.
func (s *index) add(r *report, name string, p piece) error {
	if p.size == 0 || p.count > 0 && !s.window.Overlaps(p.first, p.last) {
		return nil
	}
	r.text("file", name, "")
	r.number("offset", p.at, "")
	r.text("kind", kindNames[p.kind], "")
	r.number("count", int64(p.count), "count")
	r.time("first", p.first, p.count > 0)
	r.time("last", p.last, p.count > 0)
	r.number("bytes", p.size, "B")
	r.b.Name([]byte("ratio"))
	ratio := 1.0
	if p.kind == frame.KindBlock {
		ratio = math.Round(100*float64(p.raw)/float64(p.size)) / 100
	}
	r.b.Float(ratio)
	return r.add("heka.index")
}
