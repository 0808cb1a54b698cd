// Package tail keeps the last messages.
package tail

import (
	"context"
	_ "embed"
	"io"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/words"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

const (
	defaultRows = 10
	maxRows     = 10_000_000
	maxBytes    = 64 << 20
)

// Kind is the verb tail.
var Kind = stage.Kind{
	Name: "tail",
	Doc:  doc,
	Args: "[N]",
	New: func(*pflag.FlagSet) stage.Make {
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			w, err := words.Parse("tail", args, 0)
			if err != nil {
				return nil, err
			}
			n := defaultRows
			if len(w.Args) > 0 {
				if n, err = w.Count(w.Args[0], maxRows); err != nil {
					return nil, err
				}
			}
			if err := w.AtMost(1); err != nil {
				return nil, err
			}
			return &tail{env: env, n: n, most: maxBytes, ring: ring{max: n}}, nil
		}
	},
}

type tail struct {
	env  *stage.Env
	n    int
	most int // bytes
	ring ring
	lost bool // records were given up for their bytes
}

// Run implements stage.Stage.
func (s *tail) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return s.end(out)
		}
		if err != nil {
			return err
		}
		switch {
		case b.Tick != 0:
			if b.Live {
				err = s.show(out)
			}
			if err != nil {
				b.Release()
				return err
			}
			err = out.Write(b)
		case b.Interim:
			err = out.Write(b.Select(b.Off[max(0, b.Len()-s.n):]))
		default:
			s.keep(b)
			err = stage.Pass(b, out)
		}
		if err != nil {
			return err
		}
	}
}

// keep copies the last messages of b.
func (s *tail) keep(b *stage.Batch) {
	for i := max(0, b.Len()-s.n); i < b.Len(); i++ {
		s.ring.push(b.Record(i))
		for s.ring.bytes > s.most && s.ring.len() > 1 {
			s.ring.drop()
			s.env.Stats.Dropped.Add(1)
			s.lose()
		}
	}
}

func (s *tail) lose() {
	if !s.lost {
		s.lost = true
		s.env.Logger().Warn("tail: the messages are too large: fewer are kept than asked for",
			"bytes", s.most)
	}
}

// show writes a snapshot of the last messages for a terminal.
func (s *tail) show(out stage.Writer) error {
	c := stage.NewCollector(s.env, out)
	c.Interim = true
	from := max(0, s.ring.len()-maxShown)
	for i := from; i < s.ring.len(); i++ {
		if err := c.AddRecord(s.ring.at(i)); err != nil {
			return err
		}
	}
	return c.Flush()
}

// maxShown is how many messages a terminal gets to see.
const maxShown = 200

func (s *tail) end(out stage.Writer) error {
	c := stage.NewCollector(s.env, out)
	for i := range s.ring.len() {
		if err := c.AddRecord(s.ring.at(i)); err != nil {
			return err
		}
	}
	return c.Flush()
}
