package client

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/api/apitest"
)

// terminal is a pseudo terminal, and what was written to it.
type terminal struct {
	t      *testing.T
	master *os.File
	slave  *os.File
	mu     sync.Mutex
	text   strings.Builder
	more   chan struct{} // there is more text
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	term := &terminal{t: t, master: master, slave: slave, more: make(chan struct{}, 1)}
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			term.mu.Lock()
			term.text.Write(buf[:n])
			term.mu.Unlock()
			select {
			case term.more <- struct{}{}:
			default:
			}
		}
	}()
	t.Cleanup(func() {
		slave.Close() // the last one: the master's read ends
		wg.Wait()
		master.Close()
	})
	return term
}

func (p *terminal) resize(width, height uint16) {
	p.t.Helper()
	if err := unix.IoctlSetWinsize(int(p.slave.Fd()), unix.TIOCSWINSZ,
		&unix.Winsize{Row: height, Col: width}); err != nil {
		p.t.Fatal(err)
	}
}

// await waits until there is text behind what was there before, and returns what stands
// up to it.
func (p *terminal) await(text string) string {
	p.t.Helper()
	deadline := time.After(time.Minute)
	for {
		p.mu.Lock()
		all := p.text.String()
		before, after, ok := strings.Cut(all, text)
		if ok {
			p.text.Reset()
			p.text.WriteString(after)
		}
		p.mu.Unlock()
		if ok {
			return before
		}
		select {
		case <-p.more:
		case <-deadline:
			p.t.Fatalf("%q did not come, but %q", text, all)
		}
	}
}

func (p *terminal) press(keys string) { p.master.WriteString(keys) }

// TestTopLive runs top on a terminal: keys, a resize, a daemon that goes and comes, and
// the terminal as it was in the end.
func TestTopLive(t *testing.T) {
	d := &apitest.Daemon{OnStatus: clock(troubled)}
	state, s := serve(t, d)
	term := newTerminal(t)
	term.resize(100, 20)
	before, err := unix.IoctlGetTermios(int(term.slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	status := make(chan int)
	errs := output(t)
	go func() {
		status <- execute(context.Background(), Options{Stdin: term.slave, Stdout: term.slave, Stderr: errs},
			[]string{"top", "--every", "50ms", "--color", "never", "--state", state})
	}()
	term.await(alternate)
	term.await("hekad 4242 on web1  not ready")
	term.await("store   stuck")
	term.press("?")
	term.await("sort by a neighbour")
	term.press("x")
	term.await("store   stuck")
	term.press("R") // the other way round: mail stands first
	term.await("blocked")
	term.await("mail    failed")
	term.resize(30, 6)
	unix.Kill(os.Getpid(), unix.SIGWINCH)
	term.await("1-3 of 4")
	s.Close()
	term.await("no daemon runs in")
	s2, err := api.Serve(context.Background(), d, api.ServeOptions{State: state})
	if err != nil {
		t.Fatal(err)
	}
	defer s2.Close()
	term.await("1-3 of 4")
	term.press("q")
	select {
	case code := <-status:
		if text := content(t, errs); code != 0 || text != "" {
			t.Errorf("status %d, %s", code, text)
		}
	case <-time.After(time.Minute):
		t.Fatal("q does not quit")
	}
	term.await(original)
	after, err := unix.IoctlGetTermios(int(term.slave.Fd()), unix.TCGETS)
	if err != nil || *before != *after {
		t.Errorf("the terminal is not as it was: %+v, before %+v, %v", after, before, err)
	}
}

// TestTopCount ends by itself, and when its context does.
func TestTopCount(t *testing.T) {
	state, _ := serve(t, &apitest.Daemon{OnStatus: clock(quiet)})
	f := func(ctx context.Context, args ...string) {
		t.Helper()
		term := newTerminal(t)
		term.resize(80, 24)
		errs := output(t)
		code := execute(ctx, Options{Stdin: term.slave, Stdout: term.slave, Stderr: errs},
			append([]string{"top", "--state", state}, args...))
		if text := content(t, errs); code != 0 || text != "" {
			t.Errorf("status %d, %s", code, text)
		}
		term.await(alternate)
		term.await(original)
	}
	f(context.Background(), "--count", "3", "--every", "50ms")
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	f(ctx)
}

// TestPsTerminal wants a table that fits the terminal.
func TestPsTerminal(t *testing.T) {
	state, _ := serve(t, &apitest.Daemon{OnStatus: clock(troubled)})
	term := newTerminal(t)
	term.resize(60, 24)
	code := execute(context.Background(), Options{Stdin: term.slave, Stdout: term.slave, Stderr: output(t)},
		[]string{"ps", "--over", "1ms", "--color", "never", "--state", state})
	if code != 1 {
		t.Errorf("status %d", code)
	}
	text := term.await("\r\n\r\n")
	for _, l := range strings.Split(text, "\r\n") {
		if len(l) > 60 {
			t.Errorf("%d columns: %s", len(l), l)
		}
	}
	if !strings.Contains(text, "stuck") || !strings.Contains(text, "in/s") {
		t.Errorf("%s", text)
	}
}

// TestTapTerminal shows text on a terminal, in which nothing acts.
func TestTapTerminal(t *testing.T) {
	state, _ := serve(t, tapped(false, apitest.Read{Records: record("one\x1b[2J")}))
	term := newTerminal(t)
	term.resize(80, 24)
	code := execute(context.Background(), Options{Stdin: term.slave, Stdout: term.slave, Stderr: output(t)},
		[]string{"tap", "x", "--color", "never", "--state", state})
	if code != 0 {
		t.Errorf("status %d", code)
	}
	term.await(`12:00:00.000 test one\x1b[2J`)
}
