// Package head lets the first messages through.
package head

import (
	"context"
	_ "embed"
	"io"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/window"
	"heka/heka-filter/internal/words"
	"heka/lib/msg"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

const defaultRows = 10

// Kind is the verb head.
var Kind = stage.Kind{
	Name: "head",
	Doc:  doc,
	Args: "[N] [by VAR...]",
	New: func(fs *pflag.FlagSet) stage.Make {
		most := fs.Int("max-keys", 100_000, "how many `keys` are told apart")
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			w, err := words.Parse("head", args, words.By)
			if err != nil {
				return nil, err
			}
			n := defaultRows
			if len(w.Args) > 0 {
				if n, err = w.Count(w.Args[0], 1<<40); err != nil {
					return nil, err
				}
			}
			if err := w.AtMost(1); err != nil {
				return nil, err
			}
			if err := w.Flag("--max-keys", *most, words.MaxKeys); err != nil {
				return nil, err
			}
			if len(w.By) == 0 {
				return first(n), nil
			}
			k := &keyed{n: n, groups: keys.NewGroups[int](keys.New(w.By...), *most,
				window.Full(env, "head", *most))}
			return stage.Sift(k.first), nil
		}
	},
}

// first lets so many messages through and ends, and with it the pipeline before it.
// The batch that it cuts is not acknowledged.
type first int

// Run implements stage.Stage.
func (n first) Run(_ context.Context, in stage.Reader, out stage.Writer) error {
	left := int(n)
	for left > 0 {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		most := left
		if b.Interim {
			most = int(n)
		} else {
			left -= b.Len()
		}
		if b.Len() > most {
			b = b.Cut(b.Off[:most])
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// keyed lets so many messages of each key through.
type keyed struct {
	n      int
	groups *keys.Groups[int]
}

// first reports whether v goes through. It is the hot path.
func (s *keyed) first(v *msg.View) bool {
	seen, _ := s.groups.At(v)
	if *seen >= s.n {
		return false
	}
	*seen++
	return true
}
