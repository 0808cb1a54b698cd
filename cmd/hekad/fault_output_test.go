package main

import (
	"os"
	"testing"
	"time"

	"heka/lib/oracle"
)

// TestOutputAway has three sources and outputs that are away a third of the time: one to a
// program that is stopped, and one to a folder that is moved away. Nothing is lost, and the
// source that only the third output is given does not notice.
func TestOutputAway(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.config(`
[hekad]
grace = "2s"
[one]
run = "heka-tail -f --from-start logs/one/one.log"
[two]
run = "heka-tail -f --from-start logs/two/two.log"
[three]
run = "heka-tail -f --from-start logs/three/three.log"
[far]
run = "heka-out heka://` + s.path("far.sock") + `"
match = "Logger =~ /log$/"
[folder]
run = "heka-out out/folder.heka"
match = "Logger =~ /log$/"
spool = "64MiB"
[near]
run = "heka-out near.heka"
match = "Logger =~ /log$/"
`)
	s.file("out/here", "")
	for _, name := range []string{"one/one", "two/two", "three/three"} {
		s.log(name, oracle.Create, oracle.Late)
		s.write(name, 1)
	}
	sinks := []string{"far.heka", "out/folder.heka", "near.heka"}
	for _, name := range sinks {
		s.sink(name)
	}
	far := s.taker("far")
	p := s.run()
	for _, name := range sinks {
		p.come(name)
	}
	s.begin(oracle.Plan{Rate: 200, Every: full(500*time.Millisecond, 3*time.Second)})
	move := func(from, to string) {
		if err := os.Rename(s.path(from), s.path(to)); err != nil {
			t.Fatal(err)
		}
	}
	for range full(2, 40) {
		p.lives(time.Second)
		far.end()
		p.lives(time.Second)
		far = s.taker("far")
		move("out", "gone")
		p.lives(1500 * time.Millisecond)
		move("gone", "out")
	}
	s.quiet()
	for _, name := range sinks {
		p.come(name)
	}
	if n := p.memory("VmHWM"); n > full[int64](400, 200)*mega {
		t.Errorf("%d MiB of memory", n/mega)
	}
	p.stop()
	far.end()
	s.nobody()
	for _, name := range sinks {
		r := s.well(name, oracle.Allow{Repeats: name != "near.heka", Damage: true})
		t.Logf("%s: %d lines came %d times again, at most %d in a row", name, r.Wrote, r.Duplicate, r.LongestRun)
	}
}
