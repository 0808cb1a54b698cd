package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
)

// serve starts a server of s on a port of loopback, with the real time.
func (s *scene) serve(change func(v *Server)) (address string, stop func()) {
	s.t.Helper()
	s.Now = nil
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	v := &Server{Gate: s.Gate, Handler: s, Delay: time.Millisecond, Rate: 1000}
	if change != nil {
		change(v)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := v.Serve(ctx, ln); err != nil {
			s.t.Error(err)
		}
	})
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); wg.Wait() }) }
	s.t.Cleanup(stop)
	return ln.Addr().String(), stop
}

func TestServer(t *testing.T) {
	s := newScene(t)
	address, stop := s.serve(nil)
	f := func(want string, change func(k *Client, c *Command)) {
		t.Helper()
		k := &Client{Address: address, Key: key(t, "ops_1", frame.HashSHA256)}
		c := &Command{Action: Load, Target: "web1", Config: "[a]", Script: strings.Repeat("x", 1<<20)}
		change(k, c)
		a, err := k.Do(context.Background(), c)
		got := fmt.Sprintf("%s %v %s: %s", a.Result, a.Signed, a.Hostname, a.Text)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f("done true web1: did load", func(*Client, *Command) {})
	f("done true web1: did load", func(k *Client, _ *Command) { k.Key = key(t, "ops_2", frame.HashSHA256) })
	f("refused true web1: no filter bad", func(_ *Client, c *Command) { c.Name = "bad" })
	f(`refused true web1: it is for "web2", and this daemon is "web1"`,
		func(_ *Client, c *Command) { c.Target = "web2" })
	const wrong = "unverified false web1: " + refusedSignature
	f(wrong, func(k *Client, _ *Command) { k.Key.Secret = []byte("guess") })
	f(wrong, func(k *Client, _ *Command) { k.Key.Version = 7 })
	f(wrong, func(k *Client, _ *Command) { k.Key.Signer = "nobody" })
	f(wrong, func(k *Client, _ *Command) { k.Key = key(t, "ops_1", frame.HashMD5) })
	if s.done != 3 || len(s.told) != 5 {
		t.Error(s.done, s.told)
	}
	stop()
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("it still listens")
	}
}

// TestServerReplay sends the bytes of a command again, at once and to a new process.
func TestServerReplay(t *testing.T) {
	s := newScene(t)
	address, stop := s.serve(nil)
	now := time.Now()
	c := command()
	c.Time, c.Expires = now.UnixNano(), now.Add(time.Minute).UnixNano()
	rec, err := c.Seal(key(t, "ops_1", frame.HashSHA256), "x")
	if err != nil {
		t.Fatal(err)
	}
	send := func(want Result) {
		t.Helper()
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for range 2 { // two of them, in one connection
			if _, err := conn.Write(rec); err != nil {
				t.Fatal(err)
			}
		}
		r := &reader{src: conn, max: DefaultMax}
		used := 0
		for _, want := range []Result{want, Refused} {
			body, record, err := r.next(used)
			if err != nil {
				t.Fatal(err)
			}
			used = len(record)
			v, err := viewOf(body)
			if err != nil {
				t.Fatal(err)
			}
			a, err := open(&v, c, secrets["ops_1"])
			if err != nil || a.Result != want {
				t.Errorf("%+v, %v, want %s", a, err, want)
			}
		}
	}
	send(Done)
	send(Refused)
	stop()
	s.restart()
	address, _ = s.serve(nil)
	send(Refused)
	if s.done != 1 {
		t.Error("done", s.done, "times")
	}
}

// TestServerHostile: what is sent to it ends the connection, and nothing else.
func TestServerHostile(t *testing.T) {
	s := newScene(t)
	address, _ := s.serve(func(v *Server) { v.Max = 64 << 10; v.Patience = 200 * time.Millisecond })
	f := func(text string, closing bool) {
		t.Helper()
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(time.Minute))
		if _, err := conn.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if closing {
			conn.(*net.TCPConn).CloseWrite()
		}
		if b, err := io.ReadAll(conn); err != nil && !strings.Contains(err.Error(), "reset") ||
			len(b) > 0 && !strings.Contains(string(b), refusedSignature) {
			t.Errorf("%q: %q, %v", text, b, err)
		}
	}
	f("", true)
	f("", false) // waits, and is given up
	f("GET / HTTP/1.1\r\n\r\n", false)
	f("\x1e", true)
	f("\x1e\x02\x08\x10\x1f", false) // the message does not come
	f("\x1e\x06\x08\xff\xff\xff\xff\x0f\x1f", false)
	f("\x1e\x04\x08\x81\x80\x04\x1f", false) // longer than Max
	f("\x1e\x02\x08\x03\x1fabc", false)      // no protobuf
	f("\x1e\x02\x08\x08\x1f\x80\xc4\x8c\x94\x91\xa9\xe8\xd4", false)
	if s.done != 0 {
		t.Error("done")
	}
}

// TestServerBounds: an address has so many connections, and all together so many.
func TestServerBounds(t *testing.T) {
	s := newScene(t)
	address, _ := s.serve(func(v *Server) { v.PerAddress = 2 })
	open := func() net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conn.SetDeadline(time.Now().Add(time.Minute))
		return conn
	}
	ask := func(conn net.Conn) error {
		c := command()
		c.Time, c.Expires = time.Now().UnixNano(), time.Now().Add(time.Minute).UnixNano()
		rec, err := c.Seal(key(t, "ops_1", frame.HashSHA256), "x")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(rec); err != nil {
			return err
		}
		_, _, err = (&reader{src: conn, max: DefaultMax}).next(0)
		return err
	}
	a, b := open(), open()
	if err := errors.Join(ask(a), ask(b)); err != nil {
		t.Fatal(err)
	}
	if err := ask(open()); err == nil {
		t.Error("a third one is served")
	}
	a.Close()
	for { // until its end is noticed
		if ask(open()) == nil {
			break
		}
	}
}

func TestGuests(t *testing.T) {
	g := &guests{perAddress: 1, rate: 2, burst: 3, delay: time.Second, all: map[string]*guest{}}
	now := start
	if !g.enter("a", now) || g.enter("a", now) || !g.enter("b", now) {
		t.Error("connections of an address")
	}
	for _, want := range []time.Duration{0, 0, 0, time.Second / 2, time.Second} {
		if d := g.wait("a", now); d != want {
			t.Errorf("waits %v, want %v", d, want)
		}
	}
	if d := g.wait("a", now.Add(2*time.Second)); d != 0 {
		t.Error("waits", d)
	}
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
		if d := g.failed("a"); d != want*time.Second {
			t.Errorf("delayed by %v, want %v s", d, int(want))
		}
	}
	g.passed("a")
	if d := g.failed("a"); d != time.Second {
		t.Error(d)
	}
	for range 100 {
		g.failed("a")
	}
	if d := g.failed("a"); d != maxDelay {
		t.Error(d)
	}
	g.leave("a")
	g.leave("b")
	for i := range maxGuests + 10 {
		name := fmt.Sprint(i)
		if !g.enter(name, now) {
			t.Fatal(i)
		}
		g.leave(name)
	}
	if len(g.all) > maxGuests || g.all["a"] == nil {
		t.Error("guests are not bounded, or one that fails is forgotten", len(g.all))
	}
}

// TestClient is about answers that are not the daemon's, or none.
func TestClient(t *testing.T) {
	f := func(want string, answer func(c *Command, conn net.Conn)) {
		t.Helper()
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			body, _, err := (&reader{src: conn, max: DefaultMax}).next(0)
			if err != nil {
				t.Error(err)
				return
			}
			v, err := viewOf(body)
			if err != nil {
				t.Error(err)
				return
			}
			c, err := parse(&v)
			if err != nil {
				t.Error(err)
			}
			answer(c, conn)
		})
		k := &Client{
			Address: ln.Addr().String(), Key: key(t, "ops_1", frame.HashSHA256), Timeout: time.Minute,
		}
		a, err := k.Do(context.Background(), &Command{Action: List, Target: "web1"})
		got := fmt.Sprintf("%s %v", a.Result, a.Signed)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	good := Answer{Result: Done, Text: "x", Hostname: "web1", Time: 5}
	say := func(a Answer, change func(c *Command), also func(m *msg.Message)) func(*Command, net.Conn) {
		return func(c *Command, conn net.Conn) {
			c.key = secrets["ops_1"]
			change(c)
			v, _ := msg.Parse(a.record(c)[msg.HeaderSize:])
			m := v.Message()
			also(&m)
			conn.Write(framed(m.Append(nil)))
		}
	}
	same, asIs := func(*Command) {}, func(*msg.Message) {}
	f("done true", say(good, same, asIs))
	f(ErrAnswer.Error(), say(good, func(c *Command) { c.key = []byte("guess") }, asIs))
	f(ErrAnswer.Error(), say(good, func(c *Command) { c.key = nil }, asIs))
	f(ErrAnswer.Error(), say(good, func(c *Command) { c.Nonce[0]++ }, asIs))
	f(ErrAnswer.Error(), say(good, same, func(m *msg.Message) { m.Payload = "y" }))
	f(ErrAnswer.Error(), say(good, same, func(m *msg.Message) { m.Hostname = "web2" }))
	f(ErrAnswer.Error(), say(good, same, func(m *msg.Message) { m.Timestamp++ }))
	f(ErrAnswer.Error(), say(good, same, func(m *msg.Message) { m.Type = "x" }))
	f("unverified false", say(Answer{Result: Unverified}, func(c *Command) { c.key = nil }, asIs))
	f("no answer: EOF", func(*Command, net.Conn) {})
	f("no answer: ", func(_ *Command, conn net.Conn) { conn.Write([]byte("HTTP/1.1 400\r\n")) })
	// An answer is not a command, and the other way round.
	f(ErrAnswer.Error(), func(c *Command, conn net.Conn) {
		rec, _ := c.Seal(key(t, "ops_1", frame.HashSHA256), "x")
		conn.Write(rec)
	})
}

// TestSecrets wants no key on the wire.
func TestSecrets(t *testing.T) {
	c := command()
	rec, err := c.Seal(key(t, "ops_1", frame.HashSHA256), "x")
	if err != nil {
		t.Fatal(err)
	}
	c.key = secrets["ops_1"]
	a := Answer{Result: Done}
	if all := string(rec) + string(a.record(c)) + fmt.Sprint(a); strings.Contains(all, string(secrets["ops_1"])) {
		t.Error("the key is in it")
	}
}

// TestOnce: of the same command in many connections at once, one is carried out.
func TestOnce(t *testing.T) {
	s := newScene(t)
	address, _ := s.serve(func(v *Server) { v.PerAddress = 20 })
	c := command()
	c.Time, c.Expires = time.Now().UnixNano(), time.Now().Add(time.Minute).UnixNano()
	rec, err := c.Seal(key(t, "ops_1", frame.HashSHA256), "x")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			conn.Write(rec)
			if _, _, err := (&reader{src: conn, max: DefaultMax}).next(0); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if s.done != 1 || len(s.told) != 15 {
		t.Error("done", s.done, "times, refused", len(s.told))
	}
}

// TestNotDone: what can't be noted is not carried out, and its sender hears why.
func TestNotDone(t *testing.T) {
	s := newScene(t)
	s.Nonces.step = func(string) error { return errors.New("no space left") }
	c := command()
	m := seal(t, c, "ops_1")
	v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
	if err != nil {
		t.Fatal(err)
	}
	answer, why := s.Exchange(context.Background(), s, &v, Framing{}, "")
	av, err := msg.Parse(answer[msg.HeaderSize:])
	if err != nil {
		t.Fatal(err)
	}
	a, err := open(&av, c, secrets["ops_1"])
	if err != nil || a.Result != Failed || a.Text != "nonces: no space left" || why == nil || s.done > 0 {
		t.Error(a, err, why, s.done)
	}
}
