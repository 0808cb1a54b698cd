// Package auto is the kind of heka-decode that looks at the first lines and chooses
// the kind that decodes most of them.
package auto

import (
	"context"
	_ "embed"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"heka/lib/stage"
)

//go:embed README.md
var doc string

// sampled is how many messages a choice is made on, at most.
const sampled = 64

// Kind returns the kind that chooses among candidates: those of them that are known
// here by name, and that need no words. Of two that decode as many lines, the first
// in this package's own order is chosen.
func Kind(candidates []stage.Kind) stage.Kind {
	make := func(env *stage.Env, args []string) (stage.Stage, error) {
		if len(args) > 0 {
			return nil, &stage.UsageError{
				Msg: "auto takes no words", Hint: "it finds out by itself what the lines are",
			}
		}
		return &auto{env: env, candidates: candidates}, nil
	}
	return stage.Kind{Name: "auto", Doc: doc, NArgs: stage.NoArgs,
		New: func(*pflag.FlagSet) stage.Make { return make }}
}

// auto is the stage. It waits for the first batch that has messages, and for nothing
// else: what it chooses then it stays with.
type auto struct {
	env        *stage.Env
	candidates []stage.Kind
}

// Run implements stage.Stage.
func (a *auto) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if b.Len() == 0 {
			if err := out.Write(b); err != nil {
				return err
			}
			continue
		}
		best, err := a.choose(ctx, b)
		if err != nil {
			b.Release()
			return err
		}
		if best == nil {
			if err := out.Write(b); err != nil {
				return err
			}
			return stage.Copy(in, out)
		}
		st, err := construct(a.env, *best)
		if err != nil {
			b.Release()
			return err
		}
		return stage.Continue(ctx, a.env, b, in, out, st)
	}
}

// choose returns the kind to decode with, nil for none, and says so.
func (a *auto) choose(ctx context.Context, b *stage.Batch) (*stage.Kind, error) {
	n := min(b.Len(), sampled)
	sample := b.Retain().Select(b.Off[:n])
	defer sample.Release()
	best, score := -1, 0
	var words string
	for _, g := range guesses {
		for i, k := range a.candidates {
			if k.Name != g.kind {
				continue
			}
			r, err := try(ctx, a.env, k, sample)
			if err != nil {
				return nil, err
			}
			if got := g.count(r); got > score {
				best, score, words = i, got, g.words(r)
			}
		}
	}
	if 2*score <= n {
		a.env.Logger().Warn(fmt.Sprintf("auto: no kind decodes most of the first %d lines; "+
			"they go on as they are", n))
		return nil, ctx.Err()
	}
	k := &a.candidates[best]
	a.env.Logger().Info(fmt.Sprintf("auto: looks like %s (%d of %d lines); the same as: "+
		"heka-decode %s", words, score, n, k.Name))
	return k, ctx.Err()
}

// construct returns the stage of k without any flag but those given, as far as k has
// them.
func construct(env *stage.Env, k stage.Kind, flags ...string) (stage.Stage, error) {
	fs := pflag.NewFlagSet(k.Name, pflag.ContinueOnError)
	mk := k.New(fs)
	for _, name := range flags {
		if fs.Lookup(name) != nil {
			if err := fs.Set(name, "true"); err != nil {
				return nil, err
			}
		}
	}
	return mk(env, nil)
}
