// Package file is the source of lines in files: read to the end, or followed
// through rotation, from where an earlier run has got to.
//
// The way of a line. A layout says which files make which streams: access.log and
// what it was renamed to are one. A census looks at them and knows their inodes; a
// reader decides by a plan which of the members of a stream hold what was not read,
// and in which order, and reads them, oldest first, through source.File, which knows
// one content, wherever its bytes are. Positions go to a position.Store when what they
// stand for has come through.
//
//	layout ──> census ──> plan ──> reader ──> source.File ──> out
//	                                  ^                        │
//	              position.Store ─────┴───── acknowledgements ─┘
package file

import (
	"context"
	_ "embed" // the manual
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"heka/heka-tail/internal/source"
	"heka/lib/position"
	"heka/lib/split"
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
	explain   bool
	lines     lineCount
	state     string
	name      string
	split     string
	multiline string

	multilineWait span
	match         matchOptions
}

// New declares the flags on fs.
func New(fs *pflag.FlagSet) stage.Make {
	o := options{multilineWait: span(time.Second), match: matchOptions{oldest: "30d"}}
	fs.BoolVarP(&o.follow, "follow", "f", false,
		"go on reading as files grow, by name, through rotation and truncation")
	fs.StringVar(&o.state, "state", "", "keep positions in the folder `DIR`, and go on from there")
	fs.SetAnnotation("state", stage.EnvAnnotation, []string{"HEKA_POSITIONS"}) // HEKA_STATE is hekad's
	fs.StringVar(&o.name, "name", "", "`NAME` of what is read: the Logger of all messages")
	fs.VarP(&o.lines, "lines", "n",
		"start at the last `N` lines of each file, or at line N if it is +N (with -f: 0)")
	fs.BoolVar(&o.fromStart, "from-start", false, "start at the first line of each file, as -n +1")
	fs.StringVar(&o.split, "split", "",
		"what a record is: `HOW` is line, null, token=T, regex=RE, regex-start=RE or fixed=N")
	fs.StringVar(&o.multiline, "multiline", "",
		"join lines: `HOW` is java, python, go, ruby, indent, start=RE, docker or cri")
	fs.Var(&o.multilineWait, "multiline-timeout", "how long joined lines wait for more, a `DURATION`")
	fs.BoolVar(&o.poll, "poll", false,
		"with -f, look at the files four times a second instead of watching directories")
	fs.BoolVar(&o.explain, "explain", false,
		"say which files make which stream, in which order, from where and why; read nothing")
	o.match.declare(fs)
	return func(env *stage.Env, args []string) (stage.Stage, error) {
		t := &tail{env: env, opt: o, args: args, stdin: os.Stdin, pace: usual}
		if err := t.check(); err != nil {
			return nil, err
		}
		return t, nil
	}
}

// tail is the source.
type tail struct {
	env   *stage.Env
	opt   options
	spec  split.Spec
	tree  *tree // nil: sources are paths
	args  []string
	stdin *os.File
	pace  pace

	budget int    // files that may be open; 0: what the limit of the process allows
	ready  func() // called once what is there is known; nil: nobody asks

	failures  failures
	sink      *source.Sink
	positions map[string][]position.Record // by stream, as they were at the start
	places    map[source.Key]*place        // the same by file
	again     bool                         // positions were kept before

	saver sync.WaitGroup
	over  chan struct{} // closed when nothing is to be saved any more
	moved chan struct{} // has a value when something is
}

// Run implements stage.Stage.
func (t *tail) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	if t.env.Stdin != nil {
		t.stdin = t.env.Stdin
	}
	t.sink = source.NewSink(t.env, out)
	if t.sink.Spec = t.spec; t.tree == nil {
		t.sink.Name = t.opt.name // else its streams have names
	}
	if t.tree != nil {
		if err := t.tree.check(); err != nil {
			return err
		}
	}
	if t.opt.explain {
		return t.explain(ctx)
	}
	if err := t.openState(); err != nil {
		return err
	}
	run := t.once
	if t.opt.follow {
		run = func(ctx context.Context, sink *source.Sink) error { return follow(ctx, t, sink) }
	}
	if err := run(ctx, t.sink); !errors.Is(err, source.ErrLimit) {
		return err
	}
	return nil
}

// When positions are saved: how long after the first has moved, and how often then, at
// most.
const (
	firstSaveAfter = 100 * time.Millisecond
	saveEvery      = time.Second
)

// openState opens the folder of positions, if there is to be one, and saves it from
// now on until Settle.
func (t *tail) openState() error {
	if t.opt.state == "" {
		return nil
	}
	store, err := position.Open(t.opt.state, t.env.Logger())
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New(err.Error()) // no source is missing
	}
	if err != nil {
		return err
	}
	t.sink.Store = store
	t.recall(store.All(), store.Fresh())
	t.over, t.moved = make(chan struct{}), make(chan struct{}, 1)
	t.saver.Add(1)
	go func() {
		defer t.saver.Done()
		t.save(store)
	}()
	return nil
}

// place is the position of a file, until it is found out whether it is still there.
type place struct {
	rec     position.Record
	asked   bool // it is found out
	changed bool // the file has another content
}

// newer reports whether a is of a later content than b, of the same file.
func newer(a, b position.Record) bool {
	return a.Gen > b.Gen || a.Gen == b.Gen && a.Time > b.Time
}

// recall notes the positions of an earlier run; fresh says that there was none.
func (t *tail) recall(records []position.Record, fresh bool) {
	t.again = !fresh
	t.positions = map[string][]position.Record{}
	t.places = map[source.Key]*place{}
	for _, rec := range records {
		t.positions[rec.Stream] = append(t.positions[rec.Stream], rec)
		if old := t.places[keyOf(rec)]; old == nil || newer(rec, old.rec) {
			t.places[keyOf(rec)] = &place{rec: rec}
		}
	}
}

// firstSave saves where following starts, so that a run that is killed at once was no
// first run for the next. A full disk is no reason not to read.
func (t *tail) firstSave() error {
	if t.sink.Store == nil {
		return nil
	}
	err := t.sink.Store.Save()
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return nil // said soon enough
	}
	return err
}

// save saves the positions when they have moved, soon after the first, and from then
// on once a second at most. That it fails is said when it begins to, and when it is
// over; what is saved stays as it was meanwhile.
func (t *tail) save(store *position.Store) {
	said := ""
	for wait := firstSaveAfter; ; wait = saveEvery {
		select {
		case <-t.over:
			return
		case <-t.moved:
		}
		select {
		case <-t.over:
			return
		case <-time.After(wait):
		}
		err := store.Save()
		switch {
		case err == nil && said != "":
			t.env.Logger().Info("positions are saved again")
			said = ""
		case err != nil:
			t.note() // once more
			if err.Error() != said {
				said = err.Error()
				t.env.Logger().Error("positions are not saved, reading goes on: " + said)
			}
		}
	}
}

// note tells save that a position has moved.
func (t *tail) note() {
	select {
	case t.moved <- struct{}{}:
	default:
	}
}

// Acked implements stage.Acker.
func (t *tail) Acked(r stage.Range) {
	if t.sink != nil {
		t.sink.Acked(r)
		t.note()
	}
}

// Settle implements stage.Acker: it saves the positions for the last time.
func (t *tail) Settle() error {
	if t.over == nil {
		return nil
	}
	close(t.over)
	t.saver.Wait()
	return t.sink.Store.Close()
}

// layout returns the layout of args.
func (t *tail) layout(args []string, own bool) layout {
	if t.tree != nil {
		return t.tree
	}
	return newPaths(args, own)
}

// start says where reading of a file starts that is there already and has no
// position. Where positions are kept, it is the start: the file came while nobody
// looked, or else its position is lost.
func (t *tail) start() source.Start {
	if t.again {
		return source.Start{}
	}
	return t.opt.start()
}

// start says where reading of a file starts that is there already.
func (o *options) start() source.Start {
	switch {
	case o.lines.set && o.lines.fromLine:
		return source.Start{Lines: max(o.lines.n-1, 0)}
	case o.lines.set:
		return source.Start{FromEnd: true, Lines: o.lines.n, Follow: o.follow}
	case o.follow && !o.fromStart && o.state == "" && !o.match.set():
		return source.Start{FromEnd: true, Follow: true}
	}
	return source.Start{}
}
