package lua

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

const script = `
function process_message()
	local p = read_message("Payload")
	if p == "none" then return -1, "there is none" end
	if p == "worst" then return 1, "the end" end
	if p == "many" then
		inject_message({Payload = "1"})
		inject_message({Payload = "2", Type = "second"})
		return 0
	end
	write_message("Fields[p]", p)
	return 0
end
`

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f.lua")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// uuid is that of a line of a file.
func uuid(n byte) [16]byte {
	var u [16]byte
	msg.PutUuid(&u, 0x1234_5678_9abc_8def, 1<<63|uint64(n))
	return u
}

func decode(t *testing.T, flags []string, payloads ...string) (out []msg.Message, err error) {
	t.Helper()
	env := &stage.Env{}
	st, err := stagetest.Make(Kind, env, append([]string{file(t, script)}, flags...)...)
	if err != nil {
		t.Fatal(err)
	}
	in := stagetest.Payloads(payloads...)
	for i := range in {
		in[i].Uuid, in[i].Type = uuid(byte(i)), "line"
	}
	return stagetest.RunErr(env, st, 2, in...)
}

func TestDecode(t *testing.T) {
	for _, flags := range [][]string{nil, {"--stateless"}} {
		out, err := decode(t, flags, "a", "none", "many", "b")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range out {
			s := m.Type + ":" + m.Payload
			for _, f := range m.Fields {
				s += "," + f.Name + "=" + f.Value.(string)
			}
			got = append(got, s)
		}
		const want = "line:a,p=a|line:none,heka.error=there is none,heka.error.by=f|line:1|second:2|line:b,p=b"
		if s := strings.Join(got, "|"); s != want {
			t.Errorf("%v\n got %s\nwant %s", flags, s, want)
		}
		if out[2].Uuid != uuid(2) || out[3].Uuid == uuid(2) || out[3].Uuid[6]>>4 != 8 || out[3].Uuid[15] != 2 {
			t.Errorf("uuids of two messages of one line: %x and %x", out[2].Uuid, out[3].Uuid)
		}
	}
}

func TestHekasSide(t *testing.T) {
	f := func(script, flag, want string) {
		t.Helper()
		st, err := stagetest.Make(Kind, &stage.Env{}, file(t, "function process_message() "+script+" return 0 end"), flag)
		if err != nil {
			t.Fatal(err)
		}
		out, err := stagetest.RunErr(&stage.Env{}, st, 1, stagetest.Payloads("a line")...)
		if err != nil || len(out) != 1 {
			t.Fatal(err, out)
		}
		if got := fmt.Sprintf("%q %d", out[0].Payload, out[0].Timestamp/1e9); got != want {
			t.Errorf("%s %s: got %s, want %s", script, flag, got, want)
		}
	}
	const payload = `write_message("Payload", "<" .. read_message("Payload") .. ">") write_message("Timestamp", 0)`
	f(payload, "--line-feed", `"<a line\n>" 0`)
	f(payload, "--line-feed=false", `"<a line>" 0`)
	f(`inject_message({Timestamp = 1e18})`, "--config=tz=America/New_York", `"" 1000014400`)
	f(`write_message("Timestamp", 1e18)`, "--config=tz=America/New_York", `"a line" 1000014400`)
	f(`write_message("Timestamp", "2001-09-09T01:46:40Z")`, "--config=tz=America/New_York", `"a line" 1000000000`)
	f(`inject_message({Timestamp = 1e18})`, "--config=tz=UTC", `"" 1000000000`)
}

func TestEnd(t *testing.T) {
	for _, flags := range [][]string{nil, {"--stateless"}} {
		out, err := decode(t, flags, "a", "worst", "b")
		if err == nil || err.Error() != "process_message() the end" {
			t.Errorf("%v: %v", flags, err)
		}
		if len(out) != 1 {
			t.Errorf("%d messages came out", len(out))
		}
	}
}

func TestMistakes(t *testing.T) {
	f := func(want string, words ...string) {
		t.Helper()
		_, err := stagetest.Make(Kind, &stage.Env{}, words...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %s", words, err, want)
		}
	}
	f("which script?")
	f("no file nothing", "nothing")
	f("--stateless makes many sandboxes", file(t, script), "--stateless", "--explain")
	f("syntax error", file(t, "x x"))
}
