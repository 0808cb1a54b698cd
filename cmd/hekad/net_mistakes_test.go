package main

import (
	"net"
	"strings"
	"testing"
)

// taken returns an address at which somebody else listens until free is called.
func taken(t *testing.T) (at string, free func()) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln.Addr().String(), func() { ln.Close() }
}

// TestUnopened: addresses that somebody else has, keys and certificates that are of no use.
// They end a start, or refuse a reload, and check finds them.
func TestUnopened(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	at, _ := taken(t)
	s.secret("keys", keyFile)
	s.secret("bad.keys", "ops_1\n")
	s.secret("token", strings.Repeat("x", 40))
	s.secret("bad.pem", "no certificate")
	const inUse = "address already in use"
	f := func(run, check int, text, global, in string) {
		t.Helper()
		if in == "" {
			in = "heka-tail heka://127.0.0.1:0"
		}
		s.file("bad.toml", "[hekad]\nkeys = 'keys'\n"+global+"\n[in]\nrun = '"+in+"'\n[store]\nrun = 'heka-out x.heka'\nfrom = 'in'\n")
		if run != 0 {
			s.wants(run, text, "hekad", "run", "--state", "other", "bad.toml")
		}
		s.wants(check, text, "hekad", "check", "--state", "other", "bad.toml")
	}
	f(69, 69, "[hekad] listen: listen tcp "+at+": bind: "+inUse, "listen = '"+at+"'\ntoken_file = 'token'", "")
	f(69, 69, "[hekad] control_listen: listen tcp "+at+": bind: "+inUse, "control = 'ops'\ncontrol_listen = '"+at+"'", "")
	f(78, 78, "[hekad] control_cert", "control = 'ops'\ncontrol_listen = '127.0.0.1:0'\ncontrol_cert = 'bad.pem'", "")
	f(78, 78, "bad.keys: line 1 is no SIGNER_VERSION and KEY", "control = 'ops'\n#", "heka-tail heka://127.0.0.1:0 --keys bad.keys")
	f(78, 78, "--keys: open none: no such file", "", "heka-tail heka://127.0.0.1:0 --keys none")
	f(78, 78, "--cert none --key none", "", "heka-tail heka://127.0.0.1:0 --cert none --key none")
	f(78, 78, "bad.pem", "", "heka-tail heka://127.0.0.1:0 --cert bad.pem --key bad.pem")
	f(78, 78, "bad.toml:6:2: [more] listens at 127.0.0.1:5999, and so does [in]\n    give one of them another", "",
		"heka-tail heka://127.0.0.1:5999'\n[more]\nrun = 'heka-tail heka://127.0.0.1:5999")
	f(0, 78, "[in] can't listen tcp "+at+": bind: "+inUse, "", "heka-tail heka://"+at)
}

// TestPortTaken: a source whose port somebody else has waits, says so, and has it when it
// is free; a reload to such a port, or to a certificate of no use, leaves what ran.
func TestPortTaken(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	at, free := taken(t)
	never, _ := taken(t)
	conf := "[in]\nrun = 'heka-tail heka://" + at + "'\n[store]\nrun = 'heka-out all.heka'\nfrom = 'in'\n"
	s.config(conf)
	p := s.runIn("", "")
	s.poll("in waits", func() bool {
		n := s.node("", "in")
		why, _ := n["why"].(string)
		return n["state"] == "waiting" && strings.Contains(why, "listen on heka://"+at) && strings.Contains(why, "address already in use")
	})
	free()
	send := func(payload string) {
		t.Helper()
		if status, out := s.command(payload+"\n", "heka-out", "heka://"+at); status != 0 {
			t.Fatalf("status %d: %s", status, out)
		}
		s.have(payload)
	}
	send("one")
	s.config(strings.Replace(conf, at, never, 1))
	s.wants(78, "node in does not start: listen on heka://"+never, "hekad", "reload", "--state", "state")
	send("two")
	s.config(strings.Replace(conf, at, at+" --cert none --key none", 1))
	s.wants(78, "--cert none", "hekad", "reload", "--state", "state")
	s.config(conf + "[more]\nrun = 'heka-tail heka://" + never + "'\n")
	s.wants(78, "node more does not start", "hekad", "reload", "--state", "state")
	if n := s.node("", "more"); n != nil {
		t.Errorf("a node of a configuration that was refused: %v", n)
	}
	send("three")
	p.stop()
}
