// Package file is the source of lines in files: read to the end, or followed
// through rotation.
package file

import (
	"context"
	_ "embed" // the manual
	"os"
	"time"

	"github.com/spf13/pflag"

	"heka/heka-tail/internal/source"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind is the source `file`.
var Kind = stage.Kind{Name: "file", Doc: doc, Args: "SOURCE...", New: New}

// options are what the command line says.
type options struct {
	follow    bool
	fromStart bool
	poll      bool
	lines     lineCount
}

// New declares the flags on fs.
func New(fs *pflag.FlagSet) stage.Make {
	var o options
	fs.BoolVarP(&o.follow, "follow", "f", false,
		"go on reading as files grow, by name, through rotation and truncation")
	fs.VarP(&o.lines, "lines", "n",
		"start at the last `N` lines of each file, or at line N if it is +N (with -f: 0)")
	fs.BoolVar(&o.fromStart, "from-start", false, "start at the first line of each file, as -n +1")
	fs.BoolVar(&o.poll, "poll", false,
		"with -f, look at the files four times a second instead of watching directories")
	return func(env *stage.Env, args []string) (stage.Stage, error) {
		if err := check(&o, args); err != nil {
			return nil, err
		}
		return &tail{
			env: env, opt: o, args: args, stdin: os.Stdin,
			pace: pace{
				tick: 250 * time.Millisecond, scan: time.Second, grace: time.Second,
				linger: time.Minute, deleted: 5 * time.Second,
			},
		}, nil
	}
}

// tail is the source.
type tail struct {
	env   *stage.Env
	opt   options
	args  []string
	stdin *os.File
	pace  pace

	budget int    // files that may be open; 0: what the limit of the process allows
	ready  func() // called once what is there is known; nil: nobody asks
}

// Run implements stage.Stage.
func (t *tail) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	if t.env.Stdin != nil {
		t.stdin = t.env.Stdin
	}
	sink := source.NewSink(t.env, out)
	if t.opt.follow {
		return follow(ctx, t, sink)
	}
	return t.once(ctx, sink)
}

// start says where reading of a file starts that is there already.
func (o *options) start() source.Start {
	switch {
	case o.lines.set && o.lines.fromLine:
		return source.Start{Lines: max(o.lines.n-1, 0)}
	case o.lines.set:
		return source.Start{FromEnd: true, Lines: o.lines.n}
	}
	return source.Start{FromEnd: o.follow && !o.fromStart}
}
