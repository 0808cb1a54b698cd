package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"heka/lib/oracle"
)

// hungryScript takes more memory than its process may have, at lines that say so.
const hungryScript = `
require "string"
function process_message()
	if string.find(read_message("Payload"), "^poison") then
		local s = string.rep("0123456789", 1e8)
		return #s > 0 and 0 or -1
	end
	return 0
end
`

// TestPoison is F07: a message at which the process of a node dies each time goes to the
// dead letters. What comes before and behind it is delivered, and other nodes do not
// notice.
func TestPoison(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.file("hungry.lua", hungryScript)
	s.config(`
[app]
run = "heka-tail -f --from-start logs/app.log"
[bad]
run = "heka-tail -f --from-start bad.log"
[hungry]
run = "heka-decode lua hungry.lua --memory 0 --instructions 0"
from = ["app", "bad"]
isolate = true
memory = "384MiB"
[out]
run = "heka-out out.heka"
from = ["hungry"]
[other]
run = "heka-out other.heka"
from = ["app"]
[events]
run = "heka-out events.json"
match = "Logger == 'hekad'"
`)
	s.log("app", oracle.Create)
	s.sink("out.heka")
	s.sink("other.heka")
	s.file("bad.log", "")
	s.write("app", 1)
	p := s.run()
	p.come("out.heka")
	p.come("other.heka")
	s.begin(oracle.Plan{Rate: 100, Every: 500 * time.Millisecond})
	s.file("bad.log", "poison 1\npoison 2\n")
	s.poll("two dead letters", func() bool {
		return bytes.Count(s.letters("hungry"), []byte("poison ")) == 2
	})
	s.quiet()
	p.come("out.heka")
	p.come("other.heka")
	s.write("app", 1)
	p.come("out.heka")
	s.poll("it is told", func() bool {
		b, _ := os.ReadFile(s.path("events.json"))
		return bytes.Contains(b, []byte(`"heka.node"`)) && bytes.Contains(b, []byte("beyond its limit"))
	})
	p.stop()
	s.nobody()
	s.well("out.heka", oracle.Allow{Repeats: true})
	s.well("other.heka", oracle.Allow{})
	dead := bytes.Count(s.letters("hungry"), []byte("\n"))
	if dead != 2 {
		t.Errorf("%d dead letters, want 2:\n%.2000s", dead, s.letters("hungry"))
	}
}

// letters returns the payloads of the dead letters of a node, a line each.
func (s *scene) letters(node string) []byte {
	b, _ := exec.Command(filepath.Join(bin, "heka-cat"), "-o", "text", s.path("state/dead/"+node+".heka")).Output()
	return b
}

// TestCrashLoop is F07: a command that ends with status 1 again and again is started
// again after longer and longer waits, and nobody else notices. A script that fails is not
// started again, and that is told.
func TestCrashLoop(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.file("crash.sh", "head -n 3 >&2\necho sorry >&2\nexit 1\n")
	s.file("fails.lua", "function process_message() error('I give up') end\n")
	s.config(`
[app]
run = "heka-tail -f --from-start logs/app.log"
[crash]
run = "sh crash.sh"
from = ["app"]
queue = "64KiB"
full = "drop-new"
[fails]
run = "heka-filter lua fails.lua"
from = ["app"]
isolate = true
[out]
run = "heka-out out.heka"
from = ["app"]
[events]
run = "heka-out events.json"
match = "Logger == 'hekad'"
`)
	s.log("app", oracle.Create)
	s.sink("out.heka")
	s.write("app", 1)
	p := s.run()
	p.come("out.heka")
	s.begin(oracle.Plan{Rate: 500, Every: 200 * time.Millisecond})
	p.lives(full(5*time.Second, 30*time.Second))
	s.quiet()
	p.come("out.heka")
	events := func() string {
		b, _ := os.ReadFile(s.path("events.json"))
		return string(b)
	}
	s.poll("it is told", func() bool {
		e := events()
		return strings.Contains(e, `"heka.node"`) && strings.Contains(e, "sorry") &&
			strings.Contains(e, `"heka.sandbox-terminated"`) && strings.Contains(e, "I give up")
	})
	// 0.1 s, 0.2 s, 0.4 s ... lie between two starts.
	restarts := s.number("crash", "restarts")
	if restarts < 3 || restarts > 12 {
		t.Errorf("started again %d times", restarts)
	}
	if n := s.number("fails", "restarts"); n != 0 {
		t.Errorf("a script that failed was started again %d times", n)
	}
	p.stop(0, 75)
	s.nobody()
	s.well("out.heka", oracle.Allow{})
}

// TestKilledChild kills the processes of nodes again and again, that of a source too:
// nothing is lost behind them, and no message is taken for what killed them.
func TestKilledChild(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.file("decode.lua", decodeScript)
	s.config(`
[app]
run = "heka-tail -f --from-start logs/app.log"
isolate = true
[mid]
run = "heka-decode lua decode.lua"
from = ["app"]
isolate = true
[out]
run = "heka-out out.heka"
from = ["mid"]
isolate = true
[spooled]
run = "heka-out spooled.heka"
from = ["mid"]
isolate = true
spool = "64MiB"
[other]
run = "heka-out other.heka"
from = ["mid"]
`)
	s.log("app", oracle.Create, oracle.Late)
	sinks := []string{"out.heka", "spooled.heka", "other.heka"}
	for _, name := range sinks {
		s.sink(name)
	}
	s.write("app", 1)
	p := s.run()
	for _, name := range sinks {
		p.come(name)
	}
	s.begin(oracle.Plan{Rate: 300, Every: 300 * time.Millisecond})
	for n := range full(12, 120) {
		node := []string{"app", "mid", "out", "spooled"}[n%4]
		syscall.Kill(p.child(node), syscall.SIGKILL)
		p.lives(500 * time.Millisecond)
	}
	s.quiet()
	for _, name := range sinks {
		p.come(name)
	}
	p.stop()
	s.nobody()
	for _, name := range sinks {
		r := s.well(name, oracle.Allow{Repeats: true, Damage: true})
		t.Logf("%s: %d lines came %d times again, at most %d in a row", name, r.Wrote, r.Duplicate, r.LongestRun)
	}
	for _, node := range []string{"app", "mid", "out", "spooled"} {
		if dead := s.letters(node); len(dead) > 0 {
			t.Errorf("%s has dead letters: %.500q", node, dead)
		}
	}
}

// TestKilledBehindFull kills the process of a node while what it emits can't go on and
// nothing more comes: none of its messages is to blame.
func TestKilledBehindFull(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.file("decode.lua", decodeScript)
	s.config(`
[hekad]
grace = "1s"
[app]
run = "heka-tail -f --from-start logs/app.log"
[mid]
run = "heka-decode lua decode.lua"
from = ["app"]
isolate = true
[far]
run = "heka-out heka://` + s.path("far.sock") + `"
from = ["mid"]
`)
	s.log("app", oracle.Create)
	s.sink("far.heka")
	s.write("app", 50)
	p := s.run()
	for range 6 {
		pid := p.child("mid")
		p.lives(300 * time.Millisecond)
		syscall.Kill(pid, syscall.SIGKILL)
	}
	s.take(p, "far")
	p.stop(0, 75)
	if r := s.well("far.heka", oracle.Allow{Repeats: true}); r.Lines == 0 {
		t.Error("nothing came")
	}
	if dead := s.letters("mid"); len(dead) > 0 {
		t.Errorf("mid has dead letters: %.500q", dead)
	}
}

// take has a program take what a daemon sends to NAME.sock to NAME.heka, until all that
// is written has come.
func (s *scene) take(p *process, name string) {
	s.t.Helper()
	defer s.taker(name).end()
	p.come(name + ".heka")
}

// TestOrphans is F08: a daemon that is killed leaves no process behind, whatever those
// that it has begun do against it; and who floods its stderr is told apart, cut short, and
// holds nobody up.
func TestOrphans(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.file("stubborn.sh", "trap '' TERM HUP INT\n(trap '' TERM; setsid sleep 1000) &\ncat > /dev/null & wait; sleep 1000\n")
	s.file("flood.sh", "head -c "+full("50000000", "1000000000")+" /dev/zero | tr '\\0' x | fold -w 99 >&2\ncat > /dev/null\n")
	s.config(`
[hekad]
grace = "1s"
[app]
run = "heka-tail -f --from-start logs/app.log"
isolate = true
[stubborn]
run = "sh stubborn.sh"
from = ["app"]
full = "drop-new"
[flood]
run = "sh flood.sh"
from = ["app"]
[out]
run = "heka-out out.heka"
from = ["app"]
isolate = true
`)
	s.log("app", oracle.Create)
	s.sink("out.heka")
	s.write("app", 1)
	for _, end := range []func(p *process){(*process).kill, func(p *process) { p.stop(0, 75) }} {
		p := s.run()
		s.begin(oracle.Plan{Rate: 200})
		s.poll("all of it runs", func() bool { return len(s.processes()) >= 8 })
		p.lives(2 * time.Second)
		s.quiet()
		p.come("out.heka")
		end(p)
		s.nobody()
		said := p.said.String()
		if n := len(said); n > mega {
			t.Errorf("%d bytes on stderr", n)
		}
		if !strings.Contains(said, `"node":"flood"`) {
			t.Errorf("nobody is named: %.500s", said)
		}
	}
	s.well("out.heka", oracle.Allow{Repeats: true, Damage: true})
}
