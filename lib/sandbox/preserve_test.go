package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heka/lib/msg"
	"heka/lib/sandbox/host"
)

// noLimits lets a test take what it needs.
var noLimits = host.Limits{Output: 1 << 30}

// stateScript has one of each thing that is kept.
const stateScript = `
require "circular_buffer"
_PRESERVATION_VERSION = read_config("version")
count = count or 0
rate = 1.5
huge, tiny, none = 1/0, -1/0, 0/0
flag = true
text = text or ""
list = list or {}
cb = circular_buffer.new(3, 2, 1)
cb:set_header(1, "Requests", "count", "sum")
local hidden = 0
function helper() end

function process_message()
	count = count + 1
	hidden = hidden + 1
	text = "line\none \"quoted\" \\ \r \0 end"
	list.nested = {deep = {1, 2, {true}}, [1.5] = "x", [false] = 1}
	list.self = list
	cb:add(count * 1e9, 1, count)
	return 0
end
function timer_event() inject_payload("txt", "", count, " ", hidden, " ", rate, " ", huge, " ", tiny, " ", #text, " ",
	list.nested and list.nested.deep[3][1], " ", list.self == list, " ", cb:get(count * 1e9, 1)) end
`

func stateBox(t *testing.T, state []byte, version float64) (*Sandbox, func() string) {
	var said string
	b := open(t, Filter, stateScript, Config{
		State: state, Values: map[string]any{"version": version},
		Inject: func(b *msg.Builder) error { said = string(b.Payload); return nil },
	})
	return b, func() string {
		t.Helper()
		if err := b.Timer(0, false); err != nil {
			t.Fatal(err)
		}
		return said
	}
}

func TestPreserve(t *testing.T) {
	b, said := stateBox(t, nil, 0)
	for range 10 {
		if _, err := b.Process(view(sample)); err != nil {
			t.Fatal(err)
		}
	}
	if got := said(); got != "10 10 1.5 inf -inf 27 true true 10" {
		t.Fatal(got)
	}
	state, err := b.Save(nil)
	if err != nil {
		t.Fatal(err)
	}
	again, said := stateBox(t, state, 0)
	if got := said(); got != "10 0 1.5 inf -inf 27 true true 10" || !again.Restored() {
		t.Errorf("restored: %s\nfrom\n%s", got, state)
	}
	second, err := again.Save(nil)
	if err != nil || string(second) != string(state) {
		t.Errorf("saved again:\n%s\nwas\n%s", second, state)
	}
	other, said := stateBox(t, state, 1)
	if got := said(); !strings.HasPrefix(got, "0 0 ") || other.Restored() {
		t.Errorf("another version: %s", got)
	}
}

// TestPreserveHeka reads a state as Heka wrote it.
func TestPreserveHeka(t *testing.T) {
	state := `if _PRESERVATION_VERSION and _PRESERVATION_VERSION ~= 0 then return end
_G["count"] = 10
_G["list"] = {}
_G["list"]["nested"] = {}
_G["list"]["nested"]["deep"] = {}
_G["list"]["nested"]["deep"][3] = {}
_G["list"]["nested"]["deep"][3][1] = true
_G["list"]["self"] = _G["list"]
if _G["cb"] == nil then _G["cb"] = circular_buffer.new(3, 2, 1) end
_G["cb"]:set_header(1, "Requests", "count", "sum")
_G["cb"]:fromstring("10 1 8 nan 9 nan 10 nan")
`
	_, said := stateBox(t, []byte(state), 0)
	if got := said(); got != "10 0 1.5 inf -inf 0 true true 9" && got != "10 0 1.5 inf -inf 0 true true 10" {
		t.Error(got)
	}
}

func TestPreserveMistakes(t *testing.T) {
	b := open(t, Filter, `t = {} t[function() end] = 1 function process_message() return 0 end`, Config{})
	if _, err := b.Save(nil); err == nil || err.Error() != "serialize_data cannot preserve type 'function'" {
		t.Error(err)
	}
	s, err := Compile("f.lua", stateScript)
	if err != nil {
		t.Fatal(err)
	}
	f := func(state, want string) {
		t.Helper()
		_, err := s.New(Config{Use: Filter, Limits: DefaultLimits, State: []byte(state), Values: map[string]any{"version": 0.0}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", state, err, want)
		}
	}
	f("_G[", "state:2: syntax error near 'return'")
	f(`_G["cb"]:fromstring("1 1 1")`, "fromstring() too few values")
	f("\x00\x00\x00", "state:1:")
}

// TestLargeState has more constants than one chunk can have.
func TestLargeState(t *testing.T) {
	b := open(t, Filter, `t = t or {} function process_message()
		for i = 1, 30000 do t["key\n_G[" .. i] = i end return 0 end
		function timer_event() inject_payload("txt", "", t["key\n_G[" .. 29999]) end`, Config{Limits: noLimits})
	if _, err := b.Process(view(sample)); err != nil {
		t.Fatal(err)
	}
	state, err := b.Save(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := open(t, Filter, `function process_message() return -1, tostring(t["key\n_G[" .. 29999]) end`,
		Config{Limits: noLimits, State: state})
	if r, err := c.Process(view(sample)); err != nil || r.Text != "29999" {
		t.Error(r, err)
	}
}

func TestKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	uuid := func(hi, lo uint64) []byte {
		var u [16]byte
		msg.PutUuid(&u, hi&^0xf000|0x8000, 1<<63|lo)
		return u[:]
	}
	k, err := OpenKept(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKept(path); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a second one: %v", err)
	}
	box := open(t, Filter, "x = 7 function process_message() return 0 end", Config{})
	for _, u := range [][]byte{uuid(1, 0), uuid(1, 10), uuid(2, 5), sample.Uuid[:], sample.Uuid[:]} {
		if !k.New(u) {
			t.Errorf("%x is new", u)
		}
	}
	if k.New(uuid(1, 10)) || k.New(uuid(1, 3)) || k.Skipped() != 2 {
		t.Error("counted twice")
	}
	if err := k.Save(box); err != nil {
		t.Fatal(err)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	k, err = OpenKept(path)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if !strings.Contains(string(k.State()), `_G["x"] = 7`) || strings.Contains(string(k.State()), countedMark) {
		t.Errorf("state:\n%s", k.State())
	}
	if k.New(uuid(1, 10)) || k.New(uuid(2, 5)) || !k.New(uuid(1, 11)) || !k.New(uuid(3, 0)) {
		t.Error("what was counted is not what was")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+"2", append(text, "-- counted zz 1\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKept(path + "2"); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Error(err)
	}
}

// TestDeletedKeys has a script that gives each message a key for a while: what it takes
// does not grow.
func TestDeletedKeys(t *testing.T) {
	b := open(t, Filter, `local waiting, n = {}, 0
		function process_message()
			for i = 1, 1000 do n = n + 1 waiting["k" .. n] = n waiting["k" .. n - 10] = nil end
			return 0
		end`, Config{})
	for range 1000 {
		if _, err := b.Process(view(sample)); err != nil {
			t.Fatal(err)
		}
	}
	b.collect()
	if n := host.Live(b.state, 1<<30); n > 1<<20 {
		t.Errorf("%d bytes are alive after a million keys of which ten are left", n)
	}
}
