package encode

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/go-logfmt/logfmt"

	"heka/lib/msg"
)

func TestLogfmt(t *testing.T) {
	f := func(m msg.Message, flat bool, want string) {
		t.Helper()
		if got := string(NewLogfmt(flat).Append(nil, view(m))); got != want+"\n" {
			t.Errorf("got  %swant %s", got, want)
		}
	}
	m := msg.Message{Severity: 7}
	f(m, false, `timestamp=1970-01-01T00:00:00Z`)
	f(m, true, ``)
	m = msg.Message{
		Timestamp: 1500000000, Type: "T", Logger: "l l", Severity: 3, Hostname: "h", Pid: 4,
		EnvVersion: "0.8", Payload: "a=b\n", Uuid: [16]byte{1},
		Fields: []msg.Field{
			{Name: "a b=\"\x00\x7f\xff", Value: "null"}, {Name: "", Value: ""},
			{Name: "n", Value: int64(-4)}, {Name: "n", Value: 1.5}, {Name: "é", Value: "é"},
			{Name: "l", Value: []any{"a b", "c"}}, {Name: "b", Value: []byte("\xff")},
			{Name: "t", Value: true}, {Name: "nan", Value: math.Inf(-1)}, {Name: "q", Value: `a\"b`},
		},
	}
	fields := `a_b_____=` + `"null" _= n=-4 n=1.5 é=é l="a b,c" b="/w==" t=true nan=-Inf q="a\\\"b"`
	f(m, true, fields)
	f(m, false, `timestamp=1970-01-01T00:00:01.500Z type=T logger="l l" severity=3 hostname=h pid=4 `+
		`env_version=0.8 payload="a=b\n" `+fields)
}

// TestLogfmtReadsBack reads with go-logfmt what random strings became, and holds
// that it quotes where we do.
func TestLogfmtReadsBack(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 5000 {
		s := randomText(r, 30)
		m := msg.Message{Fields: []msg.Field{{Name: "k", Value: s}}}
		line := NewLogfmt(true).Append(nil, view(m))
		d := logfmt.NewDecoder(bytes.NewReader(line))
		if !d.ScanRecord() || !d.ScanKeyval() || string(d.Key()) != "k" || string(d.Value()) != clean(s) {
			t.Fatalf("%q became %q, read as %q: %v", s, line, d.Value(), d.Err())
		}
		if d.ScanKeyval() || d.ScanRecord() || d.Err() != nil {
			t.Fatalf("%q became %q: more is read, or %v", s, line, d.Err())
		}
		ours := strings.Contains(string(line), `="`)
		theirs, err := logfmt.MarshalKeyvals("k", s)
		if err != nil || ours != strings.Contains(string(theirs), `="`) {
			t.Fatalf("%q becomes %q, of go-logfmt %q", s, line, theirs)
		}
		if clean(s) == s && !strings.Contains(s, "\uFFFD") && !strings.Contains(s, "\x7f") &&
			string(theirs)+"\n" != string(line) {
			t.Fatalf("%q becomes %q, of go-logfmt %q", s, line, theirs)
		}
	}
}

func TestLogfmtKeys(t *testing.T) {
	f := func(name string) {
		t.Helper()
		m := msg.Message{Fields: []msg.Field{{Name: name, Value: "v"}}}
		line := NewLogfmt(true).Append(nil, view(m))
		d := logfmt.NewDecoder(bytes.NewReader(line))
		if !d.ScanRecord() || !d.ScanKeyval() || len(d.Key()) == 0 || string(d.Value()) != "v" ||
			d.ScanKeyval() || d.Err() != nil {
			t.Errorf("%q becomes %q: %v", name, line, d.Err())
		}
	}
	r := rand.New(rand.NewPCG(5, 6))
	f("")
	for range 3000 {
		f(randomText(r, 30))
	}
}
