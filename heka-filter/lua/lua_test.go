package lua

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

const script = `
local n = 0
function process_message()
	local p = read_message("Payload")
	if p == "bad" then return -1, "no good" end
	if p == "worst" then error("worst") end
	n = n + 1
	return 0
end
function timer_event(ns, last) inject_payload("txt", "n", n, last and " last" or "", " at ", ns / 1e9) end
`

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f.lua")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFilter(t *testing.T) {
	f := func(script string, flags []string, in []msg.Message, want string) {
		t.Helper()
		env := &stage.Env{DataTime: true, Hostname: "h"}
		st, err := stagetest.Make(Kind, env, append([]string{file(t, script)}, flags...)...)
		if err != nil {
			t.Fatal(err)
		}
		out, err := stagetest.RunErr(env, st, len(in), in...)
		got := ""
		for _, m := range out {
			got += m.Type + ":" + m.Payload + "|"
		}
		if err != nil {
			got += err.Error()
		}
		got = regexp.MustCompile(`/\S*f\.lua`).ReplaceAllString(got, "F")
		if got != want {
			t.Errorf("%v\n got %s\nwant %s", flags, got, want)
		}
	}
	in := []msg.Message{
		{Timestamp: 1e9, Payload: "a"}, {Timestamp: 2e9, Payload: "bad"}, {Timestamp: 12e9, Payload: "b"},
	}
	const out = "heka.sandbox-output:"
	f(script, nil, in, out+"2 last at 12|")
	f(script, []string{"--every", "10s"}, in, out+"1 at 10|"+out+"2 last at 12|")
	f(script, []string{"--every", "10s", "--timer-at-end=false"}, in, out+"1 at 10|")
	f(script, nil, append(in, msg.Message{Payload: "worst"}),
		"heka.sandbox-terminated:process_message() F:6: worst|process_message() F:6: worst")
}

func TestMistakes(t *testing.T) {
	f := func(want string, words ...string) {
		t.Helper()
		_, err := stagetest.Make(Kind, &stage.Env{}, words...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %s", words, err, want)
		}
	}
	good := file(t, script)
	f("want one script, got 0 words")
	f("want one script, got 2 words", good, "b.lua")
	f("no file nothing", "nothing")
	f("did you mean http_status?", "htp_status")
	f("f.lua:1: syntax error", file(t, "x x"))
	f("--config x: no value", good, "--config", "x")
	f("no such folder", good, "--module-dir", "/does/not/exist")
	f("--every -1s", good, "--every", "-1s")
	f("--save-every 10ms", good, "--save-every", "10ms")
	f("--instructions -1", good, "--instructions", "-1", "--config", "x")
	f("--config x", good, "--instructions", "-1", "--config", "x")
	f("--max-timer-inject -1", good, "--max-timer-inject", "-1")
}
