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

	"heka/lib/msg"
	"heka/lib/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// deadline is how long a test waits for what must come.
const deadline = 10 * time.Second

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
}

// Write implements stage.Writer.
func (tl *tailer) Write(b *stage.Batch) error {
	var v msg.View
	for i := range b.Off {
		b.View(i, &v)
		if err := msg.Check(v.Body()); err != nil {
			panic(err)
		}
		tl.out <- got{v.Message(), b.Ack}
	}
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

func startOn(
	t *testing.T, stdin *os.File, dir string, p pace, budget int, args ...string,
) *tailer {
	t.Helper()
	tl := &tailer{
		t: t, dir: dir, logs: &logs{more: make(chan struct{}, 1)},
		out: make(chan got, 1<<16), stop: make(chan struct{}), ended: make(chan error, 1),
	}
	tl.env = &stage.Env{Hostname: "h", Stop: tl.stop, Log: slog.New(slog.NewTextHandler(tl.logs, nil))}
	for i, a := range args {
		if !strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "/") {
			args[i] = filepath.Join(dir, a)
		}
	}
	st, err := parse(tl.env, args...)
	if err != nil {
		t.Fatal(err)
	}
	st.(*tail).pace, st.(*tail).stdin, st.(*tail).budget = p, stdin, budget
	ctx, cancel := context.WithCancel(context.Background())
	tl.cancel = cancel
	ready := make(chan struct{})
	st.(*tail).ready = func() { close(ready) }
	go func() { tl.ended <- st.Run(ctx, nil, tl) }()
	if st.(*tail).opt.follow {
		<-ready
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

func TestFollow(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		write(t, dir+"/a.log", "old\n")
		tl := start(t, dir, quick, append(flags, "a.log")...)
		add(t, tl.path("a.log"), "one\ntwo\n")
		tl.want(`"one"`, `"two"`)
		w := open(t, tl.path("a.log"))
		put(t, w, "thr")
		put(t, w, "ee\r\nfo")
		g := tl.want(`"three"`)[0]
		if g.Type != "logfile" || g.Logger != tl.path("a.log") || g.Hostname != "h" || g.Severity != 7 {
			t.Errorf("%+v", g)
		}
		if g.Uuid[6]>>4 != 8 || g.Uuid[8]>>6 != 2 {
			t.Errorf("uuid %x is not of version 8", g.Uuid)
		}
		if g.ack.Source == 0 || g.ack.To != 19 {
			t.Errorf("acknowledges %+v", g.ack)
		}
		tl.finish(`"fo" partial=true`)
	})
}

func TestStart(t *testing.T) {
	f := func(text string, flags []string, want ...string) {
		t.Helper()
		dir := t.TempDir()
		write(t, dir+"/a.log", text)
		tl := start(t, dir, quick, append(flags, "-f", "a.log")...)
		add(t, tl.path("a.log"), "new\n")
		add(t, tl.path("a.log"), "end\n")
		tl.want(append(want, `"end"`)...)
		tl.finish()
	}
	f("1\n2\n3\n", nil, `"new"`)
	f("1\n2\n3", nil, `"3new"`)
	f("", nil, `"new"`)
	f("1\n2\n3\n", []string{"-n2"}, `"2"`, `"3"`, `"new"`)
	f("1\n2\n3", []string{"-n2"}, `"2"`, `"3new"`)
	f("1\n2\n3\n", []string{"-n9"}, `"1"`, `"2"`, `"3"`, `"new"`)
	f("1\n2\n3\n", []string{"-n0"}, `"new"`)
	f("1\n2\n3\n", []string{"-n+2"}, `"2"`, `"3"`, `"new"`)
	f("1\n2\n", []string{"--from-start"}, `"1"`, `"2"`, `"new"`)
}

func TestRename(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		write(t, dir+"/a.log", "")
		tl := start(t, dir, quick, append(flags, "a.log")...)
		old := open(t, tl.path("a.log"))
		put(t, old, "1\n")
		tl.want(`"1"`)
		rename(t, tl.path("a.log"), tl.path("a.log.1"))
		put(t, old, "2\n") // the writer has not noticed
		tl.want(`"2"`)
		add(t, tl.path("a.log"), "3\n")
		tl.want(`"3"`)
		put(t, old, "4\n") // nor yet
		tl.want(`"4"`)
		add(t, tl.path("a.log"), "5\n")
		tl.want(`"5"`)
		tl.finish()
	})
}

// The end of a line in the old file and the start of one in the new never become
// one line.
func TestPartialAcrossRotation(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		p := quick
		p.grace = time.Millisecond
		tl := start(t, dir, p, append(flags, "a.log")...)
		old := open(t, tl.path("a.log"))
		put(t, old, "1\nstale-pre")
		tl.want(`"1"`)
		rename(t, tl.path("a.log"), tl.path("a.log.1"))
		add(t, tl.path("a.log"), "fixfresh\n")
		tl.want(`"stale-pre" partial=true`, `"fixfresh"`)
		put(t, old, "more\n")
		tl.want(`"more"`)
		tl.finish()
	})
}

// A line whose end comes into the renamed file is whole, and comes first.
func TestPartialEnds(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		p := quick
		p.grace = time.Hour
		tl := start(t, dir, p, append(flags, "a.log")...)
		old := open(t, tl.path("a.log"))
		put(t, old, "1\nha")
		tl.want(`"1"`)
		rename(t, tl.path("a.log"), tl.path("a.log.1"))
		add(t, tl.path("a.log"), "new\n")
		put(t, old, "lf\n")
		tl.want(`"half"`, `"new"`)
		tl.finish()
	})
}

func TestCopytruncate(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		tl := start(t, dir, quick, append(flags, "a.log")...)
		w := open(t, tl.path("a.log"))
		put(t, w, "one\ntwo\nthree\nhal")
		first := tl.want(`"one"`, `"two"`, `"three"`)
		if err := w.Truncate(0); err != nil {
			t.Fatal(err)
		}
		put(t, w, "four\n")
		second := tl.want(`"hal" partial=true`, `"four"`)[1]
		if first[0].Uuid == second.Uuid || first[0].ack.Source == second.ack.Source {
			t.Error("two generations have one identity")
		}
		if second.ack.From != 0 || second.ack.To != 5 {
			t.Errorf("acknowledges %+v", second.ack)
		}
		tl.finish()
	})
}

// A file that was truncated and has grown beyond the offset before anyone looked is
// read from its start.
func TestTruncateAndRegrow(t *testing.T) {
	dir := t.TempDir()
	p := quick
	tl := start(t, dir, p, "-f", "--poll", "a.log")
	add(t, tl.path("a.log"), "one\ntwo\n")
	tl.want(`"one"`, `"two"`)
	f := func(text string, want ...string) {
		t.Helper()
		// One call to the kernel empties the file and another fills it: the new file is
		// made elsewhere and copied over, so that looks in between are few. Either way
		// the answer must be the same.
		write(t, tl.path("a.log"), text)
		tl.want(want...)
	}
	f("first\nsecond\nthird\n", `"first"`, `"second"`, `"third"`)
	f("first\nsecond\nThird\nfourth\n", `"first"`, `"second"`, `"Third"`, `"fourth"`)
	tl.finish()
}

func TestDeleteAndRecreate(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		tl := start(t, dir, quick, append(flags, "a.log")...)
		old := open(t, tl.path("a.log"))
		put(t, old, "1\n")
		tl.want(`"1"`)
		os.Remove(tl.path("a.log"))
		put(t, old, "2\n")
		tl.want(`"2"`)
		add(t, tl.path("a.log"), "3\n")
		tl.want(`"3"`)
		tl.finish()
	})
}

func TestGlobGrows(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		tl := start(t, dir, quick, append(flags, "*.log")...)
		add(t, tl.path("a.log"), "1\n")
		tl.want(`"1"`)
		add(t, tl.path("b.txt"), "no\n")
		add(t, tl.path("b.log"), "2\n3\n")
		tl.want(`"2"`, `"3"`)
		tl.finish()
	})
}

// A file that goes from one followed name to another is read on, not again.
func TestRenameWithinGlob(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		write(t, dir+"/a.log", "")
		write(t, dir+"/a.log.1", "")
		tl := start(t, dir, quick, append(flags, "a.log*")...)
		w := open(t, tl.path("a.log"))
		put(t, w, "1\n2")
		tl.want(`"1"`)
		rename(t, tl.path("a.log.1"), tl.path("a.log.2"))
		rename(t, tl.path("a.log"), tl.path("a.log.1"))
		add(t, tl.path("a.log"), "new\n")
		tl.want(`"new"`)
		put(t, w, "3\n")
		tl.want(`"23"`)
		tl.finish()
	})
}

func TestSymlink(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir, far := t.TempDir(), t.TempDir()
		write(t, far+"/1", "")
		if err := os.Symlink(far+"/1", dir+"/a.log"); err != nil {
			t.Fatal(err)
		}
		tl := start(t, dir, quick, append(flags, "a.log")...)
		add(t, far+"/1", "1\n")
		tl.want(`"1"`)
		tl.finish()
	})
}

func TestWaits(t *testing.T) {
	dir := t.TempDir()
	tl := start(t, dir, quick, "-f", "later.log", "*.x")
	tl.logs.wait(t, "later.log does not exist yet")
	tl.logs.wait(t, "no file matches")
	add(t, tl.path("later.log"), "1\n")
	tl.want(`"1"`)
	tl.finish()
}

func TestNotFollowed(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a.gz", string(packGzip("x\n")))
	os.Mkdir(dir+"/d", 0o700)
	tl := start(t, dir, quick, "-f", "a.gz", "d", "a.log")
	tl.logs.wait(t, "compressed files are not followed")
	tl.logs.wait(t, "is a directory")
	add(t, tl.path("a.log"), "1\n")
	tl.want(`"1"`)
	tl.finish()
	for _, text := range []string{"is a directory", "compressed"} {
		if n := strings.Count(tl.logs.String(), text); n != 1 {
			t.Errorf("%q said %d times", text, n)
		}
	}
}

func TestCancel(t *testing.T) {
	dir := t.TempDir()
	tl := start(t, dir, quick, "-f", "a.log")
	add(t, tl.path("a.log"), "1\n2")
	tl.want(`"1"`)
	tl.cancel()
	tl.end(context.Canceled)
}

// Many files are followed with few descriptors, also through rotation.
func TestFewDescriptors(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		const n = 40
		name := func(i int) string { return fmt.Sprintf("%s/%d.log", dir, i) }
		for i := range n {
			write(t, name(i), "old\n")
		}
		tl := startOn(t, os.Stdin, dir, quick, 4, append(flags, dir+"/*.log")...)
		for round := range 3 {
			for i := range n {
				add(t, name(i), fmt.Sprintf("%d\n", round))
			}
			seen := map[string]bool{}
			for range n {
				g := tl.want(fmt.Sprintf("%q", fmt.Sprint(round)))[0]
				seen[g.Logger] = true
			}
			if len(seen) != n {
				t.Errorf("round %d: %d files", round, len(seen))
			}
		}
		for i := range n { // the old file has more, and is not open
			add(t, name(i), "last\n")
			rename(t, name(i), name(i)+".1")
			add(t, name(i), "new\n")
		}
		all := map[string]int{}
		for range 2 * n {
			select {
			case g := <-tl.out:
				all[g.Payload]++
			case <-time.After(deadline):
				t.Fatalf("after rotation: %v; log:\n%s", all, tl.logs)
			}
		}
		if all["last"] != n || all["new"] != n {
			t.Errorf("after rotation: %v", all)
		}
		tl.finish()
	})
}

// What lost its name is given up after a while, so that its space on disk and its
// descriptor come back.
func TestGivenUp(t *testing.T) {
	dir := t.TempDir()
	p := quick
	p.deleted = time.Millisecond
	tl := start(t, dir, p, "-f", "a.log")
	add(t, tl.path("a.log"), "1\n2")
	tl.want(`"1"`)
	os.Remove(tl.path("a.log"))
	tl.want(`"2" partial=true`)
	for over := time.Now().Add(deadline); ; {
		left := 0
		fds, _ := os.ReadDir("/proc/self/fd")
		for _, fd := range fds {
			if to, _ := os.Readlink("/proc/self/fd/" + fd.Name()); strings.HasPrefix(to, dir) {
				left++
			}
		}
		if left == 0 {
			break
		}
		if time.Now().After(over) {
			t.Fatal("the deleted file is still open")
		}
	}
	tl.finish()
}

// The order of a file is kept and nothing is lost while it is rotated often.
func TestRotatedOften(t *testing.T) {
	dir := t.TempDir()
	p := quick
	p.scan, p.grace = 20*time.Millisecond, time.Millisecond
	tl := start(t, dir, p, "-f", "a.log*")
	w := open(t, tl.path("a.log"))
	want := 0
	for i := range 2000 {
		put(t, w, fmt.Sprintf("%d\n", i))
		if i%100 == 99 {
			w.Close()
			rename(t, tl.path("a.log"), tl.path(fmt.Sprintf("a.log.%d", i)))
			w = open(t, tl.path("a.log"))
		}
	}
	last := map[uint32]int{}
	seen := map[string]bool{}
	for ; want < 2000; want++ {
		select {
		case g := <-tl.out:
			var n int
			fmt.Sscan(g.Payload, &n)
			if old, ok := last[g.ack.Source]; ok && n <= old || seen[g.Payload] {
				t.Fatalf("%d after %d", n, old)
			}
			last[g.ack.Source], seen[g.Payload] = n, true
		case <-time.After(deadline):
			t.Fatalf("%d of 2000 lines; log:\n%s", want, tl.logs)
		}
	}
	tl.finish()
}
