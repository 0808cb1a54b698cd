package dynamic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/config"
	"heka/lib/control"
	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// daemon is a Daemon that loads into a store, as hekad does.
type daemon struct {
	store *Store
	fail  error
}

func (d *daemon) Load(_ context.Context, f api.Filter) error {
	if d.fail != nil {
		return d.fail
	}
	_, err := d.store.Add(f)
	return err
}

func (d *daemon) Unload(_ context.Context, name string) error { return d.store.Remove(name) }

// world is a Manager, with all around it.
type world struct {
	*Manager
	t      *testing.T
	dir    string
	g      *config.Global
	log    bytes.Buffer
	d      *daemon
	key    control.Key
	events []msg.Message
}

const secret = "a secret of ops that is long"

func newWorld(t *testing.T, change func(g *config.Global)) *world {
	t.Helper()
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys")
	text := "ops_1 " + secret + "\neve_1 a secret of eve\n"
	if err := os.WriteFile(keys, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dir: filepath.Join(dir, "loaded"), g: &config.Global{
		Hostname: "web1", Keys: keys, Control: "ops", MaxFilters: 2,
	}}
	w.key = control.Key{Signer: "ops", Version: 1, Secret: []byte(secret), Hash: frame.HashSHA256}
	if change != nil {
		change(w.g)
	}
	w.restart()
	t.Cleanup(w.stop)
	return w
}

func (w *world) stop() {
	w.Manager.Close()
	w.store.Close()
}

func (w *world) restart() {
	w.t.Helper()
	if w.Manager != nil {
		w.stop()
	}
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	s, err := Open(w.dir, w.g.MaxFilters, log)
	if err != nil {
		w.t.Fatal(err)
	}
	w.d = &daemon{store: s}
	if w.Manager, err = NewManager(w.g, s, w.d, log); err != nil {
		w.t.Fatal(err)
	}
}

// order returns a command that loads a filter.
func order(action, name, options string) *control.Command {
	c := &control.Command{Action: action, Target: "web1", Name: name}
	if action == control.Load || action == control.Replace {
		c.Name, c.Script = "", script
		c.Config = fmt.Sprintf("[%q]\ntype = 'SandboxFilter'\nmessage_matcher = 'TRUE'\n%s\n", name, options)
	}
	return c
}

// record returns c as it is on the bus.
func (w *world) record(c *control.Command, k control.Key) []byte {
	w.t.Helper()
	now := time.Now()
	c.Time, c.Expires = now.UnixNano(), now.Add(time.Minute).UnixNano()
	framed, err := c.Seal(k, "laptop")
	if err != nil {
		w.t.Fatal(err)
	}
	body, _, _, err := frame.NextHeka(framed, 1<<22, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	rec, err := frame.AppendFromHeka(nil, body)
	if err != nil {
		w.t.Fatal(err)
	}
	return rec
}

// send has the command in a record carried out, and returns what came of it: the result
// and text of the answer, or, where there is none, of the event.
func (w *world) send(rec []byte, signer string) string {
	w.t.Helper()
	v, err := msg.Parse(rec[msg.HeaderSize:])
	if err != nil {
		w.t.Fatal(err)
	}
	w.Message(context.Background(), &v, signer)
	got, kinds := "", ""
	for _, r := range w.Manager.events.take() {
		v, err := msg.Parse(r[msg.HeaderSize:])
		if err != nil {
			w.t.Fatal(err)
		}
		m := v.Message()
		w.events = append(w.events, m)
		kinds += m.Type + " "
		name := "result"
		if m.Type == control.AnswerType {
			name = "control.result"
		}
		r, _ := v.Field(name, 0)
		got = string(r.Text()) + " " + m.Payload
	}
	if kinds != "heka.control.event heka.control.answer " && kinds != "heka.control.event " {
		w.t.Errorf("messages: %q", kinds)
	}
	return got
}

func (w *world) try(want string, c *control.Command) {
	w.t.Helper()
	if got := w.send(w.record(c, w.key), ""); !strings.HasPrefix(got, want) {
		w.t.Errorf("%s: got %q, want %q", c.Action, got, want)
	}
}

func TestManager(t *testing.T) {
	w := newWorld(t, nil)
	w.try("done loaded a_b", order(control.Load, "a-b", ""))
	w.try("refused a_b is already running", order(control.Load, "a-b", ""))
	w.try("done loaded a_b", order(control.Replace, "a-b", "ticker_interval = 5"))
	w.try("done loaded b", order(control.Load, "b", ""))
	w.try("refused 2 filters are loaded, and max_filters is 2", order(control.Load, "c", ""))
	w.try("done {\"name\":", order(control.List, "", ""))
	w.try(`refused no filter "d" is loaded; loaded are a_b, b`, order(control.Unload, "d", ""))
	w.try("done unloaded b", order(control.Unload, "b", ""))
	w.try("refused unload: no name says which", order(control.Unload, "", ""))
	w.try(`refused action "stop" is not known`, order("stop", "", ""))
	w.try(`refused config:4:1: "c.typo" is no option`, order(control.Load, "c", "typo = 1"))
	bad := order(control.Load, "c", "")
	bad.Script = "function ("
	w.try("refused script: c.lua:1: syntax error", bad)
	two := order(control.Load, "c", "[d]\ntype='SandboxFilter'")
	w.try("refused config: there are 2 sections", two)
	w.try("refused script_type", order(control.Load, "c", "script_type = '/../../x'"))
	w.d.fail = errors.New("disk full")
	w.try("failed disk full", order(control.Load, "c", ""))
	w.d.fail = api.Conflict("there is a node c", "")
	w.try("refused there is a node c", order(control.Load, "c", ""))
	w.d.fail = api.Unavailable("the daemon drains", "")
	w.try("failed the daemon drains", order(control.Load, "c", ""))
	w.d.fail = nil
	if got := brief(w.store); got != "a_b:TRUE" {
		t.Error(got)
	}
	// It is there after a restart, and so is who loaded it.
	w.restart()
	if l := w.store.All(); len(l) != 1 || l[0].Filter.Signer != "ops" || l[0].Filter.Every != "5s" {
		t.Errorf("%+v", l)
	}
	text := w.log.String() + fmt.Sprint(w.events)
	if strings.Contains(text, secret) || strings.Contains(text, "process_message()") {
		t.Error("a secret or a script in the log or an event")
	}
	if !strings.Contains(w.log.String(), `msg="control: loaded a_b" action=load signer=ops from=bus result=done filter=a_b`) {
		t.Error(w.log.String())
	}
}

// TestManagerOwners: what somebody else has loaded is not a sender's to take.
func TestManagerOwners(t *testing.T) {
	w := newWorld(t, nil)
	if _, err := w.store.Add(filter("local")); err != nil {
		t.Fatal(err)
	}
	w.try("refused local was not loaded by ops", order(control.Unload, "local", ""))
	w.try("refused local was not loaded by ops", order(control.Replace, "local", ""))
	k := w.key
	k.Signer, k.Secret = "eve", []byte("a secret of eve")
	if got := w.send(w.record(order(control.Load, "x", ""), k), ""); got != `refused signer "eve" may not control this daemon` {
		t.Error(got)
	}
}

// TestManagerReplay: the same bytes are taken once, by a new process, too; and a
// command that nobody signed is none.
func TestManagerReplay(t *testing.T) {
	w := newWorld(t, nil)
	rec := w.record(order(control.Load, "a", ""), w.key)
	f := func(rec []byte, signer, want string) {
		t.Helper()
		if got := w.send(rec, signer); !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(rec, "", "done loaded a")
	w.try("done unloaded a", order(control.Unload, "a", ""))
	f(rec, "", "refused it was sent before")
	w.restart()
	f(rec, "", "refused it was sent before")
	m := msg.Message{Type: control.Type, Timestamp: time.Now().UnixNano(), Payload: script, Fields: []msg.Field{
		{Name: "action", Value: "load"}, {Name: "config", Value: order(control.Load, "x", "").Config},
	}}
	plain := m.Append(nil)
	f(plain, "", "unverified it is not signed")
	w.g.OldHmac = []string{"sha1", "md5"}
	w.restart()
	f(plain, "ops", "unverified it is not signed") // a field can be anybody's
	if got := brief(w.store); got != "" {
		t.Error(got)
	}
}

func TestManagerMistakes(t *testing.T) {
	w := newWorld(t, nil)
	f := func(want string, change func(g *config.Global)) {
		t.Helper()
		g := *w.g
		change(&g)
		m, err := NewManager(&g, w.store, w.d, nil)
		if err == nil {
			m.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	f("no signer may control", func(g *config.Global) { g.Control = "" })
	f("needs the keys", func(g *config.Global) { g.Keys = "" })
	f("no such file", func(g *config.Global) { g.Keys += "x" })
	f("old_hmac", func(g *config.Global) { g.OldHmac = []string{"sha256"} })
	f("old_hmac", func(g *config.Global) { g.OldHmac = []string{"crc"} })
	if err := os.Chmod(w.g.Keys, 0o644); err != nil {
		t.Fatal(err)
	}
	f("others have access", func(*config.Global) {})
}

// TestManagerFlood: what anybody may send is not logged without end.
func TestManagerFlood(t *testing.T) {
	w := newWorld(t, nil)
	for range 1000 {
		w.Refused(&control.Command{Action: strings.Repeat("x", 500), Signer: "\x1b[31m"}, &control.Refusal{Why: "no"})
	}
	if n := strings.Count(w.log.String(), "\n"); n < 5 || n > 100 || w.log.Len() > 100_000 {
		t.Error(n, "lines,", w.log.Len(), "bytes")
	}
	w.Manager.events.take()
	w.try("done loaded a", order(control.Load, "a", ""))
	v := w.events[0]
	i := slices.IndexFunc(v.Fields, func(f msg.Field) bool { return f.Name == "missed" })
	if i < 0 || v.Fields[i].Value.(int64) < 900 {
		t.Errorf("%+v", v)
	}
	for range 2 * maxEvents {
		w.Refused(&control.Command{}, &control.Refusal{Verified: true, Why: "no"})
	}
	if n := len(w.Manager.events.take()); n != maxEvents {
		t.Error(n)
	}
}

// TestStage: the node of the daemon reads commands and emits what came of them.
func TestStage(t *testing.T) {
	w := newWorld(t, nil)
	rec := w.record(order(control.Load, "a", ""), w.key)
	v, err := msg.Parse(rec[msg.HeaderSize:])
	if err != nil {
		t.Fatal(err)
	}
	other := msg.Message{Type: "nginx.access"}
	w.Refused(&control.Command{}, &control.Refusal{Verified: true, Why: "by TCP"})
	env := &stage.Env{}
	out, err := stagetest.RunErr(env, w.Stage(env, nil), 2, v.Message(), other)
	var got []string
	for _, m := range out {
		got = append(got, m.Type+" "+m.Payload)
	}
	want := []string{
		"heka.control.event by TCP", "heka.control.event loaded a", "heka.control.answer loaded a",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if got := brief(w.store); got != "a:TRUE" {
		t.Error(got)
	}
}

// TestStageWaits: a daemon that waits for its streams before it loads a filter gets its
// way: the batch with the command is acknowledged meanwhile.
func TestStageWaits(t *testing.T) {
	w := newWorld(t, nil)
	acked := make(chan struct{})
	w.Manager.daemon = waiter{w.d, acked}
	rec := w.record(order(control.Load, "a", ""), w.key)
	env := &stage.Env{}
	src := &source{record: rec, acked: acked, pool: stage.NewPool(4)}
	if err := stage.Run(context.Background(), env, src, w.Stage(env, nil)); err != nil {
		t.Error(err)
	}
	if got := brief(w.store); got != "a:TRUE" {
		t.Error(got)
	}
}

// waiter is a Daemon that waits before it loads.
type waiter struct {
	Daemon
	until <-chan struct{}
}

func (d waiter) Load(ctx context.Context, f api.Filter) error {
	<-d.until
	return d.Daemon.Load(ctx, f)
}

// source writes one record, and ends when it is acknowledged.
type source struct {
	record []byte
	acked  chan struct{}
	pool   *stage.Pool
	once   sync.Once
}

func (s *source) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	b := s.pool.Get()
	b.Buf, b.Off = append(b.Buf, s.record...), append(b.Off, 0)
	b.Ack = stage.Range{Source: 1, From: 0, To: 1}
	if err := out.Write(b); err != nil {
		return err
	}
	<-s.acked
	return nil
}

func (s *source) Acked(stage.Range) { s.once.Do(func() { close(s.acked) }) }
func (s *source) Settle() error     { return nil }

// TestOverTCP: from a client to the store and back, also where nobody answered in Heka.
func TestOverTCP(t *testing.T) {
	w := newWorld(t, nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		if err := w.Server().Serve(ctx, ln); err != nil {
			t.Error(err)
		}
	})
	f := func(want string, c *control.Command) {
		t.Helper()
		k := control.Client{Address: ln.Addr().String(), Key: w.key, Timeout: time.Minute}
		a, err := k.Do(context.Background(), c)
		if got := fmt.Sprintf("%s %v %s", a.Result, a.Signed, a.Text); err != nil || !strings.HasPrefix(got, want) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	f("done true loaded a", order(control.Load, "a", ""))
	f("refused true a is already running", order(control.Load, "a", ""))
	f(`done true {"name":"a","match":"TRUE","signer":"ops"`, order(control.List, "", ""))
	f("done true unloaded a", order(control.Unload, "a", ""))
	if left := names(t, w.dir); !slices.Equal(left, []string{noncesFile}) {
		t.Error(left)
	}
}
