// Package apitest has a daemon that does nothing, for tests of what talks to one.
package apitest

import (
	"context"
	"io"
	"sync"

	"heka/cmd/hekad/api"
)

// Daemon is an api.Daemon that answers what it is told to, and notes what it was asked.
// A nil function does nothing. Set it up before it is served.
type Daemon struct {
	OnStatus func() api.Status
	OnReload func(ctx context.Context) (api.Outcome, error)
	OnLoad   func(f api.Filter) error
	OnUnload func(name string) error
	OnTap    func(t api.TapRequest) (api.Tap, error)
	OnDrain  func(ctx context.Context) error
	OnStop   func()
	Config   api.Configuration

	mu    sync.Mutex
	asked []string
}

// Asked returns which methods that change something were called, in their order.
func (d *Daemon) Asked() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.asked...)
}

func (d *Daemon) note(s string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, s)
}

// Status implements api.Daemon.
func (d *Daemon) Status() api.Status {
	if d.OnStatus == nil {
		return api.Status{}
	}
	return d.OnStatus()
}

// Reload implements api.Daemon.
func (d *Daemon) Reload(ctx context.Context) (api.Outcome, error) {
	d.note("reload")
	if d.OnReload == nil {
		return api.Outcome{Took: true}, nil
	}
	return d.OnReload(ctx)
}

// Load implements api.Daemon.
func (d *Daemon) Load(_ context.Context, f api.Filter) error {
	d.note("load " + f.Name)
	if d.OnLoad == nil {
		return nil
	}
	return d.OnLoad(f)
}

// Unload implements api.Daemon.
func (d *Daemon) Unload(_ context.Context, name string) error {
	d.note("unload " + name)
	if d.OnUnload == nil {
		return nil
	}
	return d.OnUnload(name)
}

// Tap implements api.Daemon.
func (d *Daemon) Tap(_ context.Context, t api.TapRequest) (api.Tap, error) {
	d.note("tap " + t.Node)
	if d.OnTap == nil {
		return &Tap{}, nil
	}
	return d.OnTap(t)
}

// Drain implements api.Daemon.
func (d *Daemon) Drain(ctx context.Context) error {
	d.note("drain")
	if d.OnDrain == nil {
		return nil
	}
	return d.OnDrain(ctx)
}

// Stop implements api.Daemon.
func (d *Daemon) Stop() {
	d.note("stop")
	if d.OnStop != nil {
		d.OnStop()
	}
}

// Configuration implements api.Daemon.
func (d *Daemon) Configuration() api.Configuration { return d.Config }

// Read is what a Tap reads at once.
type Read struct {
	Records []byte
	Skipped int64
	Err     error
}

// Tap is an api.Tap that reads what it is told to.
type Tap struct {
	Reads []Read
	Hold  bool // behind those it waits, until the reader leaves; else that is io.EOF

	mu     sync.Mutex
	closed bool
}

// Read implements api.Tap.
func (t *Tap) Read(ctx context.Context, buf []byte) ([]byte, int64, error) {
	if len(t.Reads) == 0 {
		if !t.Hold {
			return buf, 0, io.EOF
		}
		<-ctx.Done()
		return buf, 0, ctx.Err()
	}
	r := t.Reads[0]
	t.Reads = t.Reads[1:]
	return append(buf, r.Records...), r.Skipped, r.Err
}

// Close implements api.Tap.
func (t *Tap) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
}

// Closed reports whether it was closed.
func (t *Tap) Closed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}
