package supervise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"heka/lib/frame"
	"heka/lib/stage"
)

// Feed says what a command that is not ours reads.
type Feed string

// What a command may be fed with.
const (
	FeedJSON Feed = "json" // a message a line, as heka-out -o json writes it; also ""
	FeedHeka Feed = "heka" // records of heka-frame(5)
	FeedText Feed = "text" // payloads, a line each; of a message without one its fields
)

// Feeds returns the names of all Feeds, as they are typed.
func Feeds() []string { return []string{string(FeedJSON), string(FeedHeka), string(FeedText)} }

// Command returns the stage that a command does the work of which knows nothing of us: it
// reads messages on stdin, fed as f says, and what it writes to stdout becomes messages.
// That may be records, Heka's framing, or lines: a line that is a message as heka-out -o
// json writes it is that message, and any other the payload of a new one. With shell,
// Argv is one word, which sh runs.
//
// At the start of a pipeline the command's input is empty; the end of Env.Stop sends it
// TERM. A batch is acknowledged once the command has read it, of which no more is known
// than that it is not in the pipe any more, and the last ones when it has exited with 0.
// What it makes of a batch, and when, is not known either: an acknowledgement may be
// before it. A command that exits without having read all wants no more.
func Command(env *stage.Env, s Spec, f Feed, shell bool) stage.Stage {
	pool(env)
	if shell {
		s.Argv = append([]string{"/bin/sh", "-c"}, s.Argv...)
	}
	return &command{env: env, spec: s, feed: f}
}

type command struct {
	env  *stage.Env
	spec Spec
	feed Feed
}

// kept is one command that runs.
type kept struct {
	c      *command
	p      *process
	life   *lifeline
	stdin  *os.File
	stdout *os.File
	recv   *reader
	out    locked
	waits  pending
	source bool // it reads nothing
	err    error
}

// locked is a Writer for two goroutines.
type locked struct {
	mu  sync.Mutex
	out stage.Writer
}

// Write implements stage.Writer.
func (l *locked) Write(b *stage.Batch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(b)
}

// connect starts the command.
func (c *command) connect(out stage.Writer) (*kept, error) {
	path, err := exec.LookPath(c.spec.Argv[0])
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", c.spec.Name, err)
	}
	theirIn, stdin, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", c.spec.Name, err)
	}
	defer theirIn.Close()
	stdout, theirOut, err := os.Pipe()
	if err != nil {
		stdin.Close()
		return nil, fmt.Errorf("start %s: %w", c.spec.Name, err)
	}
	defer theirOut.Close()
	k := &kept{c: c, stdin: stdin, stdout: stdout, out: locked{out: out}}
	if k.recv, err = newReader(stdout); err == nil {
		k.p, k.life, err = startKept(&c.spec, path, c.spec.Argv, []*os.File{theirIn, theirOut})
	}
	if err != nil {
		stdin.Close()
		stdout.Close()
		return nil, err
	}
	k.recv.busy = k.p.busy
	return k, nil
}

// Run implements stage.Stage.
func (c *command) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	k, err := c.connect(out)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	done := make(chan struct{})
	batches := feed(in, done)
	wg.Go(func() { k.give(batches, done) })
	wg.Go(func() {
		select {
		case <-k.p.gone:
			k.recv.hurry()
		case <-ctx.Done():
			k.recv.hurry()
		case <-done:
		}
	})
	err = k.follow(ctx)
	close(done)
	k.end(ctx, err)
	wg.Wait()
	k.stdout.Close()
	died := k.p.close()
	k.life.close()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && !os.IsTimeout(err):
		return err
	case died != nil:
		return k.forgive(died)
	case k.err != nil:
		return k.err
	}
	return k.waits.all(c.env.Pool, out)
}

// forgive returns nil for a source that ended by the TERM that it was sent to stop.
func (k *kept) forgive(died error) error {
	d := new(Died)
	if errors.As(died, &d) && k.source && d.Why == "" && d.Signal == syscall.SIGTERM {
		select {
		case <-k.c.env.Stop:
			return nil
		default:
		}
	}
	return died
}

// follow emits what the command writes, until it has no more to say or ctx ends. It
// returns nil then.
func (k *kept) follow(ctx context.Context) error {
	env := k.c.env
	record := env.MaxRecord
	if record <= 0 {
		record = frame.DefaultMaxRecord
	}
	r := frame.NewReader(k.recv, frame.Options{
		MaxRecord: record, MaxLine: max(env.MaxLine, record), Envelope: k.c.envelope(),
		Now: func() int64 { return time.Now().UnixNano() },
	})
	lines := newLines(env)
	for {
		b := env.Pool.Get()
		var err error
		b.Buf, b.Off, err = r.Read(b.Buf, b.Off)
		if ctx.Err() != nil {
			b.Release()
			return nil
		}
		if r.Format == frame.Text {
			b = lines.convert(b)
		}
		if len(b.Off) == 0 {
			b.Release()
		} else if err := k.out.Write(b); err != nil {
			return err
		}
		if err != nil {
			env.Stats.Damaged.Add(r.Stats.Damaged)
			env.Stats.Skipped.Add(r.Stats.Skipped)
			if err == io.EOF {
				err = nil
			}
			return err
		}
	}
}

// end ends what is left of the command, after follow has returned err.
func (k *kept) end(ctx context.Context, err error) {
	grace := k.c.spec.grace()
	switch {
	case ctx.Err() != nil:
		k.p.stop(0, "its time is up")
	case err == nil:
		k.stdout.Close() // it may not see the end of it
		k.p.stop(grace, fmt.Sprintf("it had closed its output, and was still there %s later", grace))
	case os.IsTimeout(err):
		k.p.stop(0, fmt.Sprintf("it did nothing for %s behind the end of its input", grace))
	default:
		k.p.stop(0, "nobody reads what it writes")
	}
	k.stdin.Close() // what is being written fails
}
