package client

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"heka/cmd/hekad/api"
)

// top is the command top.
type top struct {
	*base
	every time.Duration
	count int
	sort  string
	view  view
}

func newTop(b *base) *cobra.Command {
	t := &top{base: b}
	c := &cobra.Command{
		Use:   "top [FLAGS]",
		Short: "watch the nodes of the running daemon",
		Example: `hekad top
hekad top --every 5s --sort errors
hekad top --count 10 > snapshots.txt`,
		Long: `On a terminal: q quits, ? lists the keys. Elsewhere: a table each time.`,
		Args: words(0, "", ""),
		RunE: func(c *cobra.Command, _ []string) error { return t.run(c.Context()) },
	}
	c.Flags().DurationVar(&t.every, "every", time.Second, "how often, a `TIME`")
	c.Flags().IntVar(&t.count, "count", 0, "end after `N` looks; 0: never")
	c.Flags().StringVar(&t.sort, "sort", "", "by this `COLUMN`, as ps names it; empty: as configured")
	return c
}

func (t *top) run(ctx context.Context) error {
	switch {
	case t.every < 50*time.Millisecond || t.every > time.Hour:
		return mistake("want 50ms to 1h", "--every %v", t.every)
	case t.count < 0:
		return mistake("want 0 (no end) or more", "--count %d", t.count)
	}
	if err := t.view.sortBy(t.sort); err != nil {
		return err
	}
	c, err := t.dial()
	if err != nil {
		return err
	}
	defer c.Close()
	t.view.paint = painter(t.useColor(t.Stdout))
	if !term.IsTerminal(int(t.Stdout.Fd())) || os.Getenv("TERM") == "dumb" {
		return t.print(ctx, c)
	}
	return t.live(ctx, c)
}

// print writes a table each time.
func (t *top) print(ctx context.Context, c *api.Client) error {
	var before *api.Status
	for n := 1; ; n++ {
		now, err := c.Status(ctx)
		if err != nil {
			return err
		}
		t.view.sample = newSample(before, now)
		before = &now
		text := now.Now.UTC().Format(time.RFC3339) + "\n" + strings.Join(t.view.table(0), "\n") + "\n\n"
		if _, err := io.WriteString(t.Stdout, text); err != nil {
			return err
		}
		if n == t.count {
			return nil
		}
		select {
		case <-time.After(t.every):
		case <-ctx.Done():
			return nil
		}
	}
}

// look is an answer of the daemon.
type look struct {
	status api.Status
	err    error
}

// live redraws the screen until q is typed or ctx ends.
func (t *top) live(ctx context.Context, c *api.Client) error {
	ctx, cancel := context.WithCancel(ctx)
	s, err := openScreen(ctx, t.Stdin, t.Stdout)
	if err != nil {
		cancel()
		return err
	}
	looks := make(chan look)
	go t.ask(ctx, c, looks)
	defer func() {
		cancel()
		for range looks {
		}
	}()
	defer s.close()
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, unix.SIGWINCH)
	defer signal.Stop(resized)
	var before *api.Status
	for n := 0; ; {
		if err := s.draw(t.view.lines(s.size())); err != nil {
			return err
		}
		select {
		case l, open := <-looks:
			if !open {
				return nil
			}
			if t.view.failure = l.err; l.err == nil && !t.view.paused {
				t.view.sample = newSample(before, l.status)
				before = &l.status
			}
			if n++; n == t.count {
				return nil
			}
		case keys, open := <-s.keys:
			if !open {
				s.keys = nil // stdin has ended: signals are left
				continue
			}
			if t.press(s, keys) {
				return nil
			}
		case <-resized:
		case <-ctx.Done():
			return nil
		}
	}
}

// press does what was typed, and reports whether that was to quit.
func (t *top) press(s *screen, keys []byte) (quit bool) {
	for len(keys) > 0 {
		k, n := readKey(keys)
		keys = keys[n:]
		switch {
		case k == 'Z'&31:
			s.suspend()
		case t.view.press(k):
			return true
		}
	}
	return false
}

// ask asks again and again, and closes looks when ctx has ended. That the daemon is
// gone is no end: another may take its place.
func (t *top) ask(ctx context.Context, c *api.Client, looks chan<- look) {
	defer close(looks)
	tick := time.NewTicker(t.every)
	defer tick.Stop()
	for {
		st, err := c.Status(ctx)
		if errors.Is(err, context.Canceled) {
			return
		}
		select {
		case looks <- look{st, err}:
		case <-ctx.Done():
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
