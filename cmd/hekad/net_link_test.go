package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heka/lib/oracle"
	"heka/lib/peer/peertest"
)

// TestLinked has one daemon send to another what it reads from a log that is rotated, over
// a link that is cut, late and half open, while both daemons are killed now and then. All
// lines come, in order, and what comes twice is the same message.
func TestLinked(t *testing.T) {
	t.Parallel()
	ca := peertest.New(t)
	cert := ca.Issue(t, "both", time.Now().Add(time.Hour))
	tls := " --cert " + cert + " --key " + cert + " --ca " + ca.File
	f := func(name, flags, near, far string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			linked(t, flags, near, far)
		})
	}
	f("spool", "", `spool = "64MiB"`, "")
	f("tls", tls, `spool = "64MiB"`, `isolate = true`)
	if faults {
		f("queue", "", `queue = "1MiB"`, "")
		f("isolated", tls, `isolate = true`, "")
	}
}

// linked runs one case of TestLinked: flags are those of both ends, near and far are keys
// of their nodes.
func linked(t *testing.T, flags, near, far string) {
	s := newScene(t)
	at := unused(t)
	h := newHarm()
	p := newProxy(t, at, h.next)
	s.file("near/hekad.toml", fmt.Sprintf(`
[app]
run = "heka-tail -f --from-start ../logs/app.log"
[link]
run = "heka-out heka://%s --timeout 500ms %s"
from = "app"
%s
`, p.addr(), flags, near))
	s.file("far/hekad.toml", fmt.Sprintf(`
[in]
run = "heka-tail heka://%s --timeout 500ms %s"
%s
[store]
run = "heka-out out.heka"
from = "in"
`, at, flags, far))
	s.log("app", oracle.Create, oracle.Double, oracle.Late)
	s.sink("far/out.heka")
	s.write("app", 1)
	from, to := s.runIn("near", ""), s.runIn("far", "")
	to.come("far/out.heka")
	s.begin(oracle.Plan{Rate: 2000, Every: 300 * time.Millisecond})
	random := rand.New(rand.NewPCG(seed, 1))
	for i := range full(7, 200) {
		pause := 200*time.Millisecond + time.Duration(random.Int64N(int64(full(600*time.Millisecond, 3*time.Second))))
		from.lives(pause)
		if i%3 != 1 {
			to.kill()
			to = s.runIn("far", "")
		}
		if i%3 != 0 {
			from.kill()
			from = s.runIn("near", "")
		}
	}
	h.calm.Store(true)
	s.quiet()
	to.come("far/out.heka")
	from.stop()
	to.stop()
	s.nobody()
	r := s.well("far/out.heka", oracle.Allow{Repeats: true, Damage: true})
	t.Logf("%d lines over %d connections; %d came again, at most %d in a row", r.Wrote, p.count.Load(), r.Duplicate, r.LongestRun)
	if p.count.Load() < 5 {
		t.Error("the link was not harmed")
	}
}

// harms does all harm there is, by chance, until all is calm.
type harms struct {
	calm atomic.Bool

	mu     sync.Mutex
	random *rand.Rand
}

func newHarm() *harms { return &harms{random: rand.New(rand.NewPCG(seed, 2))} }

// next returns what is done to the next connection.
func (h *harms) next(int) harm {
	if h.calm.Load() {
		return harm{}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	x := harm{reset: h.random.IntN(2) == 0, hole: h.random.IntN(5) == 0}
	if h.random.IntN(3) == 0 {
		x.back = 1 + h.random.Int64N(2000)
	} else {
		x.there = 1 + h.random.Int64N(300_000)
	}
	if h.random.IntN(3) == 0 {
		x.delay, x.piece = time.Duration(h.random.IntN(2000))*time.Microsecond, 1+h.random.IntN(20_000)
	}
	return x
}

// TestLinkAskew: who has no certificate of theirs, or one of somebody else, sends nothing,
// and is told why; nothing is lost by that.
func TestLinkAskew(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ca, other := peertest.New(t), peertest.New(t)
	cert, theirs := ca.Issue(t, "both", time.Now().Add(time.Hour)), other.Issue(t, "them", time.Now().Add(time.Hour))
	s.config(fmt.Sprintf(`
[in]
run = "heka-tail heka://127.0.0.1:0 --cert %s --key %s --ca %s"
[store]
run = "heka-out all.heka"
from = "in"
`, cert, cert, ca.File))
	p := s.runIn("", "")
	at := p.listens("in")
	f := func(payload string, flags ...string) int {
		words := append([]string{"heka-out", "heka://" + at, "--give-up", "1s"}, flags...)
		status, out := s.command(payload+"\n", words...)
		if status != 0 && !strings.Contains(out, "TLS") && !strings.Contains(out, "heka://"+at) {
			t.Errorf("%v: %s", words, out)
		}
		return status
	}
	if f("theirs", "--cert", theirs, "--key", theirs, "--ca", ca.File) == 0 {
		t.Error("a certificate of somebody else was taken")
	}
	if f("plain") == 0 {
		t.Error("no TLS was taken")
	}
	if f("ours", "--cert", cert, "--key", cert, "--ca", ca.File) != 0 {
		t.Error("our certificate was refused")
	}
	s.have("ours")
	if got := s.payloads("all.heka"); got != "ours" {
		t.Errorf("all.heka has %q", got)
	}
	p.stop()
}
