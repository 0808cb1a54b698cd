package file

import (
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"heka/heka-tail/internal/source"
)

// pipes reads what has no offsets: the standard input to its end, FIFOs for writer
// after writer as long as they are followed. Each has a goroutine of its own.
type pipes struct {
	tail *tail
	sink *source.Sink
	ctx  context.Context

	wg    sync.WaitGroup
	mu    sync.Mutex
	names map[string]*pipe
	err   error // of the sink
	ended chan struct{}
}

// pipe is one that is read.
type pipe struct {
	key    source.Key
	cancel context.CancelFunc
}

func newPipes(ctx context.Context, t *tail, sink *source.Sink) *pipes {
	return &pipes{
		tail: t, sink: sink, ctx: ctx, names: map[string]*pipe{}, ended: make(chan struct{}, 1),
	}
}

// start reads path, unless it is read already.
func (p *pipes) start(path string, key source.Key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if old := p.names[path]; old != nil {
		if old.key == key {
			return
		}
		old.cancel()
	}
	ctx, cancel := context.WithCancel(p.ctx)
	one := &pipe{key: key, cancel: cancel}
	p.names[path] = one
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		defer cancel()
		p.done(path, one, p.read(ctx, path))
	}()
}

// replaced ends the reading of path, which is no FIFO of this key any more.
func (p *pipes) replaced(path string, key source.Key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if old := p.names[path]; old != nil && old.key != key {
		old.cancel()
	}
}

func (p *pipes) done(path string, one *pipe, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.names[path] == one {
		delete(p.names, path)
	}
	if err != nil && p.ctx.Err() == nil && !errors.Is(err, context.Canceled) && p.err == nil {
		p.err = err
	}
	select {
	case p.ended <- struct{}{}:
	default:
	}
}

// state returns how many are read, and what went wrong with writing.
func (p *pipes) state() (running int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.names), p.err
}

// read reads the source path until its end; errors of it are logged.
func (p *pipes) read(ctx context.Context, path string) error {
	t := p.tail
	again := false
	if path != "-" {
		// Held open, the FIFO keeps what a writer leaves in it before we are back.
		f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err == nil {
			defer f.Close()
			info, err := f.Stat()
			again = err == nil && info.Mode()&os.ModeNamedPipe != 0
		}
	}
	var start source.Start // what a pipe gives is new, unless -n says otherwise
	if t.opt.lines.set {
		start = t.opt.start()
	}
	for {
		err := t.copy(ctx, p.sink, path, start, nil)
		start = source.Start{}
		var pe *os.PathError
		if errors.As(err, &pe) {
			t.env.Logger().Error(err.Error())
			return nil
		}
		if err != nil || !again || t.stopped() {
			return err
		}
	}
}

// copy reads path, which is no file that is followed, to its end.
func (t *tail) copy(
	ctx context.Context, sink *source.Sink, path string, start source.Start, tick func(int64),
) error {
	var in *source.Input
	var err error
	if path == "-" {
		in, err = source.NewInput(ctx, t.env.Stop, int(t.stdin.Fd()), "stdin")
	} else {
		in, err = source.Open(ctx, t.env.Stop, path)
	}
	if errors.Is(err, syscall.EISDIR) {
		return errDir(path)
	}
	if err != nil {
		return err
	}
	defer in.Close()
	var count func()
	if tick != nil {
		count = func() { tick(in.Count()) }
	}
	return source.Copy(sink, in, start, time.Duration(t.opt.multilineWait), count)
}
