package syslog

import (
	"strings"
	"testing"
	"time"

	"github.com/leodido/go-syslog/v4/rfc3164"
	"github.com/leodido/go-syslog/v4/rfc5424"

	"heka/heka-decode/internal/kindtest"
	"heka/lib/msg"
)

// stamped renders the envelope of m: time, severity, host, logger, pid, message.
func stamped(m msg.Message) string {
	when := time.Unix(0, m.Timestamp).UTC().Format(time.RFC3339Nano)
	if m.Timestamp == 1700000000e9 {
		when = "-"
	}
	return strings.Join([]string{when, string(rune('0' + m.Severity)), m.Hostname, m.Logger,
		time.Duration(m.Pid).String(), m.Payload}, "|")
}

func check(t *testing.T, line, envelope, fields string) {
	t.Helper()
	m := kindtest.Line(t, Kind, line)
	if got := stamped(m); got != envelope || kindtest.Show(m) != fields || m.Type != "syslog" {
		t.Errorf("%s\n got %s %s\nwant %s %s", line, got, kindtest.Show(m), envelope, fields)
	}
}

func TestRFC5424(t *testing.T) {
	f := func(line, envelope, fields string) {
		t.Helper()
		check(t, line, envelope, fields)
	}
	f(`<34>1 2026-11-22T10:15:32.003Z mymachine.example.com su - ID47 - `+"\xef\xbb\xbf"+`'su root' failed`,
		"2026-11-22T10:15:32.003Z|2|mymachine.example.com|su|0s|'su root' failed",
		"appname=string:su msgid=string:ID47 facility=string:auth")
	f(`<165>1 2026-11-22T10:15:32+01:00 192.0.2.1 app 8710 - [ex@32473 iut="3" src="a \"b\" \] \\"][x y="1"] hi`,
		"2026-11-22T09:15:32Z|5|192.0.2.1|app|8.71µs|hi",
		`appname=string:app ex@32473.iut=string:3 ex@32473.src=string:a "b" ] \ x.y=string:1 facility=string:local4`)
	f(`<0>1 - - - - - -`, "-|0|host|test|0s|", "facility=string:kern")
	f(`<191>1 - - - p-1 - [id]`, "-|7|host|test|0s|",
		"procid=string:p-1 id=bool:true facility=string:local7")
	f(`50 <34>1 - h a 1 - - octets`+"\n", "-|2|h|a|1ns|octets",
		"appname=string:a facility=string:auth")
}

func TestRFC3164(t *testing.T) {
	f := func(line, envelope, fields string) {
		t.Helper()
		check(t, line, envelope, fields)
	}
	f(`<34>Oct 11 22:14:15 mymachine su: 'su root' failed`,
		"2023-10-11T22:14:15Z|2|mymachine|su|0s|'su root' failed",
		"appname=string:su facility=string:auth")
	f(`Jan  5 03:04:05 web sshd[42]: Accepted`, "2024-01-05T03:04:05Z|7|web|sshd|42ns|Accepted",
		"appname=string:sshd")
	f(`<13>Oct 11 2026 22:14:15.25 UTC: %SYS-5-CONFIG_I: Configured`,
		"2026-10-11T22:14:15.25Z|5|host|%SYS-5-CONFIG_I|0s|Configured",
		"appname=string:%SYS-5-CONFIG_I facility=string:user")
	f(`<189>4711: sw1: *Oct 11 22:14:15.123: %LINK-3-UPDOWN: Interface up`,
		"2023-10-11T22:14:15.123Z|5|sw1|%LINK-3-UPDOWN|0s|Interface up",
		"appname=string:%LINK-3-UPDOWN facility=string:local7")
	f(`<13>2026 Oct 11 22:14:15 h t: m`, "2026-10-11T22:14:15Z|5|h|t|0s|m",
		"appname=string:t facility=string:user")
	f(`2026-10-11T22:14:15.5+02:00 h kernel: [ 0.1] m`,
		"2026-10-11T20:14:15.5Z|7|h|kernel|0s|[ 0.1] m",
		"appname=string:kernel")
	f(`<13>su: no time`, "-|5|host|su|0s|no time", "appname=string:su facility=string:user")
	f(`<13>no tag`, "-|5|host|test|0s|no tag", "facility=string:user")
	f(`<13>`, "-|5|host|test|0s|", "facility=string:user")
	f(`Oct 11 22:14:15 h last message repeated 3 times`,
		"2023-10-11T22:14:15Z|7|h|test|0s|last message repeated 3 times", "")
	f(`Oct 11 22:14:15 cron[7]: no host`, "2023-10-11T22:14:15Z|7|host|cron|7ns|no host",
		"appname=string:cron")
	f(`Oct 11 22:14:15 h http://x is a URL`, "2023-10-11T22:14:15Z|7|h|test|0s|http://x is a URL", "")
}

func TestKeepPayload(t *testing.T) {
	line := `<13>Oct 11 22:14:15 h t: m`
	m := kindtest.Line(t, Kind, line, "--keep-payload", "--type=x")
	if m.Payload != line || m.Type != "x" || !strings.Contains(kindtest.Show(m), "message=string:m") {
		t.Errorf("%+v", m)
	}
}

func TestErrors(t *testing.T) {
	f := func(line string, want error) {
		t.Helper()
		m := kindtest.Line(t, Kind, line)
		if m.Payload != line || kindtest.Bad(m) != want.Error() {
			t.Errorf("%q: %s, want %v", line, kindtest.Show(m), want)
		}
	}
	f(``, errNoSyslog)
	f(`hello`, errNoSyslog)
	f(`Oct 32 22:14:15 h t: m`, errNoSyslog)
	f(`Oct 11 22:14:15x h t: m`, errNoSyslog)
	f(`<192>x`, errPriority)
	f(`<>x`, errPriority)
	f(`<1234>x`, errPriority)
	f(`<34`, errPriority)
	f(`<34>1 yesterday h a - - - m`, errTimestamp)
	f(`<34>1 - h a`, errHeader)
	f(`<34>1 - h a - - [x`, errData)
	f(`<34>1 - h a - - [x y="z]`, errData)
	f(`<34>1 - h a - - [x y=z] m`, errData)
	f(`<34>1 - h a - - m`, errData)
}

func FuzzDecode(f *testing.F) {
	f.Add(`<34>1 2026-11-22T10:15:32.003Z h su - ID47 [a b="\"c\]"] failed`)
	f.Add(`<34>Oct 11 22:14:15 h su[1]: failed`)
	f.Add(`<189>1: *Oct 11 2026 22:14:15.1 UTC: %A-5-B: x`)
	f.Add(`12 <1>1 - - - - - -`)
	five, three := rfc5424.NewParser(), rfc3164.NewParser(rfc3164.WithYear(rfc3164.Year{YYYY: 2023}))
	f.Fuzz(func(t *testing.T, line string) {
		m := kindtest.Line(t, Kind, line)
		if strings.HasSuffix(line, "\n") || strings.HasSuffix(line, "\r") ||
			strings.HasSuffix(line, "\x00") {
			return
		}
		if p, err := five.Parse([]byte(line)); err == nil && p != nil {
			agree5424(t, line, p.(*rfc5424.SyslogMessage), m)
			return
		}
		if p, err := three.Parse([]byte(line)); err == nil && p != nil {
			want := p.(*rfc3164.SyslogMessage)
			if kindtest.Bad(m) != "" || m.Severity != int64(*want.Severity) {
				t.Errorf("%q: severity %d, want %d; %s", line, m.Severity, *want.Severity, kindtest.Show(m))
			}
		}
	})
}

// agree5424 wants m to be what the parser of another house read.
func agree5424(t *testing.T, line string, want *rfc5424.SyslogMessage, m msg.Message) {
	t.Helper()
	if want.Timestamp != nil && (want.Timestamp.Year() < 1678 || want.Timestamp.Year() > 2261) ||
		want.Version != 1 {
		return
	}
	if bad := kindtest.Bad(m); bad != "" {
		t.Fatalf("%q: %s", line, bad)
	}
	f := func(what, got string, want *string) {
		t.Helper()
		if want != nil && got != *want {
			t.Errorf("%q: %s %q, want %q", line, what, got, *want)
		}
	}
	f("host", m.Hostname, want.Hostname)
	f("app", m.Logger, want.Appname)
	if want.Message != nil {
		text := strings.TrimPrefix(*want.Message, string(bom))
		f("message", m.Payload, &text)
	}
	if want.Timestamp != nil && m.Timestamp != want.Timestamp.UnixNano() {
		t.Errorf("%q: time %d, want %v", line, m.Timestamp, want.Timestamp)
	}
	if want.StructuredData == nil {
		return
	}
	all := map[string]any{}
	for _, fl := range m.Fields {
		all[fl.Name] = fl.Value
	}
	for id, params := range *want.StructuredData {
		for name, value := range params {
			if got := all[id+"."+name]; got != value {
				t.Errorf("%q: %s.%s is %v, want %q", line, id, name, got, value)
			}
		}
	}
}

const (
	line5424 = `<165>1 2026-11-22T10:15:32.003123Z web-17.example.com checkout 8710 ID47 ` +
		`[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"][meta seq="42"] ` +
		`request completed in 42 ms for user 90210 with status 201 and 18234 bytes`
	line3164 = `<38>Nov 22 10:15:32 web-17 sshd[24200]: Accepted publickey for deploy from ` +
		`192.0.2.17 port 50022 ssh2: ED25519 SHA256:abcdefghijklmnopqrstuvwxyz0123456789`
)

func TestAllocs(t *testing.T) {
	kindtest.Allocs(t, Kind, 0, line5424)
	kindtest.Allocs(t, Kind, 0, line3164)
	kindtest.Allocs(t, Kind, 0, `<34>1 - h a - - [x y="\"z"] m`)
}

func Benchmark5424(b *testing.B) { kindtest.Bench(b, Kind, line5424) }
func Benchmark3164(b *testing.B) { kindtest.Bench(b, Kind, line3164) }
