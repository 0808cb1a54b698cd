package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"heka/lib/peer/peertest"
)

// seenScript tells what it is given.
const seenScript = `
function process_message()
	inject_message({Type = "seen", Payload = read_message("Payload")})
	return 0
end
`

// controlled is a daemon that takes commands; what it loads may not see secrets.
const controlled = `
[hekad]
hostname       = "web1"
keys           = "keys"
control        = "ops"
control_listen = "127.0.0.1:0"
allow          = "Payload !~ /secret/"
[app]
run = "heka-tail -f --from-start app.log"
[all]
run   = "heka-out all.heka"
match = "Type == 'heka.sandbox.seen'"
[events]
run   = "heka-out -o json events.json"
from  = "hekad"
match = "Type == 'heka.control.event'"
`

// buildSbmgr builds heka-sbmgr, which is not among what heka stands in for.
var buildSbmgr = sync.OnceValue(func() error {
	args := []string{"build"}
	if raceDetector() {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "-o", bin, "../heka-sbmgr")...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
})

// manage runs heka-sbmgr against a daemon, and wants a status and a text.
func (s *scene) manage(status int, text, at string, words ...string) string {
	s.t.Helper()
	words = append(append([]string{"heka-sbmgr"}, words...),
		"--to", at, "--target", "web1", "--signer", "ops", "--key-file", "mine")
	return s.wants(status, text, words...)
}

// controls returns where a daemon takes commands.
func (p *process) controls() string { return p.says(`"msg":"taking signed commands","at":"([^"]+)"`) }

// TestControl has a daemon commanded over the network, killed, and commanded again.
func TestControl(t *testing.T) {
	t.Parallel()
	if err := buildSbmgr(); err != nil {
		t.Fatal(err)
	}
	s := newScene(t)
	s.secret("keys", keyFile)
	s.secret("mine", keyFile)
	s.secret("wrong", "ops_2 not the daemon's\n")
	s.file("seen.lua", seenScript)
	s.file("app.log", "one\na secret\ntwo\n")
	s.config(controlled)
	p := s.runIn("", "")
	at := p.controls()
	through := newProxy(t, at, unharmed)

	s.manage(0, "", at, "list")
	s.manage(0, "loaded seen\n", through.addr(), "load", "seen.lua", "--match", "TRUE")
	load := through.recorded()
	s.manage(1, "refused by web1: seen is already running; unload it, or replace it", at, "load", "seen.lua", "--match", "TRUE")
	s.manage(0, "seen", at, "list")
	s.wants(1, "refused: the signature was not accepted", "heka-sbmgr", "unload", "seen", "--to", at, "--target", "web1", "--signer", "ops", "--key-file", "wrong")
	s.wants(1, `signer "eve" may not control this daemon`, "heka-sbmgr", "unload", "seen", "--to", at, "--target", "web1", "--signer", "eve", "--key-file", "mine")
	s.wants(1, `it is for "web2"`, "heka-sbmgr", "unload", "seen", "--to", at, "--target", "web2", "--signer", "ops", "--key-file", "mine")
	s.wants(2, "want the name of one filter", "heka-sbmgr", "unload", "--to", at)
	s.wants(69, "", "heka-sbmgr", "list", "--to", unused(t), "--target", "web1", "--signer", "ops", "--key-file", "mine")
	s.file("open", keyFile)
	s.wants(78, "chmod 600", "heka-sbmgr", "list", "--to", at, "--target", "web1", "--signer", "ops", "--key-file", "open")
	if n := s.node("", "seen"); n["state"] != "running" || n["loaded"] != true || n["isolated"] != true {
		t.Errorf("the filter: %v", n)
	}

	// What it may see: what comes from now on, without secrets.
	s.append("app.log", "three\nanother secret\nfour\n")
	s.have("three", "four")

	// A replay of what loaded it, when it is gone; by the same daemon and by its successor.
	s.manage(0, "unloaded seen\n", at, "unload", "seen")
	if got := replayed(t, at, load); !strings.Contains(got, "refused") {
		t.Errorf("a replay is answered %q", got)
	}
	s.event(`"result":"done","action":"unload","signer":"ops"`)
	p.kill()
	p = s.runIn("", "")
	at = p.controls()
	if got := replayed(t, at, load); !strings.Contains(got, "refused") {
		t.Errorf("after a restart, a replay is answered %q", got)
	}
	if n := s.node("", "seen"); n != nil {
		t.Errorf("a replay has loaded a filter: %v", n)
	}

	// It survives a restart, and is bounded after that, too.
	s.manage(0, "loaded seen\n", at, "load", "seen.lua", "--match", "TRUE")
	p.kill()
	p = s.runIn("", "")
	at = p.controls()
	s.manage(0, "seen", at, "list")
	s.append("app.log", "five\na third secret\nsix\n")
	s.have("five", "six")
	if got := s.payloads("all.heka"); strings.Contains(got, "secret") {
		t.Errorf("a loaded filter was given %q", got)
	}
	// allow that is changed holds for what is loaded already.
	s.config(strings.Replace(controlled, "secret", "secret|seven", 1))
	s.wants(0, "seen changed", "hekad", "reload", "--state", "state")
	s.append("app.log", "seven\neight\n")
	s.have("eight")
	if got := s.payloads("all.heka"); strings.Contains(got, "seven") {
		t.Errorf("a loaded filter was given %q", got)
	}

	s.tapped(at)
	s.event(`"Payload":"loaded seen","Hostname":"web1"`, `"result":"unverified"`, `"result":"refused"`, `"filter":"seen"`)
	p.stop()
}

// event waits until events that have these texts were told.
func (s *scene) event(texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		s.poll("an event has "+text, func() bool {
			b, _ := os.ReadFile(s.path("events.json"))
			return strings.Contains(string(b), text)
		})
	}
}

// tapped wants commands to be seen by who taps the daemon itself.
func (s *scene) tapped(at string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, filepath.Join(bin, "hekad"), "tap", "hekad", "Type == 'heka.control.event'", "--state", "state")
	c.Dir, c.Env = s.dir, environment(s.token)
	out, err := c.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	seen := make(chan bool, 1)
	go func() {
		b, err := bufio.NewReader(out).Peek(100)
		seen <- err == nil && bytes.Contains(b, []byte("heka.control.event"))
	}()
	for { // the tap is there some time after it was started
		s.manage(0, "", at, "list")
		select {
		case ok := <-seen:
			if !ok {
				s.t.Error("no event was seen by a tap of hekad")
			}
			cancel()
			c.Wait()
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// append appends text to a file in the folder.
func (s *scene) append(name, text string) {
	s.t.Helper()
	f, err := os.OpenFile(s.path(name), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// replayed sends bytes once more, and returns what is answered.
func replayed(t *testing.T, at string, b []byte) string {
	t.Helper()
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Write(b); err != nil {
		t.Fatal(err)
	}
	conn.(*net.TCPConn).CloseWrite()
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Errorf("answer to a replay: %v", err)
	}
	return string(answer)
}

// unused returns an address at which nobody listens.
func unused(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// TestControlTLS: with a certificate commands come by TLS alone, and who sends them
// checks it.
func TestControlTLS(t *testing.T) {
	t.Parallel()
	if err := buildSbmgr(); err != nil {
		t.Fatal(err)
	}
	s := newScene(t)
	ca, other := peertest.New(t), peertest.New(t)
	cert := ca.Issue(t, "web1", time.Now().Add(time.Hour))
	s.secret("keys", keyFile)
	s.secret("mine", keyFile)
	s.config(strings.Replace(controlled, "[app]", "control_cert = '"+cert+"'\n[app]", 1))
	s.file("app.log", "")
	p := s.runIn("", "")
	at := p.controls()
	s.file("seen.lua", seenScript)
	s.manage(0, "loaded seen\n", at, "load", "seen.lua", "--match", "TRUE", "--tls", "--tls-ca", ca.File)
	s.manage(69, "", at, "list", "--timeout", "5s")
	s.manage(69, "certificate", at, "list", "--tls", "--tls-ca", other.File)
	p.stop()
}
