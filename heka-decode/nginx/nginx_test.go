package nginx

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

func newStage(args ...string) (stage.Stage, error) {
	return stagetest.Make(Kind, &stage.Env{}, args...)
}

// decode returns what lines become, a message a line.
func decode(t *testing.T, lines []string, args ...string) []string {
	t.Helper()
	st := func() stage.Stage {
		st, err := newStage(args...)
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	var all []string
	for _, m := range stagetest.Lines(t, &stage.Env{}, st, lines...) {
		all = append(all, show(m))
	}
	return all
}

func show(m msg.Message) string {
	s := fmt.Sprint(m.Type, " ", time.Unix(0, m.Timestamp).UTC().Format("15:04:05.999"))
	if m.Payload != "" {
		s += fmt.Sprintf(" payload=%.12q", m.Payload)
	}
	for _, f := range m.Fields {
		s += fmt.Sprintf(" %s=%#v", f.Name, f.Value)
		if f.Rep != "" {
			s += "(" + f.Rep + ")"
		}
	}
	return strings.ReplaceAll(s, "interface {}", "")
}

func file(t *testing.T, name string) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

func TestCombined(t *testing.T) {
	got := decode(t, file(t, "access.log"))
	f := func(line int, want string) {
		t.Helper()
		if g := got[line-1]; g != want {
			t.Errorf("line %d:\ngot  %s\nwant %s", line, g, want)
		}
	}
	f(4, `nginx.access 09:26:58 remote_addr="198.51.100.4" remote_user="alice" `+
		`request="POST /api/orders HTTP/2.0" request_method="POST" request_uri="/api/orders" `+
		`server_protocol="HTTP/2.0" status=201 body_bytes_sent=87 `+
		`http_referer="https://shop.example.org/cart" http_user_agent="Mozilla/5.0 (Macintosh; `+
		`Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15"`)
	f(7, `nginx.access 09:27:04 remote_addr="203.0.113.80" request="GET /search?q=чай HTTP/1.1" `+
		`request_method="GET" request_uri="/search?q=чай" server_protocol="HTTP/1.1" status=200 `+
		`body_bytes_sent=3120 http_user_agent="ExampleBot/2.1 (+https://bot.example.net/about)"`)
	f(10, `nginx.access 09:27:11 remote_addr="203.0.113.9" `+
		`request="\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" status=400 body_bytes_sent=150`)
	f(11, `nginx.access 09:27:12 remote_addr="203.0.113.9" status=400 body_bytes_sent=0`)
	f(12, `nginx.access 09:27:13 remote_addr="203.0.113.9" request="GET /" status=400 body_bytes_sent=150`)
	f(18, `nginx.access 09:28:02 remote_addr="2001:db8:7::c0de" remote_user="bob smith" `+
		`request="PUT /notes/a%20b HTTP/1.1" request_method="PUT" request_uri="/notes/a%20b" `+
		`server_protocol="HTTP/1.1" status=200 body_bytes_sent=31 http_user_agent="notes \"beta\" 3"`)
	f(19, ` 22:13:20 payload="203.0.113.80" heka.error="no match at $http_user_agent" heka.error.by="nginx"`)
	f(20, ` 22:13:20 payload="logrotate: 2" heka.error="no match at $remote_addr" heka.error.by="nginx"`)
	for i, g := range got[:18] {
		if strings.Contains(g, "heka.error") {
			t.Errorf("line %d: %s", i+1, g)
		}
	}
}

func TestFormats(t *testing.T) {
	f := func(line, want string, args ...string) {
		t.Helper()
		if got := decode(t, []string{line}, args...)[0]; got != want {
			t.Errorf("%q %q:\ngot  %s\nwant %s", args, line, got, want)
		}
	}
	f(`192.0.2.1 - - [14/Mar/2025:09:26:53 +0100] "GET / HTTP/1.1" 200 5 "-" "a" "203.0.113.5, 192.0.2.3"`,
		`x 08:26:53 payload="192.0.2.1 - " remote_addr="192.0.2.1"(ipv4) request="GET / HTTP/1.1" `+
			`request_method="GET" request_uri="/" server_protocol="HTTP/1.1" status=200 `+
			`body_bytes_sent=5(B) http_user_agent="a" http_x_forwarded_for="203.0.113.5, 192.0.2.3"`,
		"--format", "main", "--type", "x", "--keep-payload", "--representations")
	f(`1741944473.204 [2025-03-14T10:00:00+00:00] 0.5 0.1, 0.2 : - 7`,
		`nginx.access 09:27:53.204 request_time=0.5 upstream_response_time=[]{0.1, 0.2} pid=7`,
		"--format", `$msec [$time_iso8601] $request_time $upstream_response_time $pid`)
	f(`[2025-03-14T10:00:00+01:00] 14/Mar/2025:10:00:01 +0100`, `nginx.access 09:00:00`,
		"--format", `[$time_iso8601] $time_local`)
	f(`200x500`, `nginx.access 22:13:20 status=200 x1="500"`, "--format", `${status}x$x1`)
	f(`oops 5`, `nginx.access 22:13:20 status="oops" body_bytes_sent=5`,
		"--format", `$status $body_bytes_sent`)
	f(`"a\"b\u0041" `, `nginx.access 22:13:20 http_x="a\"bA"`, "--escape", "json", "--format", `"$http_x" `)
	f(`"a"b\x41"`, `nginx.access 22:13:20 http_x="a\"b\\x41"`, "--escape", "none", "--format", `"$http_x"`)
	f(`192.0.2.1|200`, `nginx.access 22:13:20 remote_addr="192.0.2.1" status=200`,
		"--format", `log_format bars '$remote_addr|' "$status";`)
	for i, line := range file(t, "timed.log") {
		want := []string{
			`nginx.access 09:27:53.204 remote_addr="192.0.2.17" request="GET /say?q=\"hi\" HTTP/1.1" ` +
				`request_method="GET" request_uri="/say?q=\"hi\"" server_protocol="HTTP/1.1" status=200 ` +
				`request_time=0.212 upstream_response_time=[]{0.1, 0.11} http_user_agent="curl/8.5.0"`,
			`nginx.access 09:27:53.911 remote_addr="2001:db8::1f" request="GET / HTTP/1.1" ` +
				`request_method="GET" request_uri="/" server_protocol="HTTP/1.1" status=304 ` +
				`request_time=0 http_user_agent="tab\there"`,
		}[i]
		f(line, want, "--conf", "testdata/nginx.conf")
		f(line, want, "--conf", "testdata/nginx.conf:timed")
	}
}

func TestUsage(t *testing.T) {
	f := func(want string, args ...string) {
		t.Helper()
		if _, err := newStage(args...); err == nil || err.Error() != want {
			t.Errorf("%q:\ngot  %v\nwant %s", args, err, want)
		}
	}
	f(`no format "combinde"; did you mean combined?`, "--format", "combinde")
	f(`no format "zebra"; there are combined, main, timed`, "--format", "zebra")
	f(`the format has no variables; variables are written $name; in double quotes the shell `+
		`takes them away`, "--format", ` -  [] "" `)
	f(`a $ without the name of a variable in the format; in double quotes the shell replaces `+
		`$names: put the format in single quotes`, "--format", `$a $`)
	f(`the brace of ${a is not closed in the format`, "--format", `${a `)
	f(`nothing stands between $host and $request_uri in the format; no one can tell where the `+
		`first ends: write a blank, say, between them`, "--format", `$host$request_uri`)
	f(`no way to escape is named "jsn"; did you mean json?`, "--escape", "jsn")
	f(`unexpected argument "access.log"; the format goes behind --format, in single quotes`, "access.log")
	f(`--format and --conf exclude each other`, "--format", "main", "--conf", "x")
	f(`no format "timd"; did you mean timed?`, "--conf", "testdata/nginx.conf:timd")
	f(`--conf: open testdata/none: no such file or directory`, "--conf", "testdata/none:main")
}

func TestConf(t *testing.T) {
	f := func(src, name, want string) {
		t.Helper()
		c, err := parseConf(src)
		var got format
		if err == nil {
			got, err = c.pick(name)
		}
		s := got.escape + ":" + got.text
		if err != nil {
			s = err.Error()
		}
		if s != want {
			t.Errorf("%s %q: got %s, want %s", src, name, s, want)
		}
	}
	f(`log_format a '$x' " \"$y\""; # log_format b z;`, "", `:$x "$y"`)
	f(`log_format a escape=none $x\ ${y};`, "a", `none:$x\ ${y}`)
	f(`log_format a '$x'; log_format b '$y';`, "", "several formats in the configuration: a, b; "+
		"say which, as in --conf FILE:a")
	f(`log_format a '$x'; log_format b '$y'; access_log f b; access_log g b;`, "", ":$y")
	f(`log_format a '$x'; log_format b '$y'; access_log f buffer=1k;`, "b", ":$y")
	f(`http{log_format a $x;server{access_log f a;}}`, "", ":$x")
	f(`http{}`, "", "no log_format in the configuration; "+
		"included files are not looked at: name the file that has it")
	f(`http{}`, "combined", ":"+formats["combined"])
	f(`log_format a '$x`, "", "a quote is not closed")
	f(`log_format a ';' '' '{';`, "", ":;{")
}

// FuzzFormat compiles hostile formats.
func FuzzFormat(f *testing.F) {
	f.Add(formats["main"], "combined")
	f.Add(`${a}$b ${`, "x")
	f.Add(`log_format a escape=json '$x' "\"$y";`, "a b c")
	f.Fuzz(func(t *testing.T, text, line string) {
		st, err := newStage("--format="+text, "--escape=json")
		if err == nil {
			_, err = stagetest.RunErr(&stage.Env{Lanes: 1}, st, 1, stagetest.Payloads(line)...)
		} else if _, ok := err.(*stage.UsageError); ok {
			err = nil
		}
		if err != nil {
			t.Fatal(err)
		}
		if c, err := parseConf(text); err == nil {
			_, _ = c.pick(line)
		}
	})
}

// TestUsual wants the lines of combined and of its usual extensions read without
// being told, also in turns, and a line of none of them marked.
func TestUsual(t *testing.T) {
	const line = `192.0.2.7 - - [01/Oct/2026:00:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl/8"`
	st := func() stage.Stage {
		fs := pflag.NewFlagSet("", pflag.ContinueOnError)
		made, err := New(fs)(&stage.Env{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	got := stagetest.Lines(t, &stage.Env{}, st,
		line, line+` 0.250`, line+` "203.0.113.9"`, line+` "203.0.113.9" 0.500`, line, line+` and more`, line+` 0.125`)
	want := []string{"", "0.25", "", "0.5", "", "no match at the end of the line", "0.125"}
	for i, m := range got {
		have := ""
		for _, f := range m.Fields {
			if f.Name == "request_time" || f.Name == "heka.error" {
				have = fmt.Sprint(f.Value)
			}
		}
		if have != want[i] {
			t.Errorf("line %d: %q, want %q (%v)", i, have, want[i], m.Fields)
		}
	}
}
