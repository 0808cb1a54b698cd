package main

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"heka/lib/oracle"
)

const countScript = `
count, bytes = count or 0, bytes or 0
function process_message()
	count = count + 1
	bytes = bytes + #read_message("Payload")
	return 0
end
`

// kept returns the number that a state has for a global; -1 if there is none.
func kept(t *testing.T, path, name string) int64 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		return -1
	}
	m := regexp.MustCompile(`(?m)^_G\["` + name + `"\] = (\d+)$`).FindSubmatch(b)
	if m == nil {
		t.Fatalf("no %s in\n%s", name, b)
	}
	n, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestLuaKilled is S05: a filter's state and the positions of what it read are of one
// moment, so that after kill -9, again and again, each line is in the state once.
func TestLuaKilled(t *testing.T) {
	s := newScene(t)
	s.log(hows(oracle.Create))
	write(t, s.path("count.lua"), []byte(countScript))
	const command = "heka run 'heka-tail -f --from-start --state s logs/app.log | " +
		"heka-filter lua count.lua --preserve count.state --save-every 1s'"
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.write(1)
	first := run(t, s.dir, command, false)
	poll(t, stuck, "a state is saved", func() bool { return kept(t, s.path("count.state"), "count") > 0 })
	first.signal(syscall.SIGTERM)
	first.wait(patience, 0)
	wrote := make(chan error, 1)
	go func() {
		wrote <- oracle.Plan{Rate: 2000, Every: 300 * time.Millisecond}.Run(ctx, s.w, s.r)
	}()
	random := rand.New(rand.NewPCG(seed, 1))
	for range full(6, 100) {
		l := run(t, s.dir, command, false)
		s.until(l, 300*time.Millisecond+time.Duration(random.Int64N(int64(2*time.Second))))
		l.signal(syscall.SIGKILL)
		l.wait(patience, -1)
		if said := l.said(); said != "" {
			t.Log(said)
		}
	}
	cancel()
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	want := s.ledger.Wrote()
	l := run(t, s.dir, command, false)
	poll(t, stuck, "all lines are counted", func() bool { return kept(t, s.path("count.state"), "count") >= want })
	l.signal(syscall.SIGTERM)
	l.wait(patience, 0)
	if got := kept(t, s.path("count.state"), "count"); got != want {
		t.Errorf("%d lines were written, and %d counted", want, got)
	}
}

// TestLuaBombs is S01 to S04 from the outside: what a script tries ends with Heka's
// text, within its time and memory, whether it is caught or not.
func TestLuaBombs(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "in.log"), []byte("one\ntwo\n"))
	secret := filepath.Join(t.TempDir(), "secret.lua")
	write(t, secret, []byte("return 'told'"))
	if err := os.Mkdir(filepath.Join(dir, "mods"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, "mods", "linked.lua")); err != nil {
		t.Fatal(err)
	}
	f := func(name, body, want string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := strings.ReplaceAll(name, " ", "_") + ".lua"
			write(t, filepath.Join(dir, script), []byte(`require "string" require "table"
				function process_message() `+body+` end`))
			l := run(t, dir, "heka-filter lua "+script+" --module-dir mods < in.log", false)
			l.lines(patience, func([]byte) bool { return true })
			l.wait(patience, 78)
			if said := l.said(); !strings.Contains(said, want) {
				t.Errorf("said %s, want %s", said, want)
			}
			l.small(128 * mega)
		})
	}
	const steps, memory = "process_message() instruction_limit exceeded", "process_message() not enough memory"
	f("loop", `while true do end`, steps)
	f("caught loop", `while true do pcall(function() while true do end end) end`, steps)
	f("format", `for i = 1, 1e9 do local s = string.format("%99d", i) end`, steps)
	f("recursion", `local function r() return pcall(r) end while true do r() end`, steps)
	f("rep", `local s = string.rep("x", 1e15)`, memory)
	f("rep in steps", `local s = "x" while true do s = string.rep(s, 10) end`, memory)
	f("doubling", `local s = "x" while true do s = s .. s end`, memory)
	f("caught doubling", `local s = "x" while true do pcall(function() s = s .. s end) end`, memory)
	f("table", `local t = {} local i = 0 while true do i = i + 1 t[i] = {i} end`, memory)
	f("upvalues", `local t = {} for i = 1, 1e9 do local s = string.rep("x", 1e5) .. i t[i] = function() return s end end`, memory)
	f("gsub", `local s = string.rep("x", 1e5) while true do s = string.gsub(s, "x", "xx") end`, memory)
	f("concat", `local t = {} for i = 1, 1e4 do t[i] = string.rep("x", 1e3) end local s = table.concat(t)`, memory)
	f("unpack", `return unpack({}, 1, 2^28)`, "too many results to unpack")
	f("find", `return string.find(string.rep("a", 50), string.rep("a?", 50) .. string.rep("a", 50))`, steps)
	f("lazy find", `return string.find(string.rep("a", 3000), string.rep("a-", 30) .. "b")`, steps)
	f("sort", `local t = {} for i = 1, 1e5 do t[i] = i % 7 end table.sort(t, function() return true end) while true do end`, "")
	f("lpeg", `local l = require "lpeg" local p = l.P{(l.P(1) * l.V(1))^0 * l.P(1)^0 * "b"} return p:match(string.rep("a", 1e6))`, "")
	f("link", `return require "linked"`, "error loading module 'linked'")
	f("path", `return require "../secret"`, "not found")
}

// TestLuaSmall checks that a filter takes little memory.
func TestLuaSmall(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "in.log"), bytes.Repeat([]byte("127.0.0.1 - - [01/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"\n"), 200_000))
	l := run(t, dir, "heka-decode nginx in.log | heka-filter lua http_status --clock data -o text", false)
	n := 0
	l.lines(patience, func([]byte) bool { n++; return true })
	l.wait(patience, 0)
	l.silent()
	if n < 1440 {
		t.Errorf("%d lines, want rows of a day", n)
	}
	l.small(30 * mega)
}
