package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
)

// opened listens as a service manager does, and returns the descriptor and the address.
func opened(t *testing.T, network, address string) (*os.File, string) {
	t.Helper()
	ln, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	f, err := ln.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, ln.Addr().String()
}

// TestSockets hands a daemon sockets that are open before it is there, and stay open when
// it is killed: nobody is refused meanwhile.
func TestSockets(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	in, at := opened(t, "tcp", "127.0.0.1:0")
	spare, _ := opened(t, "tcp", "127.0.0.1:0")
	control, path := opened(t, "unix", s.path("api.sock"))
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	conf := "[in]\nrun = 'heka-tail heka://" + at + "'\n[store]\nrun = 'heka-out all.heka'\nfrom = 'in'\n"
	s.config(conf)
	send := func(payload string) func() {
		done := make(chan struct{})
		go func() {
			defer close(done)
			if status, out := s.command(payload+"\n", "heka-out", "heka://"+at); status != 0 || out != "" {
				t.Errorf("%s: status %d: %s", payload, status, out)
			}
		}()
		return func() { <-done }
	}
	start := func() *process { return s.runIn("", "in:control:spare", in, control, spare) }

	sent := send("early")
	p := start()
	sent()
	s.have("early")
	p.kill()
	sent = send("between")
	p = start()
	sent()
	s.have("between")

	client := http.Client{Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", path) },
	}}
	defer client.CloseIdleConnections()
	r, err := client.Get("http://hekad/readyz")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(r.Body)
	r.Body.Close()
	if r.StatusCode != 200 {
		t.Errorf("the control socket answers %d: %s", r.StatusCode, text)
	}
	s.wants(0, "in ", "hekad", "ps", "--state", "state") // its own is there as well
	p.says(`nobody listens at a socket that the service manager has opened.*"socket":"(spare)"`)

	s.config(strings.Replace(conf, at, at+" --idle 1h", 1))
	s.wants(0, "in changed", "hekad", "reload", "--state", "state")
	send("reloaded")()
	s.have("reloaded")

	s.config(strings.Replace(conf, "[store]", "isolate = true\n[store]", 1))
	s.wants(78, "the service manager has opened "+at, "hekad", "reload", "--state", "state")
	send("as before")()
	s.have("as before")
	p.stop()
}

// TestOpenSocket: a control socket that everybody could open is not served.
func TestOpenSocket(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	control, path := opened(t, "unix", s.path("api.sock"))
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	s.config("[app]\nrun = 'heka-tail -f app.log | heka-out out.heka'\n")
	p := s.runIn("", "control", control)
	p.ends(patience, 78)
	if said := p.said.String(); !strings.Contains(said, "everybody may connect") {
		t.Errorf("said %s", said)
	}
}
