package stdlib

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// newState returns a state with everything in it that this package has.
func newState(t testing.TB, limits host.Limits) *lua.LState {
	t.Helper()
	L := lua.NewState(lua.Options{SkipOpenLibs: true, RegistrySize: 1 << 10, RegistryMaxSize: 1 << 16})
	t.Cleanup(L.Close)
	host.NewMeter(L, limits)
	Base(L, Options{Coroutine: true, GC: true, Print: func(string) {}})
	for _, m := range []host.Module{String, Table, Math, OsEnv} {
		L.SetGlobal(m.Name, m.Open(L))
	}
	L.SetGlobal("cat", L.NewFunction(Concat))
	if err := L.DoString(`function pass(...) return ... end`); err != nil {
		t.Fatal(err)
	}
	return L
}

var place = regexp.MustCompile(`^(\[string ".*?"\]|[\w<>/.]+):\d+: `)

// show writes v so that both machines write it alike.
func show(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		s := string(v)
		for place.MatchString(s) {
			s = place.ReplaceAllString(s, "")
		}
		return fmt.Sprintf("s%x", s) + " " + printable(s)
	case lua.LNumber:
		return "n" + strings.Replace(host.NumberText(float64(v)), "-nan", "nan", 1)
	case lua.LBool, *lua.LNilType:
		return v.String()
	}
	return v.Type().String()
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 32 || r > 126 {
			return '.'
		}
		return r
	}, s)
}

// run runs a chunk and returns what came of it as one line.
func run(L *lua.LState, chunk string) string {
	host.Of(L).Begin()
	f, err := L.LoadString(chunk)
	if err != nil {
		return "syntax"
	}
	top := L.GetTop()
	L.Push(f)
	out := []string{"true"}
	if err := L.PCall(0, lua.MultRet, nil); err != nil {
		out = []string{"false", show(object(err))}
	}
	for i := top + 1; i <= L.GetTop(); i++ {
		out = append(out, show(L.Get(i)))
	}
	L.SetTop(top)
	return strings.Join(out, "|")
}

// driver is the other half of show and run.
const driver = `
function pass(...) return ... end
function cat(a, ...) if select('#', ...) == 0 then return a end return (pass(a)) .. cat(...) end
local function strip(s)
  while true do
    local r = s:gsub('^%[string ".-"%]:%d+: ', ''):gsub('^[%w<>/._]+:%d+: ', '')
    if r == s then return s end
    s = r
  end
end
local function show(v)
  local t = type(v)
  if t == "string" then
    v = strip(v)
    local hex = v:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
    hex = hex:gsub("\n", "0a")
    return "s" .. hex .. " " .. v:gsub("[^\32-\126]", ".")
  elseif t == "number" then
    return "n" .. (tostring(v):gsub("^%-nan$", "nan"))
  elseif t == "nil" or t == "boolean" then
    return tostring(v)
  end
  return t
end
local function line(...)
  local out = {}
  for i = 1, select('#', ...) do out[i] = show((select(i, ...))) end
  io.write(table.concat(out, "|"), "\n")
end
for chunk in io.read("*a"):gmatch("([^\30]*)\30") do
  local f = loadstring(chunk)
  if f then line(pcall(f)) else io.write("syntax\n") end
end
`

// oracle runs chunks with Lua 5.1.
func oracle(t *testing.T, chunks []string) []string {
	t.Helper()
	bin, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("lua5.1 is not installed")
	}
	file := filepath.Join(t.TempDir(), "driver.lua")
	if err := os.WriteFile(file, []byte(driver), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, file)
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C")
	cmd.Stdin = strings.NewReader(strings.Join(chunks, "\x1e") + "\x1e")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("lua5.1: %v: %s", err, errs.String())
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(chunks) {
		t.Fatalf("lua5.1 answered %d of %d", len(lines), len(chunks))
	}
	return lines
}

// compare runs chunks in both.
func compare(t *testing.T, chunks []string) {
	t.Helper()
	want := oracle(t, chunks)
	L := newState(t, host.Limits{})
	bad := 0
	for i, c := range chunks {
		if got := run(L, c); got != want[i] {
			t.Errorf("%s\n  gives %s\n  want  %s", c, got, want[i])
			if bad++; bad > 20 {
				t.Fatal("and so on")
			}
		}
	}
}

// lines returns the chunks of a file: each line is a list of expressions, or, if it
// begins with a colon, a chunk.
func lines(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "" || strings.HasPrefix(line, "--"):
		case line[0] == ':':
			all = append(all, line[1:])
		default:
			all = append(all, "return pass("+line+")")
		}
	}
	return all
}

func TestOracle(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { compare(t, lines(t, filepath.Base(file))) })
	}
}
