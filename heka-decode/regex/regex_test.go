package regex

import (
	"strings"
	"testing"
	"time"

	"heka/heka-decode/internal/kindtest"
	"heka/lib/msg"
	"heka/lib/stage"
)

func TestFields(t *testing.T) {
	f := func(pattern, line, want string, words ...string) {
		t.Helper()
		m := kindtest.Line(t, Kind, line, append([]string{pattern}, words...)...)
		if got := kindtest.Show(m); got != want || m.Type != "regex" || m.Payload != "" {
			t.Errorf("%s of %q\n got %s\nwant %s", pattern, line, got, want)
		}
	}
	f(`^(?P<a>\S+) (?P<b>\d+)`, "x 17 y", "a=string:x b=int64:17")
	f(`(?P<a>\d+)(?:ms)?(?P<b>z)?`, "took 5ms", "a=int64:5")
	f(`(?P<a>\d+)`, "x 5", "a=string:5", "--types=string")
	f(`(?P<a>\d+) (?P<b>\S+) (?P<c>\S+)`, "007 5 1.5", "a=int64:7 b=float64:5 c=string:1.5",
		"--types=string", "--int=a", "--float=b")
	f(`(?P<a>\S+) (?P<b>\S+)`, "- +3", "b=int64:3", "--int=a,b")
	f(`(?P<a>\S+)`, "-00.5", "a=string:-00.5")
	f(`((x)|y)(?P<a>.)`, "yz", "a=string:z")
	f(`(?i)ABC(?P<a>.)`, "abcd", "a=string:d")
	f(`(?P<a>é+)`, "né", "a=string:é")
	f(`a�(?P<b>.)`, "a\xffx", "b=string:x")
}

func TestEnvelope(t *testing.T) {
	pattern := `^(?P<Timestamp>\S+ \S+) (?P<Severity>\w+) (?P<Hostname>\S+) (?P<Logger>\w+)\[(?P<Pid>\d+)\] ` +
		`(?P<Type>\S+) (?P<EnvVersion>\S+) (?P<Payload>.*)$`
	m := kindtest.Line(t, Kind, "2026-11-22 00:00:00 warn web app[17] a.b 1.0 it is so", pattern)
	want := msg.Message{
		Uuid: m.Uuid, Timestamp: 1795305600e9, Type: "a.b", Logger: "app", Severity: 4,
		Payload: "it is so", EnvVersion: "1.0", Pid: 17, Hostname: "web",
	}
	if kindtest.Show(m) != "" {
		t.Errorf("fields %s", kindtest.Show(m))
	}
	if m.Fields = nil; !equal(m, want) {
		t.Errorf("%+v", m)
	}
	m = kindtest.Line(t, Kind, "22/11/26 error", `(?P<time>\S+) (?P<level>\w+)`,
		"--time-format=%d/%m/%y", "--keep-payload", "--type=x")
	if m.Timestamp != time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC).UnixNano() ||
		m.Severity != 3 || m.Type != "x" || m.Payload != "22/11/26 error" ||
		kindtest.Show(m) != "level=string:error" {
		t.Errorf("%+v", m)
	}
	m = kindtest.Line(t, Kind, "soon", `(?P<time>\S+)`)
	if kindtest.Show(m) != "time=string:soon" {
		t.Errorf("%+v", m)
	}
}

func equal(a, b msg.Message) bool {
	return string(a.Append(nil)) == string(b.Append(nil))
}

func TestErrors(t *testing.T) {
	f := func(pattern, line, want string, words ...string) {
		t.Helper()
		m := kindtest.Line(t, Kind, line, append([]string{pattern}, words...)...)
		if m.Payload != line || kindtest.Bad(m) != want {
			t.Errorf("%s of %q: %s, want %q", pattern, line, kindtest.Show(m), want)
		}
	}
	f(`status=(?P<s>\d+)`, "no such thing", "the pattern does not match")
	f(`status=(?P<s>\d+)`, "status=x", "the pattern does not match")
	f(`(?P<s>\S+)`, "x", "what s matched is no int", "--int=s")
	f(`(?P<s>\S+)`, "x", "what s matched is no float", "--float=s")
	f(`(?P<Timestamp>\S+)`, "soon", "what Timestamp matched is no time in this format")
	f(`(?P<Severity>\S+)`, "9", "what Severity matched is no severity: a word, or 0 to 7")
	f(`(?P<Pid>\S+)`, "x", "what Pid matched is no process id")
}

func TestUsage(t *testing.T) {
	f := func(want string, words ...string) {
		t.Helper()
		_, err := kindtest.Make(t, &stage.Env{}, Kind, words...)
		if _, ok := err.(*stage.UsageError); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", words, err, want)
		}
	}
	f("takes one pattern")
	f("here are 2", "a", "b")
	f("no group with a name", `\d+`)
	f("is for heka-decode grok", `%{IP:ip}`)
	f("    a(?P<b>c\n     ^ one that", `a(?P<b>c`)
	f("    a(?=b)\n     ^ neither", `a(?=b)`)
	f("has no group of this name; its groups are a", `(?P<a>.)`, "--int=b")
	f("it is auto or string", `(?P<a>.)`, "--types=int")
	f("names no format", `(?P<a>.)`, "--time-format=iso")
}

func FuzzDecode(f *testing.F) {
	f.Add(`^(?P<a>\S+) (?P<b>\d+)$`, "x 17")
	f.Add(`(?P<Timestamp>.*?)(?P<level>\w+)`, "2026-01-01T00:00:00Z error")
	f.Add(`(x|(?P<a>y{2,}))+`, "xyy")
	f.Fuzz(func(t *testing.T, pattern, line string) {
		env := &stage.Env{}
		if strings.HasPrefix(pattern, "-") {
			return
		}
		if _, err := kindtest.Make(t, env, Kind, pattern); err == nil {
			kindtest.Line(t, Kind, line, pattern)
		}
	})
}

const (
	nginx = `^(?P<remote>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]+)\] "(?P<request>[^"]*)" (?P<status>\d+) ` +
		`(?P<bytes>\d+|-) "(?P<referer>[^"]*)" "(?P<agent>[^"]*)"$`
	line = `192.0.2.17 - - [22/Nov/2026:10:15:32 +0000] "GET /api/v2/orders/12345?page=2 HTTP/1.1" 200 18234 ` +
		`"https://www.example.com/" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"`
)

func TestAllocs(t *testing.T) { kindtest.Allocs(t, Kind, 0, line, nginx) }

func BenchmarkDecode(b *testing.B) { kindtest.Bench(b, Kind, line, nginx) }

func BenchmarkNoMatch(b *testing.B) {
	env := &stage.Env{}
	words := []string{`(?P<a>\w+) status=(?P<b>\d+)`}
	lane := kindtest.Stage(b, env, Kind, words...).(stage.Parallel).NewLane()
	in := kindtest.Batch(line, 100)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for i := 0; i < b.N; i += 100 {
		out, _ := lane.Do(in.Retain())
		out.Release()
	}
}
