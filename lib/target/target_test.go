package target

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heka/lib/frame"
	"heka/lib/msg"
)

func record(ns int64, payload string) []byte {
	m := msg.Message{Timestamp: ns, Payload: payload, Severity: 6}
	return m.Append(nil)
}

func parse(t *testing.T, spec string) Target {
	t.Helper()
	tg, err := Parse(spec, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if tg.String() != spec {
		t.Errorf("%q became %q", spec, tg.String())
	}
	return tg
}

func TestParseErrors(t *testing.T) {
	f := func(spec, want string) {
		t.Helper()
		if _, err := Parse(spec, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", spec, err)
		}
	}
	f("", "the target is empty")
	f("|", "no command")
	f("| ", "no command")
	f("a\x00b", "byte 0")
	f("dir/", "name a file in it")
	f("tcp:localhost", "want tcp:HOST:PORT")
	f("tcp::80", "want tcp:HOST:PORT")
	f("unix:", "want unix:PATH")
	f("unix:"+strings.Repeat("x", 108), "at most 107")
	f("tpc:localhost:80", "no target tpc:")
	f("http://localhost/", "no target http:")
}

func TestNothingIsOpenedUnused(t *testing.T) {
	dir := t.TempDir()
	specs := []string{dir + "/a", dir + "/a.heka", "|touch " + dir + "/b", "tcp:127.0.0.1:1"}
	for _, spec := range specs {
		tg := parse(t, spec)
		if err := errors.Join(tg.Flush(ctx), tg.Close(ctx)); err != nil {
			t.Error(err)
		}
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) > 0 {
		t.Error(names, err)
	}
}

func TestCapture(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out.heka")
	for range 2 { // a capture may be appended to
		tg := parse(t, name)
		for i := range 3 {
			if err := tg.Write(ctx, record(int64(i), "hello")); err != nil {
				t.Fatal(err)
			}
		}
		if err := tg.Close(ctx); err != nil {
			t.Fatal(err)
		}
	}
	b := []byte(content(t, name))
	if b[1] != frame.KindBlock {
		t.Errorf("not a block: %q", b[:8])
	}
	r := frame.NewReader(bytes.NewReader(b), frame.Options{})
	n := 0
	for {
		_, off, err := r.Read(nil, nil)
		n += len(off)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if n != 6 || r.Stats.Damaged != 0 {
		t.Errorf("%d records, %+v", n, r.Stats)
	}
}

func TestPackers(t *testing.T) {
	f := func(p Packer) {
		t.Helper()
		raw := bytes.Repeat(record(5, strings.Repeat("text ", 20)), 50)
		one, err := p.Pack([]byte("x"), raw)
		if err != nil || one[0] != 'x' || len(one) > len(raw)+100 {
			t.Errorf("%v, %d bytes", err, len(one))
		}
		two, err := p.Pack(nil, raw)
		if err != nil || !bytes.Equal(one[1:], two) {
			t.Errorf("the second unit differs: %v", err)
		}
	}
	for l := None; l <= Best; l++ {
		f(NewBlocks(l))
		f(NewGzip(l))
		f(NewZstd(l))
	}
	if _, ok := LevelNamed("fastest"); ok {
		t.Error("fastest is a level")
	}
	if l, ok := LevelNamed("best"); !ok || l != Best {
		t.Error("best is no level")
	}
}

func TestCommand(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	f := func(text, want string) {
		t.Helper()
		tg := parse(t, "|"+text)
		err := tg.Write(ctx, []byte("hello\n"))
		if err == nil {
			err = tg.Close(ctx)
		}
		if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	f("cat >"+name, "")
	if got := content(t, name); got != "hello\n" {
		t.Errorf("%q", got)
	}
	f("cat >/dev/null; exit 3", `command "cat >/dev/null; exit 3": exit status 3`)
	f("exec kill -9 $$", `command "exec kill -9 $$": signal: killed`)
}

func TestCommandThatEndsEarly(t *testing.T) {
	tg := parse(t, "|exec true")
	var err error
	for range 10000 { // more than a pipe holds
		if err = tg.Write(ctx, bytes.Repeat([]byte("x"), 1000)); err != nil {
			break
		}
	}
	if err == nil || err.Error() != `command "exec true": it ended before its input did` {
		t.Error(err)
	}
	if err := tg.Close(ctx); err != nil {
		t.Error(err)
	}
}

func TestCommandIsKilled(t *testing.T) {
	name := filepath.Join(t.TempDir(), "started")
	tg := parse(t, "|echo >"+name+"; sleep 1000 & sleep 1000")
	short, cancel := context.WithCancel(ctx)
	go func() {
		for {
			if _, err := os.Stat(name); err == nil {
				cancel()
				return
			}
		}
	}()
	for {
		if err := tg.Write(short, make([]byte, 4096)); err != nil {
			if err != context.Canceled {
				t.Error(err)
			}
			break
		}
	}
	if err := tg.Close(short); err != context.Canceled {
		t.Error(err)
	}
}

func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// serve reads all of one connection.
func serve(l net.Listener) chan string {
	got := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			got <- err.Error()
			return
		}
		defer c.Close()
		b, _ := io.ReadAll(c)
		got <- string(b)
	}()
	return got
}

func TestSocket(t *testing.T) {
	f := func(l net.Listener, spec string) {
		t.Helper()
		got := serve(l)
		tg := parse(t, spec)
		if err := tg.Write(ctx, []byte("hello ")); err != nil {
			t.Fatal(err)
		}
		if err := tg.Write(ctx, []byte("world")); err != nil {
			t.Fatal(err)
		}
		if err := tg.Close(ctx); err != nil {
			t.Fatal(err)
		}
		if s := <-got; s != "hello world" {
			t.Errorf("%q", s)
		}
	}
	name := filepath.Join(t.TempDir(), "s")
	f(listen(t, "unix", name), "unix:"+name)
	l := listen(t, "tcp", "127.0.0.1:0")
	f(l, "tcp:"+l.Addr().String())
}

func TestSocketConnectsAgain(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0")
	tg := parse(t, "tcp:"+l.Addr().String())
	accepted := make(chan net.Conn, 1)
	go func() { c, _ := l.Accept(); accepted <- c }()
	if err := tg.Write(ctx, []byte("one")); err != nil {
		t.Fatal(err)
	}
	c := <-accepted
	io.ReadFull(c, make([]byte, 3))
	c.Close()
	for !gone(tg.(*socket).conn) { // until the system knows
	}
	got := serve(l)
	if err := tg.Write(ctx, []byte("two")); err != nil {
		t.Fatal(err)
	}
	if err := tg.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "two" {
		t.Errorf("%q", s)
	}
}

func TestSocketGivesUp(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0")
	address := l.Addr().String()
	tg := parse(t, "tcp:"+address)
	accepted := make(chan net.Conn, 1)
	go func() { c, _ := l.Accept(); accepted <- c }()
	if err := tg.Write(ctx, []byte("one")); err != nil {
		t.Fatal(err)
	}
	l.Close()
	(<-accepted).Close()
	s := tg.(*socket)
	for !gone(s.conn) {
	}
	s.wait = 1
	err := tg.Write(ctx, []byte("two"))
	var op *net.OpError
	if !errors.Is(err, ErrUnreachable) || !errors.As(err, &op) {
		t.Error(err)
	}
	if err := tg.Close(ctx); err != nil {
		t.Error(err)
	}
	err = parse(t, "tcp:"+address).Write(ctx, []byte("x"))
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "connection refused") {
		t.Error(err)
	}
}
