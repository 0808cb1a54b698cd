package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"heka/cmd/hekad/api"
	"heka/lib/console"
	"heka/lib/encode"
	"heka/lib/frame"
	"heka/lib/match"
	"heka/lib/stage"
)

// tap is the command tap.
type tap struct {
	*base
	format   string
	flat     bool
	columns  []string
	template string
	tz       string
	in       bool
	limit    int64
	env      stage.Env
	left     int64 // messages that were left out
}

func newTap(b *base) *cobra.Command {
	t := &tap{base: b}
	c := &cobra.Command{
		Use:   "tap NODE [EXPR] [FLAGS]",
		Short: "see what a node emits, live",
		Example: `hekad tap nginx
hekad tap nginx 'Fields[status] >= 500' | heka-out -o json
hekad tap --in store --limit 10 -o logfmt`,
		Long: `The node never waits for a tap: what there is no time for is left out, and counted on
stderr at the end. A terminal gets text, a pipe records with a gap where some are missing.
A sink emits nothing: see with --in what it is given.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return mistake("hekad ps lists the nodes", "want a node, and perhaps an expression")
			}
			return nil
		},
		RunE: t.run,
	}
	fs := c.Flags()
	fs.BoolVar(&t.in, "in", false, "what the node is given, not what it emits")
	fs.Int64Var(&t.limit, "limit", 0, "end after `N` messages")
	fs.StringVarP(&t.format, "as", "o", "",
		"`FORMAT`: heka, json, logfmt, csv, tsv, text, payload, template, table")
	fs.BoolVar(&t.flat, "flat", false, "with -o json or logfmt: the fields alone, no envelope")
	fs.StringSliceVar(&t.columns, "columns", nil, "with -o csv or tsv: `NAMES` of the columns")
	fs.StringVar(&t.template, "template", "", "with -o template: `TEXT` with %{Type}, %{status}, ...")
	fs.StringVar(&t.tz, "tz", "", "time zone `NAME` of the times that are shown (UTC)")
	return c
}

func (t *tap) run(c *cobra.Command, args []string) error {
	req := api.TapRequest{Node: args[0], In: t.in}
	if len(args) == 2 {
		req.Match = args[1]
	}
	out, err := t.check(req)
	if err != nil {
		return err
	}
	client, err := t.dial()
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithCancel(c.Context())
	defer cancel()
	stream, err := client.Tap(ctx, req)
	if err != nil {
		return err
	}
	defer stream.Close()
	src := &tapSource{t: t, stream: stream}
	leave := watchReader(t.Stdout, cancel)
	err = stage.Run(ctx, &t.env, append([]stage.Stage{src}, out...)...)
	leave()
	if t.left > 0 {
		fmt.Fprintf(t.Stderr, "hekad tap: left out %s, which came faster than they were read\n",
			messages(t.left))
	}
	if src.gone && err == nil {
		fmt.Fprintf(t.Stderr, "hekad tap: %s has ended, or the daemon has\n", visible(req.Node))
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// check looks at everything before anything is asked, and returns what shows messages.
func (t *tap) check(req api.TapRequest) ([]stage.Stage, error) {
	if req.Match != "" {
		if _, err := match.Parse(req.Match); err != nil {
			return nil, mistake("", "%v", err)
		}
	}
	if t.limit < 0 {
		return nil, mistake("want 0 (none) or more", "--limit %d", t.limit)
	}
	if t.template != "" && t.format == "" {
		t.format = "template"
	}
	e := &t.env
	e.Name, e.Flat, e.Columns, e.Template = "hekad tap", t.flat, t.columns, t.template
	if t.tz != "" {
		loc, err := time.LoadLocation(t.tz)
		if err != nil {
			return nil, mistake("want a name like Europe/Berlin, UTC or Local",
				"--tz %s: no such time zone", t.tz)
		}
		e.TZ = loc
	}
	screen := term.IsTerminal(int(t.Stdout.Fd()))
	switch {
	case t.format == "table" || t.format == "" && screen:
		e.Live = screen
		return []stage.Stage{console.New(e, t.Stdout, t.useColor(t.Stdout))}, nil
	case t.format == "" || t.format == "heka":
		return []stage.Stage{stage.Output(e, t.Stdout)}, nil
	}
	if _, err := encode.New(t.format, encode.Options{
		Columns: t.columns, Template: t.template, Location: e.Location(),
	}); err != nil {
		return nil, mistake("", "-o %s: %v", t.format, err)
	}
	enc, err := stage.Encode(e, t.format)
	return []stage.Stage{enc, stage.OutputText(e, t.Stdout)}, err
}

// tapSource makes batches of a stream.
type tapSource struct {
	t      *tap
	stream *api.Stream
	gone   bool // the stream has ended by itself
}

// Run implements stage.Stage.
func (s *tapSource) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	stop := context.AfterFunc(ctx, func() { s.stream.Close() })
	defer stop()
	pool := s.t.env.Pool
	var failed error
	r := frame.NewReader(s.stream, frame.Options{
		Now: func() int64 { return time.Now().UnixNano() },
		Gap: func(g frame.Gap) {
			s.t.left = g.Offset
			if failed == nil {
				failed = out.Write(pool.Gap(&g))
			}
		},
	})
	for left := s.t.limit; ; {
		b := pool.Get()
		var err error
		b.Buf, b.Off, err = r.Read(b.Buf, b.Off)
		n := int64(len(b.Off))
		if s.t.limit > 0 && n >= left {
			b = b.Cut(b.Off[:left])
			return out.Write(b)
		}
		left -= n
		if n > 0 && failed == nil {
			failed = out.Write(b)
		} else {
			b.Release()
		}
		switch {
		case failed != nil:
			return failed
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return s.end(r, err)
		}
	}
}

// end says what the end of the stream means.
func (s *tapSource) end(r *frame.Reader, err error) error {
	switch {
	case r.Format != frame.Records && r.Format != frame.Unknown:
		return &Exit{Code: exitBug, Err: errors.New("the daemon sent something that is no record")}
	case err == io.EOF:
		s.gone = true
		return nil
	}
	return err
}

// watchReader calls gone when out is a pipe and its reader has left, so that a tap at
// which nothing comes ends all the same. What it returns ends the watch.
func watchReader(out *os.File, gone func()) (stop func()) {
	info, err := out.Stat()
	if err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return func() {}
	}
	wakeR, wakeW, err := os.Pipe()
	if err != nil {
		return func() {}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		fds := []unix.PollFd{{Fd: int32(out.Fd())}, {Fd: int32(wakeR.Fd()), Events: unix.POLLIN}}
		for {
			if _, err := unix.Poll(fds, -1); err != unix.EINTR {
				break
			}
		}
		if fds[0].Revents&unix.POLLERR != 0 && fds[1].Revents == 0 {
			gone()
		}
	}()
	return func() {
		wakeW.Close()
		<-done
		wakeR.Close()
	}
}
