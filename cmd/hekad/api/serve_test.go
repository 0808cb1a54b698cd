package api_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/api/apitest"
	"heka/lib/frame"
	"heka/lib/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// folder returns a state folder, whose name is short enough for a socket's address.
func folder(t *testing.T) string {
	dir, err := os.MkdirTemp("", "h5-D")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// serve serves d, and returns the state folder and a client.
func serve(t *testing.T, d api.Daemon, opt api.ServeOptions) (*api.Server, *api.Client) {
	t.Helper()
	if opt.State == "" {
		opt.State = folder(t)
	}
	s, err := api.Serve(context.Background(), d, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := api.Dial(opt.State)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return s, c
}

func nodes(names ...string) func() api.Status {
	return func() api.Status {
		s := api.Status{Pid: 4242}
		for _, n := range names {
			name, loaded := strings.CutSuffix(n, "+")
			s.Nodes = append(s.Nodes, api.Node{Name: name, Loaded: loaded, State: api.Running})
		}
		return s
	}
}

func TestRoundTrip(t *testing.T) {
	var loaded api.Filter
	stopped := make(chan struct{})
	d := &apitest.Daemon{
		OnStatus: nodes("nginx", "slow+"),
		OnReload: func(context.Context) (api.Outcome, error) {
			return api.Outcome{Errors: []string{"hekad.toml:3:1: no"}, Millis: 1.5}, nil
		},
		OnLoad: func(f api.Filter) error { loaded = f; return nil },
		OnStop: func() { close(stopped) },
		Config: api.Configuration{TOML: "[nginx]\n", Dot: "digraph{}", Shell: map[string]string{"nginx": "x | y\n"}},
	}
	_, c := serve(t, d, api.ServeOptions{})
	ctx := context.Background()
	st, err := c.Status(ctx)
	if err != nil || st.Pid != 4242 || len(st.Nodes) != 2 || !st.Nodes[1].Loaded {
		t.Errorf("Status() = %+v, %v", st, err)
	}
	if g, err := c.Configuration(ctx); err != nil || !reflect.DeepEqual(g, d.Config) {
		t.Errorf("Configuration() = %+v, %v", g, err)
	}
	if o, err := c.Reload(ctx); err != nil || o.Took || len(o.Errors) != 1 || o.Millis != 1.5 {
		t.Errorf("Reload() = %+v, %v", o, err)
	}
	f := api.Filter{
		Name: "lua1", Script: "function process_message() return 0 end", Match: "TRUE",
		Every: "10s", Config: map[string]string{"a": "b"}, Preserve: true, Memory: "8MiB", Replace: true,
	}
	if err := c.Load(ctx, f); err != nil || loaded.Script != f.Script || loaded.Config["a"] != "b" {
		t.Errorf("Load() = %v, the daemon got %+v", err, loaded)
	}
	if err := c.Unload(ctx, "slow"); err != nil {
		t.Error(err)
	}
	if err := c.Drain(ctx, time.Second); err != nil {
		t.Error(err)
	}
	if pid, err := c.Stop(ctx); err != nil || pid != 4242 {
		t.Errorf("Stop() = %d, %v", pid, err)
	}
	<-stopped // it is answered before
	if got := strings.Join(d.Asked(), ", "); got != "reload, load lua1, unload slow, drain, stop" {
		t.Errorf("asked: %s", got)
	}
}

// TestErrors wants the daemon's errors to come out at the client's end as they are.
func TestErrors(t *testing.T) {
	d := &apitest.Daemon{
		OnStatus: nodes("nginx", "store", "slow+"),
		OnLoad: func(f api.Filter) error {
			switch f.Name {
			case "twice":
				return api.Conflict("filter twice is loaded", "--replace puts this one in its place")
			case "wrong":
				return &stage.UsageError{Msg: "no such thing", Hint: "try another"}
			}
			panic("a bug")
		},
		OnDrain: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	}
	_, c := serve(t, d, api.ServeOptions{})
	ctx := context.Background()
	load := func(name, match string) error {
		return c.Load(ctx, api.Filter{Name: name, Script: "x = 1", Match: match})
	}
	f := func(err error, status int, want string) {
		t.Helper()
		var e *api.Error
		if !errors.As(err, &e) || e.Status != status || e.Error() != want {
			t.Errorf("got  %v\nwant %d %s", err, status, want)
		}
	}
	_, err := c.Tap(ctx, api.TapRequest{Node: "ngnix"})
	f(err, 404, `no node "ngnix"; did you mean nginx?`)
	_, err = c.Tap(ctx, api.TapRequest{})
	f(err, 400, "which node?; one of nginx, store, slow")
	_, err = c.Tap(ctx, api.TapRequest{Node: "nginx", Match: "Typ == 1"})
	var e *api.Error
	if !errors.As(err, &e) || e.Status != 400 || !strings.Contains(e.Msg, "^") {
		t.Errorf("a mistake in an expression: %v", err)
	}
	f(c.Unload(ctx, "slwo"), 404, `no loaded filter "slwo"; did you mean slow?`)
	f(c.Unload(ctx, "store"), 409,
		`node "store" stands in the configuration; take it out there, and reload`)
	f(c.Unload(ctx, "../../x"), 404, `no loaded filter "../../x"; there is slow`)
	f(load("twice", "TRUE"), 409, "filter twice is loaded; --replace puts this one in its place")
	f(load("wrong", "TRUE"), 400, "no such thing; try another")
	f(load("panics", "TRUE"), 500, "a mistake in hekad; its log has more")
	f(load("../x", "TRUE"), 400, "../x is no name of a node: "+
		"want a-z, 0-9, _ and -, and a letter or digit first; did you mean x?")
	f(c.Drain(ctx, time.Millisecond), 503, "not all was delivered within 1ms; "+
		"the sources have ended, and delivery goes on: hekad ps shows what is left")
}

func TestTap(t *testing.T) {
	tap := &apitest.Tap{Reads: []apitest.Read{
		{Records: []byte("one")}, {Records: []byte("two"), Skipped: 7}, {Skipped: 3},
		{Records: []byte("three")},
	}}
	d := &apitest.Daemon{
		OnStatus: nodes("nginx"),
		OnTap: func(r api.TapRequest) (api.Tap, error) {
			if r != (api.TapRequest{Node: "nginx", Match: "Severity < 3", In: true}) {
				t.Errorf("the daemon was asked for %+v", r)
			}
			return tap, nil
		},
	}
	_, c := serve(t, d, api.ServeOptions{})
	s, err := c.Tap(context.Background(), api.TapRequest{Node: "nginx", Match: "Severity < 3", In: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got, err := io.ReadAll(s)
	gap := func(n string, all int64) string {
		return string(frame.AppendGap(nil, &frame.Gap{Source: "nginx", Offset: all,
			Reason: "hekad tap: " + n + " messages left out, the reader was behind"}))
	}
	if want := "one" + gap("7", 7) + "two" + gap("3", 10) + "three"; string(got) != want || err != nil {
		t.Errorf("got  %q, %v\nwant %q", got, err, want)
	}
	if !tap.Closed() {
		t.Error("the tap is open still")
	}
}

// TestTapFails wants the reason at the end of a stream.
func TestTapFails(t *testing.T) {
	d := &apitest.Daemon{
		OnStatus: nodes("nginx"),
		OnTap: func(api.TapRequest) (api.Tap, error) {
			return &apitest.Tap{Reads: []apitest.Read{{Err: errors.New("cut\noff")}}}, nil
		},
	}
	_, c := serve(t, d, api.ServeOptions{})
	s, err := c.Tap(context.Background(), api.TapRequest{Node: "nginx"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := io.ReadAll(s); err == nil || err.Error() != "cut\noff" {
		t.Errorf("the stream ended with %v", err)
	}
}

// TestTapLeft wants a tap to end when its client leaves, and when the server does.
func TestTapLeft(t *testing.T) {
	taps := make(chan *apitest.Tap, 2)
	d := &apitest.Daemon{
		OnStatus: nodes("nginx"),
		OnTap: func(api.TapRequest) (api.Tap, error) {
			tap := &apitest.Tap{Hold: true}
			taps <- tap
			return tap, nil
		},
	}
	srv, c := serve(t, d, api.ServeOptions{})
	ctx, cancel := context.WithCancel(context.Background())
	s1, err := c.Tap(ctx, api.TapRequest{Node: "nginx"})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.ReadAll(s1); !errors.Is(err, context.Canceled) {
		t.Errorf("the client's end: %v", err)
	}
	s1.Close()
	tap := <-taps
	for deadline := time.Now().Add(time.Minute); !tap.Closed(); {
		if time.Now().After(deadline) {
			t.Fatal("the tap of a client that left is open still")
		}
	}
	s2, err := c.Tap(context.Background(), api.TapRequest{Node: "nginx"})
	if err != nil {
		t.Fatal(err)
	}
	defer s2.Close()
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadAll(s2); err != nil {
		t.Errorf("a tap ended by the server: %v", err)
	}
	if tap := <-taps; !tap.Closed() {
		t.Error("a tap is open after Close")
	}
}

func TestSocket(t *testing.T) {
	state := folder(t)
	path := filepath.Join(state, "control.sock")
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	s, err := api.Serve(context.Background(), &apitest.Daemon{}, api.ServeOptions{State: state})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("the socket: %v, %v", info.Mode(), err)
	}
	_, err = api.Serve(context.Background(), &apitest.Daemon{}, api.ServeOptions{State: state})
	if err == nil || !strings.HasPrefix(err.Error(), "a daemon answers at "+path) {
		t.Errorf("a second daemon: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
	if all, _ := os.ReadDir(state); len(all) > 0 {
		t.Errorf("left behind: %v", all)
	}
}

// TestSocketStale replaces the socket of a daemon that was killed, and nothing else.
func TestSocketStale(t *testing.T) {
	state := folder(t)
	path := filepath.Join(state, "control.sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	var gone *api.NoDaemon
	_, err = api.Dial(state)
	if !errors.As(err, &gone) || !strings.Contains(err.Error(), "it was killed") {
		t.Errorf("Dial at a stale socket: %v", err)
	}
	os.Mkdir(filepath.Join(state, ".control-123"), 0o700)
	s, c := serve(t, &apitest.Daemon{}, api.ServeOptions{State: state})
	if _, err := c.Status(context.Background()); err != nil {
		t.Error(err)
	}
	// Another one has the name by now: it stays.
	os.Remove(path)
	os.WriteFile(path, nil, 0o600)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	_, err = api.Serve(context.Background(), &apitest.Daemon{}, api.ServeOptions{State: state})
	if err == nil || !strings.Contains(err.Error(), "is no socket") {
		t.Errorf("a file in its place: %v", err)
	}
	if all, _ := os.ReadDir(state); len(all) != 1 {
		t.Errorf("left behind: %v", all)
	}
}

// TestLongFolder wants a socket in a folder whose name does not fit into an address.
func TestLongFolder(t *testing.T) {
	state := filepath.Join(folder(t), strings.Repeat("x", 120))
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	_, c := serve(t, &apitest.Daemon{}, api.ServeOptions{State: state})
	if _, err := c.Status(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestNoDaemon(t *testing.T) {
	state := folder(t)
	_, err := api.Dial(state)
	want := "no daemon runs in " + state +
		"; start one with hekad run FILE, or name its folder with --state"
	var gone *api.NoDaemon
	if !errors.As(err, &gone) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err := api.Dial(filepath.Join(state, "not", "there")); !errors.As(err, &gone) {
		t.Errorf("no folder: %v", err)
	}
	// One that ends between two questions.
	s, c := serve(t, &apitest.Daemon{}, api.ServeOptions{State: state})
	s.Close()
	c.Close()
	if _, err := c.Status(context.Background()); !errors.As(err, &gone) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
