package main

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"heka/lib/oracle"
)

// mega is 1 MiB.
const mega = 1 << 20

// TestHeldConsumer is F02: the process of a node is stopped for a while. What waits for
// it on disk holds nobody up; what waits for it in memory holds the source up, and takes
// no more than its queue. Nothing is lost or comes twice.
func TestHeldConsumer(t *testing.T) {
	t.Parallel()
	f := func(name, how string, free bool) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.config(`
[app]
run = "heka-tail -f --from-start logs/app.log"
[held]
run = "heka-out held.heka"
from = ["app"]
isolate = true
` + how + `
[other]
run = "heka-out other.heka"
from = ["app"]
queue = "1MiB"
`)
			s.log("app", oracle.Create)
			held, other := s.sink("held.heka"), s.sink("other.heka")
			s.write("app", 1)
			p := s.run()
			p.come("held.heka")
			p.come("other.heka")
			pid := p.child("held")
			syscall.Kill(pid, syscall.SIGSTOP)
			s.begin(oracle.Plan{Bytes: full(4.0, 20) * 1e6, Every: 200 * time.Millisecond})
			p.lives(full(4*time.Second, 60*time.Second))
			s.quiet()
			if free {
				p.come("other.heka")
			} else if other.Complete() {
				t.Error("a full queue holds nobody up")
			}
			if held.Complete() {
				t.Error("it was not held")
			}
			if n := p.memory("VmHWM"); n > full[int64](400, 200)*mega {
				t.Errorf("%d MiB of memory", n/mega)
			}
			syscall.Kill(pid, syscall.SIGCONT)
			p.come("held.heka")
			p.come("other.heka")
			s.write("app", 1)
			p.come("held.heka")
			if now := p.child("held"); now != pid {
				t.Errorf("another process runs: %d, %d", pid, now)
			}
			p.stop()
			s.nobody()
			s.well("held.heka", oracle.Allow{})
			s.well("other.heka", oracle.Allow{})
		})
	}
	f("spool", `spool = "1GiB"`, true)
	f("queue", `queue = "1MiB"`, false)
}

// TestDrained is F04: a daemon that is to run until its source has come to its end
// delivers all of it to a slow sink, the last line without its end too.
func TestDrained(t *testing.T) {
	t.Parallel()
	f := func(name, how string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			lines := s.lines(full(4000, 100_000))
			s.file("f", strings.TrimSuffix(string(lines), "\n"))
			s.file("slow.lua", slowScript)
			s.config(`
[app]
run = "heka-tail f"
[slow]
run = "heka-decode lua slow.lua | heka-out slow.heka"
from = ["app"]
` + how)
			s.sink("slow.heka")
			p := s.run("--until-done")
			p.ends(2 * patience)
			s.nobody()
			s.well("slow.heka", oracle.Allow{})
		})
	}
	f("queue", `queue = "64KiB"`)
	f("spool", `spool = "16MiB"`)
	f("apart", `isolate = true`)
}

// TestStopped is F05: the daemon is stopped while a sink tries for ever. Told once it
// ends when its grace is over, told twice at once, both with status 75; and what it had
// read is delivered by the next run.
func TestStopped(t *testing.T) {
	t.Parallel()
	f := func(name, grace, how string, signals int) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			config := func(sink string) {
				s.config(`
[hekad]
grace = "` + grace + `"
[app]
run = "heka-tail -f --from-start logs/app.log"
[far]
run = "` + sink + `"
from = ["app"]
` + how)
			}
			config("heka-out heka://" + s.path("nobody.sock"))
			s.log("app", oracle.Create)
			s.sink("far.heka")
			s.write("app", 1)
			p := s.run()
			s.begin(oracle.Plan{Rate: 1000, Every: 200 * time.Millisecond})
			p.lives(2 * time.Second)
			p.cmd.Process.Signal(syscall.SIGTERM)
			begun := time.Now()
			if signals == 2 {
				p.lives(time.Second)
				p.cmd.Process.Signal(syscall.SIGTERM)
			}
			p.ends(patience, 75)
			if took := time.Since(begun); signals == 2 && took > 10*time.Second {
				t.Errorf("gone after %v", took)
			}
			s.nobody()
			config("heka-out far.heka")
			p = s.run()
			s.quiet()
			p.come("far.heka")
			p.stop()
			s.nobody()
			s.well("far.heka", oracle.Allow{Repeats: true})
		})
	}
	f("once", "1s", "", 1)
	f("once, apart", "1s", "isolate = true", 1)
	f("once, spool", "1s", `spool = "64MiB"`, 1)
	f("twice", "10m", "", 2)
	f("twice, apart", "10m", "isolate = true", 2)
}

// TestReloadStorm is F06: one reload after another while a sink can't deliver. Each is
// answered by what became of it, what was right last runs at the end, and nothing is lost.
func TestReloadStorm(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	config := func(generation int, more string) {
		s.config(fmt.Sprintf(`
[hekad]
grace = "1s"
[app]
run = "heka-tail -f --from-start logs/app.log | heka-filter set .source=%d"
[mid]
run = "heka-filter set .generation=%d"
from = ["app"]
[far]
run = "heka-out heka://%s"
match = "Fields[generation] >= 0"
[near]
run = "heka-out near.heka"
match = "Fields[generation] >= 0"
spool = "64MiB"
%s`, generation/8, generation, s.path("far.sock"), more))
	}
	config(0, "")
	s.log("app", oracle.Create)
	s.sink("near.heka")
	s.sink("far.heka")
	s.write("app", 1)
	p := s.run()
	p.come("near.heka")
	s.begin(oracle.Plan{Rate: 300, Every: 200 * time.Millisecond})
	last := 0
	for n := 1; n <= full(24, 200); n++ {
		want := 0
		switch n % 4 {
		case 1:
			config(n, "")
		case 3:
			config(n, "[extra]\nrun = \"heka-filter count every 1m\"\nmatch = \"TRUE\"\n")
		case 0:
			s.config("[app]\nrun = \"heka-tail -f --from-strat logs/app.log\"\n")
			want = 78
		case 2:
			config(n, "[extra\nrun = 1")
			want = 78
		}
		status, said := s.hekad("reload", "--state", "state")
		if status != want {
			t.Errorf("reload %d: status %d, want %d: %s", n, status, want, said)
		}
		if want == 0 {
			last = n
		}
	}
	for range 20 { // and nobody waits for the answer
		p.cmd.Process.Signal(syscall.SIGHUP)
	}
	s.poll("the generation that was right last runs", func() bool {
		return strings.Contains(s.ps()+s.graph(), fmt.Sprintf(".generation=%d", last))
	})
	s.quiet()
	// What was on its way at a reload waits for far once more: until that takes it, mid may
	// wait, and near with it.
	far := s.taker("far")
	p.come("near.heka")
	p.come("far.heka")
	p.stop()
	far.end()
	s.nobody()
	for _, name := range []string{"near.heka", "far.heka"} {
		r := s.well(name, oracle.Allow{Repeats: true})
		t.Logf("%s: %d lines came %d times again, at most %d in a row", name, r.Wrote, r.Duplicate, r.LongestRun)
	}
}

// graph returns what runs.
func (s *scene) graph() string {
	_, out := s.hekad("graph", "--state", "state", "-o", "toml")
	return out
}
