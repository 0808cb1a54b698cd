package file

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"go.uber.org/goleak"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// deadline is how long a test waits for what must come, also on a busy machine under
// the race detector.
const deadline = time.Minute

// got is a message, as tests look at it.
type got struct {
	msg.Message
	ack stage.Range
}

func (g got) String() string {
	s := fmt.Sprintf("%q", g.Payload)
	for _, f := range g.Fields {
		s += fmt.Sprintf(" %s=%v", f.Name, f.Value)
	}
	return s
}

// tailer is a source that runs in a test.
type tailer struct {
	t      *testing.T
	dir    string
	logs   *logs
	out    chan got
	stop   chan struct{}
	cancel context.CancelFunc
	ended  chan error
	env    *stage.Env
	stage  *tail

	mu   sync.Mutex
	gaps []frame.Gap
}

// Write implements stage.Writer. What it gets has come through.
func (tl *tailer) Write(b *stage.Batch) error {
	if b.Gap != nil {
		tl.mu.Lock()
		tl.gaps = append(tl.gaps, *b.Gap)
		tl.mu.Unlock()
	}
	var v msg.View
	for i := range b.Off {
		b.View(i, &v)
		if err := msg.Check(v.Body()); err != nil {
			panic(err)
		}
		tl.out <- got{v.Message(), b.Ack}
	}
	tl.stage.Acked(b.Ack)
	b.Release()
	return nil
}

// logs is a log that tests wait on.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	select {
	case l.more <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// wait waits until the log has text.
func (l *logs) wait(t *testing.T, text string) {
	t.Helper()
	over := time.After(deadline)
	for !strings.Contains(l.String(), text) {
		select {
		case <-l.more:
		case <-over:
			t.Fatalf("no %q in the log:\n%s", text, l)
		}
	}
}

// parse makes the stage of a command line.
func parse(env *stage.Env, args ...string) (stage.Stage, error) {
	fs := pflag.NewFlagSet("file", pflag.ContinueOnError)
	mk := New(fs)
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	return mk(env, fs.Args())
}

// quick is a pace that tests need not wait for. A scan is rare: what they test is
// told by watches, or else by polling.
var quick = pace{
	tick: 5 * time.Millisecond, scan: time.Hour, grace: 100 * time.Millisecond,
	settle: 200 * time.Millisecond, hole: 100 * time.Millisecond,
	linger: time.Hour, deleted: time.Hour,
}

// start runs heka-tail on args in dir.
func start(t *testing.T, dir string, p pace, args ...string) *tailer {
	t.Helper()
	return startOn(t, os.Stdin, dir, p, 0, args...)
}

// pipeTailer runs heka-tail with a standard input.
func pipeTailer(t *testing.T, stdin *os.File, args ...string) *tailer {
	t.Helper()
	return startOn(t, stdin, t.TempDir(), quick, 0, args...)
}

// limited runs heka-tail --limit n on args in dir.
func limited(t *testing.T, dir string, n int64, args ...string) *tailer {
	t.Helper()
	return startEnv(t, &stage.Env{Limit: n}, os.Stdin, dir, quick, 0, args...)
}

func startOn(
	t *testing.T, stdin *os.File, dir string, p pace, budget int, args ...string,
) *tailer {
	t.Helper()
	return startEnv(t, &stage.Env{}, stdin, dir, p, budget, args...)
}

func startEnv(
	t *testing.T, env *stage.Env, stdin *os.File, dir string, p pace, budget int, args ...string,
) *tailer {
	t.Helper()
	tl := &tailer{
		t: t, dir: dir, logs: &logs{more: make(chan struct{}, 1)},
		out: make(chan got, 1<<16), stop: make(chan struct{}), ended: make(chan error, 1),
	}
	log := slog.New(slog.NewTextHandler(tl.logs, nil))
	tl.env = env
	env.Hostname, env.Stop, env.Log = "h", tl.stop, log
	for i, a := range args {
		if !strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "/") {
			args[i] = filepath.Join(dir, a)
		}
	}
	st, err := parse(tl.env, args...)
	if err != nil {
		t.Fatal(err)
	}
	tl.stage = st.(*tail)
	tl.stage.pace, tl.stage.stdin, tl.stage.budget = p, stdin, budget
	ctx, cancel := context.WithCancel(context.Background())
	tl.cancel = cancel
	ready := make(chan struct{})
	tl.stage.ready = func() { close(ready) }
	go func() {
		err := st.Run(ctx, nil, tl)
		if serr := tl.stage.Settle(); err == nil {
			err = serr
		}
		tl.ended <- err
	}()
	if tl.stage.opt.follow {
		select {
		case <-ready:
		case err := <-tl.ended:
			tl.ended = nil
			t.Fatal("ended before it was ready: ", err)
		}
	}
	t.Cleanup(func() {
		cancel()
		if tl.ended != nil {
			<-tl.ended
		}
	})
	return tl
}

// want waits for messages, each its payload quoted and its fields.
func (tl *tailer) want(want ...string) []got {
	tl.t.Helper()
	var all []got
	over := time.After(deadline)
	for i, w := range want {
		select {
		case g := <-tl.out:
			if g.String() != w {
				tl.t.Fatalf("message %d: got %s, want %s", i, g, w)
			}
			all = append(all, g)
		case <-over:
			tl.t.Fatalf("message %d: %s did not come; log:\n%s", i, w, tl.logs)
		}
	}
	return all
}

// end waits for the end, and wants nothing more to come.
func (tl *tailer) end(want error) {
	tl.t.Helper()
	select {
	case err := <-tl.ended:
		tl.ended = nil
		if err != want {
			tl.t.Fatalf("ended with %v, want %v", err, want)
		}
	case <-time.After(deadline):
		tl.t.Fatal("does not end")
	}
	select {
	case g := <-tl.out:
		tl.t.Errorf("%s came as well", g)
	default:
	}
}

// finish stops the source and wants nothing more than these.
func (tl *tailer) finish(want ...string) {
	tl.t.Helper()
	close(tl.stop)
	tl.want(want...)
	tl.end(nil)
}

func (tl *tailer) path(name string) string { return filepath.Join(tl.dir, name) }

// write writes text to a new file.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// add opens a file and appends text to it.
func add(t *testing.T, path, text string) {
	t.Helper()
	f := open(t, path)
	put(t, f, text)
	f.Close()
}

func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func put(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// both runs a test with watches and with polling.
func both(t *testing.T, f func(t *testing.T, flags ...string)) {
	t.Run("watch", func(t *testing.T) { f(t, "-f") })
	t.Run("poll", func(t *testing.T) { f(t, "-f", "--poll") })
}
