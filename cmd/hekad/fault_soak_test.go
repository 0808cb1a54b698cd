package main

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"heka/lib/oracle"
)

// taker is a program that takes what a daemon sends.
type taker struct{ cmd *exec.Cmd }

// taker begins to take what is sent to NAME.sock to NAME.heka.
func (s *scene) taker(name string) *taker {
	s.t.Helper()
	c := exec.Command(filepath.Join(bin, "heka"), "run",
		"heka-tail heka://"+s.path(name+".sock")+" | heka-out "+name+".heka")
	c.Dir, c.Env = s.dir, environment(s.token)
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	return &taker{c}
}

// end ends it. What it has acknowledged it has written.
func (x *taker) end() {
	if x != nil {
		x.cmd.Process.Signal(syscall.SIGTERM)
		x.cmd.Wait()
	}
}

// soakConfig is of three sources, a node that decodes, and what comes of it.
const soakConfig = `
[hekad]
grace = "2s"
[one]
run = "heka-tail -f --from-start logs/one/one.log"
[two]
run = "heka-tail -f --from-start logs/two/two.log"
isolate = true
[three]
run = "heka-tail -f --from-start logs/three/three.log | heka-decode lua decode.lua"
[mid]
run = "heka-decode lua decode.lua"
from = ["one", "two"]
isolate = true
[near]
run = "heka-out near.heka"
match = "Type == 'app.line'"
[far]
run = "heka-out heka://far.sock"
match = "Type == 'app.line'"
spool = "256MiB"
[count]
run = "heka-filter lua count.lua --save-every 1s"
match = "Type == 'app.line'"
preserve = true
isolate = true
`

// TestSoak runs a daemon for long: three sources under rotation, a node in a process of
// its own that is killed now and then, an output that is away a third of the time, and
// the daemon killed every few seconds.
func TestSoak(t *testing.T) {
	t.Parallel()
	length := 15 * time.Second
	if faults {
		length = 10 * time.Minute
		if text := os.Getenv("HEKA_SOAK"); text != "" {
			var err error
			if length, err = time.ParseDuration(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	const rate = 150
	s := newScene(t)
	s.file("decode.lua", decodeScript)
	s.file("count.lua", countScript)
	s.config(strings.Replace(soakConfig, "far.sock", s.path("far.sock"), 1))
	for _, name := range []string{"one/one", "two/two", "three/three"} {
		s.log(name, oracle.Create, oracle.Double, oracle.Late)
	}
	s.sink("near.heka")
	s.sink("far.heka")
	for name := range s.logs {
		s.write(name, 1)
	}
	p := s.run()
	p.come("near.heka")
	s.poll("the lines are counted", func() bool { return kept(t, s.path("state/lua/count.data")) == 3 })
	s.begin(oracle.Plan{Rate: rate, Every: full(500*time.Millisecond, 5*time.Second)})
	random := rand.New(rand.NewPCG(seed, 0))
	var far *taker
	peak := int64(0)
	for begun, n := time.Now(), 1; time.Since(begun) < length; n++ {
		switch {
		case n%3 == 0:
			far.end()
			far = nil
		case far == nil:
			far = s.taker("far")
		}
		p.lives(500*time.Millisecond + time.Duration(random.Int64N(int64(time.Second))))
		if node := []string{"mid", "count", "two"}[n%3]; n%2 == 0 {
			for _, pid := range p.children(node) {
				syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		p.lives(500*time.Millisecond + time.Duration(random.Int64N(int64(full(time.Second, 3*time.Second)))))
		peak = max(peak, p.memory("VmHWM"))
		p.kill()
		p = s.run()
	}
	s.quiet()
	if far == nil {
		far = s.taker("far")
	}
	p.come("near.heka")
	p.come("far.heka")
	want := s.ledger.Wrote()
	s.poll("all is counted", func() bool { return kept(t, s.path("state/lua/count.data")) >= want })
	p.stop(0, 75)
	far.end()
	s.nobody()
	for _, name := range []string{"near.heka", "far.heka"} {
		r := s.well(name, oracle.Allow{Repeats: true, Damage: true, MaxRun: rate * full[int64](60, 30)})
		t.Logf("%s: %d lines came %d times again, at most %d in a row", name, r.Wrote, r.Duplicate, r.LongestRun)
	}
	if got := kept(t, s.path("state/lua/count.data")); got != want {
		t.Errorf("%d lines were written, and %d counted", want, got)
	}
	t.Logf("%d MiB of memory at most", peak/mega)
	if peak > full[int64](400, 200)*mega {
		t.Errorf("%d MiB of memory", peak/mega)
	}
	for _, node := range []string{"one", "two", "three", "mid", "near", "far", "count"} {
		if dead := s.letters(node); len(dead) > 0 {
			t.Errorf("%s has dead letters: %.500q", node, dead)
		}
	}
}
