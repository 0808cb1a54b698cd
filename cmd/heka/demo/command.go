package demo

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"heka/lib/stage"
)

// Args is what follows `heka demo`.
const Args = "nginx|app [FLAGS]"

// Run is `heka demo`: it writes a log to out until it is as long as asked for, ctx
// ends, or out takes no more.
func Run(ctx context.Context, args []string, out io.Writer) error {
	fs := pflag.NewFlagSet("heka demo", pflag.ContinueOnError)
	fs.SortFlags = false
	lines := fs.Int64("lines", 1000, "write `N` lines; 0: no end")
	bytes := fs.Int64("bytes", 0, "write lines until there are `N` bytes, instead")
	seed := fs.Uint64("seed", 1, "the same `N` gives the same log")
	rate := fs.Float64("rate", 0, "write `N` lines a second, of the time of day; 0: as fast as can be")
	start := fs.String("start", "2026-10-01T00:00:00Z", "`TIME` of the first line")
	timed := fs.Bool("timed", false, "add $request_time to the lines of an access log")
	fs.Usage = func() {
		fmt.Fprintf(out, "usage: heka demo %s\n\n%s\n", Args, strings.TrimRight(fs.FlagUsages(), "\n"))
	}
	if err := fs.Parse(args); err == pflag.ErrHelp {
		return nil
	} else if err != nil {
		return &stage.UsageError{Msg: err.Error()}
	}
	at, err := time.Parse(time.RFC3339, *start)
	if err != nil {
		return &stage.UsageError{Msg: fmt.Sprintf("--start %s: want a time like 2026-10-01T00:00:00Z", *start)}
	}
	if fs.NArg() != 1 || Kinds[fs.Arg(0)] == "" {
		return &stage.UsageError{Msg: "which log? nginx or app", Hint: "heka demo nginx --lines 1000 > access.log"}
	}
	if *rate < 0 || *lines < 0 || *bytes < 0 {
		return &stage.UsageError{Msg: "--lines, --bytes and --rate can't be negative"}
	}
	if *rate > 0 {
		return live(ctx, New(fs.Arg(0), *seed, time.Now(), *timed), out, *rate, *lines)
	}
	return write(ctx, New(fs.Arg(0), *seed, at, *timed), out, *lines, *bytes)
}

// write writes lines as fast as out takes them.
func write(ctx context.Context, m *Maker, out io.Writer, lines, bytes int64) error {
	w := bufio.NewWriterSize(out, 256<<10)
	var line []byte
	var n, size int64
	for ctx.Err() == nil && (bytes > 0 && size < bytes || bytes == 0 && (lines == 0 || n < lines)) {
		line = m.AppendLine(line[:0])
		n, size = n+1, size+int64(len(line))
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return w.Flush()
}

// live writes rate lines a second, each of the time at which it is written.
func live(ctx context.Context, m *Maker, out io.Writer, rate float64, lines int64) error {
	const step = 20 * time.Millisecond
	tick := time.NewTicker(step)
	defer tick.Stop()
	began, n := time.Now(), int64(0)
	var buf []byte
	for lines == 0 || n < lines {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			m.Advance(now.Sub(m.at))
			buf = buf[:0]
			due := int64(now.Sub(began).Seconds() * rate)
			for ; n < due && (lines == 0 || n < lines); n++ {
				buf = m.AppendLine(buf)
			}
			if len(buf) == 0 {
				continue
			}
			if _, err := out.Write(buf); err != nil {
				return err
			}
		}
	}
	return nil
}
