package service

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// manager is the end of sd_notify that systemd has.
func manager(t *testing.T) *net.UnixConn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return c
}

// told reads what was sent; empty if nothing was.
func told(t *testing.T, c *net.UnixConn) string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	var b [4096]byte
	n, err := c.Read(b[:])
	if err != nil {
		return ""
	}
	return string(b[:n])
}

func TestNotifier(t *testing.T) {
	c := manager(t)
	t.Setenv("WATCHDOG_USEC", "30000000")
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	n, err := NewNotifier()
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} {
		if v, ok := os.LookupEnv(name); ok {
			t.Errorf("%s=%s is left for children", name, v)
		}
	}
	want := func(want string) {
		t.Helper()
		got := regexp.MustCompile(`MONOTONIC_USEC=[1-9]\d+`).ReplaceAllString(told(t, c), "MONOTONIC_USEC=N")
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	n.Ready("5 nodes run")
	want("READY=1\nSTATUS=5 nodes run")
	n.Status("5 nodes run")
	want("")
	n.Status("store: no progress\nfor 31 s")
	want("STATUS=store: no progress for 31 s")
	n.Reloading()
	want("RELOADING=1\nMONOTONIC_USEC=N\nSTATUS=reloading")
	n.Ready("6 nodes run")
	want("READY=1\nSTATUS=6 nodes run")
	if n.Watchdog() != 30*time.Second {
		t.Errorf("watchdog %v", n.Watchdog())
	}
	for s := range 31 {
		n.Alive(noon.Add(time.Duration(s) * time.Second))
	}
	for range 4 { // at 0, 10, 20 and 30 s
		want("WATCHDOG=1")
	}
	want("")
	n.Alive(noon.Add(-time.Hour)) // the clock was set back
	want("WATCHDOG=1")
	n.Stopping(10 * time.Second)
	want("STOPPING=1\nEXTEND_TIMEOUT_USEC=15000000\nSTATUS=delivering what was read")
}

func TestNotifierAlone(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	n, err := NewNotifier()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []*Notifier{n, nil} {
		n.Ready("x")
		n.Reloading()
		n.Status("x")
		n.Alive(noon)
		n.Stopping(0)
		n.Close()
	}
	t.Setenv("NOTIFY_SOCKET", "/nothing/there")
	if n, err = NewNotifier(); err == nil {
		t.Error("no error for a socket that is not there")
	}
	n.Ready("x")
	t.Setenv("NOTIFY_SOCKET", "")
	t.Setenv("WATCHDOG_USEC", "soon")
	if n, err = NewNotifier(); err == nil || n == nil {
		t.Errorf("%v %v", n, err)
	}
}

// TestWatchdogOfAnother wants the watchdog of another process to be none of ours.
func TestWatchdogOfAnother(t *testing.T) {
	c := manager(t)
	t.Setenv("WATCHDOG_USEC", "30000000")
	t.Setenv("WATCHDOG_PID", "1")
	n, err := NewNotifier()
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if n.Alive(noon); told(t, c) != "" || n.Watchdog() != 0 {
		t.Error("it was told of life")
	}
}

// showSockets is the child of TestSockets: it says what it was passed, and answers a
// connection on each.
func showSockets() {
	s, err := Inherit()
	fmt.Println("error:", err)
	fmt.Println("left:", os.Getenv("LISTEN_FDS")+os.Getenv("LISTEN_PID")+os.Getenv("LISTEN_FDNAMES"))
	for range 2 { // a second time, as after a reload
		all, err := s.Named(Control)
		fmt.Println(len(all), err)
		for _, l := range all {
			answer(l)
		}
	}
	fmt.Println("unused:", s.Unused())
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		l, err := s.At("tcp", in.Text())
		if l == nil {
			fmt.Println("none", err)
			continue
		}
		answer(l)
	}
	fmt.Println("unused:", s.Unused())
	s.Close()
}

func answer(l net.Listener) {
	c, err := l.Accept()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Fprint(c, l.Addr().Network())
	c.Close()
	l.Close()
}

func TestSockets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control.sock")
	control, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	control.SetUnlinkOnClose(false)
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	// LISTEN_PID is the child's own, which a shell knows before it becomes it.
	cmd := child(t, "sockets", "/bin/sh", "-c", `LISTEN_PID=$$ exec "$0"`)
	cmd.Env = append(cmd.Env, "LISTEN_FDS=3", "LISTEN_FDNAMES=control:heka:syslog")
	for _, k := range []interface{ File() (*os.File, error) }{control, tcp.(*net.TCPListener), udp} {
		f, err := k.File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	addr := tcp.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	cmd.Stdin = strings.NewReader(strings.Join([]string{
		addr, "localhost:" + port, ":" + port, "127.0.0.1:1", "10.0.0.1:" + port, "",
	}, "\n"))
	control.Close()
	tcp.Close()
	udp.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for _, a := range [][2]string{{"unix", path}, {"unix", path}, {"tcp", addr}, {"tcp", addr}} {
		c, err := net.Dial(a[0], a[1])
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(c); string(b) != a[0] {
			t.Errorf("%v: %q %v", a, b, err)
		}
		c.Close()
	}
	b, err := io.ReadAll(out)
	if werr := cmd.Wait(); err != nil || werr != nil {
		t.Fatal(err, werr)
	}
	got := regexp.MustCompile(`: file file.*`).ReplaceAllString(string(b), "")
	want := "error: socket syslog is none that listens for connections\nleft: \n1 <nil>\n1 <nil>\n" +
		"unused: [heka]\nnone <nil>\nnone <nil>\nnone <nil>\nunused: []\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestSocketsNone(t *testing.T) {
	t.Setenv("LISTEN_FDS", "")
	s, err := Inherit()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Sockets{s, nil} {
		all, err := s.Named(Control)
		l, err2 := s.At("tcp", ":5565")
		if len(all) != 0 || l != nil || err != nil || err2 != nil || s.Unused() != nil {
			t.Errorf("%v %v %v %v", all, l, err, err2)
		}
		s.Close()
	}
}

func TestSameAddress(t *testing.T) {
	f := func(have, want string, same bool) {
		t.Helper()
		a, err := net.ResolveTCPAddr("tcp", have)
		if err != nil {
			t.Fatal(err)
		}
		if got := sameAddress(a, want); got != same {
			t.Errorf("%s, %s: %v", have, want, got)
		}
	}
	f("0.0.0.0:5565", ":5565", true)
	f("[::]:5565", ":5565", true)
	f("127.0.0.1:5565", ":5565", false)
	f("127.0.0.1:5565", "localhost:5565", true)
	f("[::1]:5565", "localhost:5565", true)
	f("[::1]:5565", "[::1]:5565", true)
	f("[::ffff:10.0.0.1]:1", "10.0.0.1:1", true)
	f("10.0.0.1:1", "10.0.0.2:1", false)
	f("10.0.0.1:1", "10.0.0.1", false)
	f("10.0.0.1:1", "name.example:1", false)
}
