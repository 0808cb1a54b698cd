package apache

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

func newStage(env *stage.Env, args ...string) (stage.Stage, error) {
	return stagetest.Make(Kind, env, args...)
}

// decode returns what lines become, a message a line.
func decode(t *testing.T, lines []string, args ...string) []string {
	t.Helper()
	st := func() stage.Stage {
		st, err := newStage(&stage.Env{}, args...)
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
	s := fmt.Sprint(m.Type, " ", time.Unix(0, m.Timestamp).UTC().Format("15:04:05.999999"))
	if m.Payload != "" {
		s += fmt.Sprintf(" payload=%.12q", m.Payload)
	}
	for _, f := range m.Fields {
		s += fmt.Sprintf(" %s=%#v", f.Name, f.Value)
		if f.Rep != "" {
			s += "(" + f.Rep + ")"
		}
	}
	return s
}

func TestCombined(t *testing.T) {
	data, err := os.ReadFile("testdata/access.log")
	if err != nil {
		t.Fatal(err)
	}
	got := decode(t, strings.Split(strings.TrimSuffix(string(data), "\n"), "\n"))
	f := func(line int, want string) {
		t.Helper()
		if g := got[line-1]; g != want {
			t.Errorf("line %d:\ngot  %s\nwant %s", line, g, want)
		}
	}
	f(6, `apache.access 09:27:02 remote_addr="203.0.113.80" request="GET /robots.txt HTTP/1.1" `+
		`request_method="GET" request_uri="/robots.txt" server_protocol="HTTP/1.1" status=404 `+
		`body_bytes_sent=146 http_user_agent="ExampleBot/2.1 (+https://bot.example.net/about)"`)
	f(9, `apache.access 09:27:09 remote_addr="198.51.100.23" `+
		`request="HEAD /download/report.pdf HTTP/1.1" request_method="HEAD" `+
		`request_uri="/download/report.pdf" server_protocol="HTTP/1.1" status=200 `+
		`body_bytes_sent=0 http_user_agent="curl/8.5.0"`)
	f(11, `apache.access 09:27:12 remote_addr="203.0.113.9" status=408 body_bytes_sent=0`)
	f(18, `apache.access 09:28:02 remote_addr="2001:db8:7::c0de" remote_user="bob smith" `+
		`request="PUT /notes/a%20b HTTP/1.1" request_method="PUT" request_uri="/notes/a%20b" `+
		`server_protocol="HTTP/1.1" status=200 body_bytes_sent=31 http_user_agent="notes \"beta\" 3"`)
	f(19, ` 22:13:20 payload="203.0.113.80" heka.error="no match at %{User-Agent}i" heka.error.by="apache"`)
	f(20, ` 22:13:20 payload="logrotate: 2" heka.error="no match at %u" heka.error.by="apache"`)
	for i, g := range got[:18] {
		if strings.Contains(g, "heka.error") {
			t.Errorf("line %d: %s", i+1, g)
		}
	}
}

func TestFormats(t *testing.T) {
	f := func(line, want string, args ...string) {
		t.Helper()
		got := decode(t, []string{line}, append(args[1:], "--format", args[0])...)[0]
		if got != "apache.access "+want {
			t.Errorf("%q %q:\ngot  %s\nwant %s", args, line, got, want)
		}
	}
	f(`192.0.2.1 - al [14/Mar/2025:09:26:53 +0100] "GET / HTTP/1.0" 200 -`,
		`08:26:53 remote_addr="192.0.2.1"(ipv4) remote_user="al" request="GET / HTTP/1.0" `+
			`request_method="GET" request_uri="/" server_protocol="HTTP/1.0" status=200 body_bytes_sent=0(B)`,
		"common", "--representations")
	f(`www.example.org:443 192.0.2.1 - - [14/Mar/2025:09:26:53 +0000] "-" 408 0 "-" "-"`,
		`09:26:53 server_name="www.example.org" server_port=443 remote_addr="192.0.2.1" status=408 bytes_sent=0`,
		"vhost_combined")
	f(`192.0.2.1 - - [14/Mar/2025:09:26:53 +0000] "-" 408 0 "-" "a" 7 8`,
		`09:26:53 remote_addr="192.0.2.1" status=408 body_bytes_sent=0 http_user_agent="a" `+
			`request_length=7 bytes_sent=8`, "combinedio")
	f(`192.0.2.1 "GET / \"x\" HTTP/1.0" 200`, `22:13:20 remote_addr="192.0.2.1" `+
		`request="GET / \"x\" HTTP/1.0" request_method="GET" request_uri="/ \"x\"" `+
		`server_protocol="HTTP/1.0" status=200`, `LogFormat "%h \"%r\" %>s" mine`)
	f(`[14/Mar/2025:09:26:53.012345 +0000] 1500000 1`, `09:26:53.012345 request_time=1.5`,
		`[%{%d/%b/%Y:%T}t.%{usec_frac}t %{%z}t] %D %T`)
	f(`1 1500 1741944413`, `09:26:53 request_time=1.5`, `%T %{ms}T %{sec}t`)
	f(`1741944413012 1741944414000000`, `09:26:53.012 time_end="1741944414000000"`,
		`%{begin:msec}t %{end:usec}t`)
	f(`1741944414000000`, `09:26:54`, `%{end:usec}t`)
	f(`a.example.org 192.0.2.1 301 200`, `22:13:20 remote_host="a.example.org" `+
		`remote_addr="192.0.2.1" original_status=301 status=200`, `%h %a %s %>s`)
	f(`c=1 e=2 n=3 i=4 o=5 t=6 - +`, `22:13:20 cookie_sid="1" env_unique_id="2" `+
		`note_a_b="3" http_x_forwarded_for="4" sent_http_etag="5" trailer_x="6" connection_status="+"`,
		`c=%{sid}C e=%{UNIQUE_ID}e n=%{a-b}n i=%!200,304{X-Forwarded-For}i o=%{ETag}o `+
			`t=%{X}^ti %l %X`)
	f(`/a?x=1 GET HTTP/1.1 - www 80 100%`, `22:13:20 uri="/a" query_string="x=1" `+
		`request_method="GET" server_protocol="HTTP/1.1" connection_status="-" host="www" server_port=80`,
		`%U?%q %m %H %X %V %p 100%%`)
	f(`1 2 3 4 x`, `22:13:20 remote_port=1 pid=2 tid=3 connection_requests=4 log_id="x"`,
		`%{remote}p %P %{tid}P %k %L`)
}

func TestUsage(t *testing.T) {
	f := func(format, want string) {
		t.Helper()
		if _, err := newStage(&stage.Env{}, "--format", format); err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", format, err, want)
		}
	}
	const hint = "; a percent sign for its own sake is written %%"
	f("comon", `no format "comon"; did you mean common?`)
	f("zebra", `no format "zebra"; there are combined, combinedio, common, vhost_combined`)
	f("$remote_addr - $x", `the format has no variables; they are written with a percent sign, `+
		`as in %h or %{Referer}i`)
	f("%h %", "the format has %, which is no directive of Apache"+hint)
	f("%h %y", "the format has %y, which is no directive of Apache"+hint)
	f("%{x}h", "the format has %{x}h, which is no directive of Apache"+hint)
	f("%^t", "the format has %^t, which is no directive of Apache"+hint)
	f("%{x", "the brace of %{x is not closed in the format")
	f("%h%a", "nothing stands between %h and %a in the format; no one can tell where the first "+
		"ends: write a blank, say, between them")
	f(`%{%Q}t`, "%Q in the time format '%Q' can't be read; "+
		"known are %Y %m %d %b %H %M %S %z %s %T %F and their like")
	f(`LogFormat "%h`, "--format: a quote is not closed")
	if _, err := newStage(&stage.Env{}, "access.log"); err == nil {
		t.Error("an argument was taken")
	}
}

// FuzzFormat compiles hostile formats.
func FuzzFormat(f *testing.F) {
	f.Add(formats["vhost_combined"], "a:1 b - - [14/Mar/2025:09:26:53 +0000] \"\\\"\" 1 2 \"\" \"\"")
	f.Add(`%!200,304{X}i %{%d/%b}t %^ti`, "x")
	f.Add(`LogFormat "%h \"%r\"" x`, "a b c")
	f.Fuzz(func(t *testing.T, text, line string) {
		st, err := newStage(&stage.Env{}, "--format="+text)
		if err == nil {
			_, err = stagetest.RunErr(&stage.Env{Lanes: 1}, st, 1, stagetest.Payloads(line)...)
		} else if _, ok := err.(*stage.UsageError); ok {
			err = nil
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}
