package lpeg

import (
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// prelude runs chunks, one a line, and shows what they return. Both interpreters run
// it as it is.
//
//go:embed testdata/prelude.lua
var prelude string

// newState returns a state with the libraries of the tests and a meter.
func newState(t testing.TB, limits host.Limits) *lua.LState {
	L := lua.NewState(lua.Options{RegistrySize: 32 << 10, CallStackSize: 512})
	t.Cleanup(L.Close)
	host.NewMeter(L, limits)
	modules := map[string]host.Module{"lpeg": Module, "re": Re}
	for name, m := range modules {
		L.PreloadModule(name, func(L *lua.LState) int { L.Push(m.Open(L)); return 1 })
	}
	return L
}

// ours runs chunks here, and returns a line for each.
func ours(t testing.TB, chunks []string) []string {
	L := newState(t, host.Limits{})
	var out []string
	L.SetGlobal("show", L.NewFunction(func(L *lua.LState) int {
		out = append(out, L.CheckString(1))
		return 0
	}))
	list := L.NewTable()
	for _, c := range chunks {
		list.Append(lua.LString(c))
	}
	L.SetGlobal("chunks", list)
	if err := L.DoString(prelude); err != nil {
		t.Fatal(err)
	}
	return out
}

// crashed is the line of a chunk at which lua-lpeg itself fails.
const crashed = "crashed"

// theirs runs chunks in lua5.1 with lua-lpeg, and returns a line for each.
func theirs(t testing.TB, chunks []string) []string {
	bin, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("lua5.1 is not there to compare with: install lua5.1 and lua-lpeg")
	}
	if err := exec.Command(bin, "-e", `require "lpeg"`).Run(); err != nil {
		t.Skip("lua-lpeg is not there to compare with")
	}
	script := filepath.Join(t.TempDir(), "prelude.lua")
	reader := "chunks = {} for l in io.lines() do chunks[#chunks+1] = l end " +
		"io.stdout:setvbuf('line') function show(s) io.write(s, '\\n') end "
	if err := os.WriteFile(script, []byte(reader+prelude), 0o600); err != nil {
		t.Fatal(err)
	}
	var out []string
	for crashes := 0; len(out) < len(chunks); {
		cmd := exec.Command(bin, script)
		cmd.Stdin = strings.NewReader(strings.Join(chunks[len(out):], "\n"))
		text, err := cmd.Output()
		out = append(out, strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")...)
		if err == nil {
			break
		}
		if crashes++; crashes > len(chunks)/10 {
			t.Fatalf("lua5.1: %v", err)
		}
		if len(text) == 0 {
			out = out[:len(out)-1]
		}
		out = append(out, crashed)
	}
	return out
}

// compare runs chunks here and there. What mask makes of the lines must be the same.
func compare(t *testing.T, chunks []string, mask func(string) string) {
	t.Helper()
	want, got := theirs(t, chunks), ours(t, chunks)
	if len(want) != len(chunks) || len(got) != len(chunks) {
		t.Fatalf("%d chunks, %d lines of lua5.1, %d of ours", len(chunks), len(want), len(got))
	}
	bad := 0
	for i, c := range chunks {
		if mask(got[i]) != mask(want[i]) && want[i] != crashed {
			if bad++; bad <= 20 {
				t.Errorf("%s\n  got  %s\n  want %s", c, got[i], want[i])
			}
		}
	}
	if bad > 20 {
		t.Errorf("%d of %d differ", bad, len(chunks))
	}
}

// readCases returns the lines of a file in testdata.
func readCases(t testing.TB, name string) []string {
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			list = append(list, line)
		}
	}
	return list
}

func TestOracle(t *testing.T) { compare(t, readCases(t, "cases.txt"), whole) }

func whole(line string) string { return line }

func TestOracleRe(t *testing.T) { compare(t, readCases(t, "re.txt"), whole) }
