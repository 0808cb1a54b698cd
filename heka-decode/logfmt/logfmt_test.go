package logfmt

import (
	"strings"
	"testing"

	oracle "github.com/go-logfmt/logfmt"

	"heka/heka-decode/internal/kindtest"
)

func TestFields(t *testing.T) {
	f := func(line, want string, words ...string) {
		t.Helper()
		if got := kindtest.Show(kindtest.Line(t, Kind, line, words...)); got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
	f(`a=1 b=x`, "a=int64:1 b=string:x")
	f(`  a=-0.5   cached b=true c=false  `, "a=float64:-0.5 cached=bool:true b=bool:true c=bool:false")
	f(`a= b="" c="1"`, "a=string: b=string: c=string:1")
	f(`msg="a \"b\" \\ \n\té" z=007`, "msg=string:a \"b\" \\ \n\té z=string:007")
	f(`url=/a?b=c&d=e`, "url=string:/a?b=c&d=e")
	f(`a=1 b=true`, "a=string:1 b=string:true", "--strings")
	f(`é=ü`, "é=string:ü")
	f(`a="x"b=2`, "a=string:x b=int64:2")
}

func TestEnvelope(t *testing.T) {
	f := func(line string, ns, severity int64, want string, words ...string) {
		t.Helper()
		m := kindtest.Line(t, Kind, line, words...)
		if m.Timestamp != ns || m.Severity != severity || kindtest.Show(m) != want {
			t.Errorf("%s: %d %d %s", line, m.Timestamp, m.Severity, kindtest.Show(m))
		}
	}
	f(`ts=2026-11-22T00:00:00.5Z level=warn`, 1795305600_500000000, 4, "level=string:warn")
	f(`time="2026-11-22 00:00:00" a=1`, 1795305600e9, 7, "a=int64:1")
	f(`ts=1795305600.25 a=1`, 1795305600_250000000, 7, "a=int64:1")
	f(`t=5 a=1`, 1700000000e9, 7, "t=int64:5 a=int64:1")
	f(`at=1795305600 a=1`, 1795305600e9, 7, "at=int64:1795305600 a=int64:1",
		"--time-field=at", "--keep-time")
}

func TestPayloadAndType(t *testing.T) {
	m := kindtest.Line(t, Kind, "a=1", "--type=app", "--keep-payload")
	if m.Type != "app" || m.Payload != "a=1" {
		t.Errorf("%+v", m)
	}
	if m = kindtest.Line(t, Kind, "a=1"); m.Type != "logfmt" || m.Payload != "" {
		t.Errorf("%+v", m)
	}
}

func TestErrors(t *testing.T) {
	f := func(line, want string, words ...string) {
		t.Helper()
		m := kindtest.Line(t, Kind, line, words...)
		if m.Payload != line || m.Type != "" || kindtest.Bad(m) != want {
			t.Errorf("%q: %s, want %q", line, kindtest.Show(m), want)
		}
	}
	f(``, "byte 0: no key=value")
	f(`just words`, "byte 0: no key=value")
	f(`=x`, "byte 0: no key before the =")
	f(`a"b=c`, "byte 1: a quote within a key")
	f(`a=b"c`, "byte 3: a quote within a value that does not start with one")
	f(`a=1 b="x`, "byte 6: a quote that is not closed")
	f(`a="x\"`, "byte 2: a quote that is not closed")
	f(`a="\x"`, "byte 2: a bad escape within a value")
	f("a\xff=1", "byte 0: a key that is not UTF-8")
	f(`when=soon`, "the time field holds no time in this format", "--time-field=when")
}

func FuzzDecode(f *testing.F) {
	f.Add(`a=1 b="x y" c`)
	f.Add(`a="\u00e9\ud83d\ude00\"" =`)
	f.Add("k=\xff \"")
	f.Fuzz(func(t *testing.T, line string) {
		m := kindtest.Line(t, Kind, line, "--strings", "--time-field=@@")
		bad := kindtest.Bad(m) != ""
		if strings.Contains(line, "\n") || strings.Contains(line, "heka.error") ||
			strings.Contains(line, "@@") {
			return
		}
		dec := oracle.NewDecoder(strings.NewReader(line))
		type pair struct{ key, value string }
		var want []pair
		values := false
		for dec.ScanRecord() {
			for dec.ScanKeyval() {
				want = append(want, pair{string(dec.Key()), string(dec.Value())})
			}
		}
		values = strings.Contains(line, "=")
		if dec.Err() != nil || !values {
			return // ours may take more: an = within a value
		}
		if bad {
			if len(want) > 0 && kindtest.Bad(m) != "byte 0: no key=value" {
				t.Fatalf("%q: %s", line, kindtest.Bad(m))
			}
			return
		}
		if len(want) != len(m.Fields) {
			t.Fatalf("%q: %s, want %q", line, kindtest.Show(m), want)
		}
		for i, w := range want {
			got := m.Fields[i]
			if got.Name != w.key || got.Value != w.value && got.Value != true {
				t.Errorf("%q: %s=%q, want %q", line, got.Name, got.Value, w)
			}
		}
	})
}

const line248 = `ts=2026-11-22T10:15:32.123456Z level=info caller=handler.go:118 msg="request completed" ` +
	`method=POST path=/api/v2/orders/12345/items status=201 duration=42.317 bytes=18234 ` +
	`user=90210 trace=4bf92f3577b34da6a3ce929d0e0e4736 cached=false remote=192.0.2.17:443`

func TestAllocs(t *testing.T) {
	kindtest.Allocs(t, Kind, 0, line248)
	kindtest.Allocs(t, Kind, 0, `a="x\"y" b c=`)
}

func BenchmarkDecode(b *testing.B) { kindtest.Bench(b, Kind, line248) }
