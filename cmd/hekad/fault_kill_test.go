package main

import (
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"heka/lib/oracle"
)

// decodeScript is a decoder that keeps the line, and what tells of lost bytes.
const decodeScript = `
function process_message()
	if read_message("Type") == "heka.gap" then return 0 end
	write_message("Type", "app.line")
	return 0
end
`

// slowScript is one that takes its time.
const slowScript = `
function process_message()
	local n = 0
	for i = 1, 300 do n = n + i % 7 end
	return 0
end
`

const countScript = `
count = count or 0
function process_message()
	count = count + 1
	return 0
end
`

// kept returns the number that a state has for count; -1 if there is none.
func kept(t *testing.T, path string) int64 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		return -1
	}
	m := regexp.MustCompile(`(?m)^_G\["count"\] = (\d+)$`).FindSubmatch(b)
	if m == nil {
		return -1
	}
	n, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestKilled is T13 and R1 of a daemon: kill -9, again and again, while lines are written
// and the file is rotated. Each sink has all lines, and what it has twice is the same
// message; a filter that keeps its state has counted each once.
func TestKilled(t *testing.T) {
	t.Parallel()
	const rate = 400
	s := newScene(t)
	s.file("decode.lua", decodeScript)
	s.file("slow.lua", slowScript)
	s.file("count.lua", countScript)
	s.config(`
[app]
run = "heka-tail -f --from-start logs/app.log"
[mid]
run = "heka-decode lua decode.lua"
from = ["app"]
[file]
run = "heka-out file.heka"
from = ["mid"]
[spooled]
run = "heka-out spooled.heka"
from = ["mid"]
spool = "64MiB"
[slow]
run = "heka-decode lua slow.lua | heka-out slow.heka"
from = ["mid"]
queue = "256KiB"
[count]
run = "heka-filter lua count.lua --save-every 1s"
match = "Type == 'app.line'"
preserve = true
[apart]
run = "heka-filter lua count.lua --save-every 1s"
match = "Type == 'app.line'"
preserve = true
isolate = true
`)
	s.log("app", oracle.Create, oracle.Double, oracle.Late, oracle.Partial)
	sinks := []string{"file.heka", "spooled.heka", "slow.heka"}
	for _, name := range sinks {
		s.sink(name)
	}
	s.write("app", 1)
	p := s.run()
	for _, name := range sinks {
		p.come(name)
	}
	s.poll("both have counted", func() bool {
		return kept(t, s.path("state/lua/count.data")) == 1 && kept(t, s.path("state/lua/apart.data")) == 1
	})
	s.begin(oracle.Plan{Rate: rate, Every: 200 * time.Millisecond})
	random := rand.New(rand.NewPCG(seed, 0))
	for range full(10, 200) {
		p.lives(300*time.Millisecond + time.Duration(random.Int64N(int64(1700*time.Millisecond))))
		p.kill()
		s.nobody()
		p = s.run()
	}
	s.quiet()
	for _, name := range sinks {
		p.come(name)
	}
	want := s.ledger.Wrote()
	for _, name := range []string{"count", "apart"} {
		s.poll(name+" has counted all", func() bool { return kept(t, s.path("state/lua/"+name+".data")) >= want })
	}
	p.stop()
	s.nobody()
	for _, name := range sinks {
		r := s.well(name, oracle.Allow{Repeats: true, Damage: true, MaxRun: rate * full[int64](60, 10)})
		t.Logf("%s: %d lines came %d times again, at most %d in a row; %d bytes of torn records",
			name, r.Wrote, r.Duplicate, r.LongestRun, r.Damage)
	}
	for _, name := range []string{"count", "apart"} {
		if got := kept(t, s.path("state/lua/"+name+".data")); got != want {
			t.Errorf("%s: %d lines were written, and %d counted", name, want, got)
		}
	}
}
