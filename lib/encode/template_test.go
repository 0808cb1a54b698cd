package encode

import (
	"errors"
	"math/rand/v2"
	"path"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/itchyny/timefmt-go"

	"heka/lib/msg"
)

var templateMessage = msg.Message{
	Uuid: [16]byte{15: 1}, Timestamp: 1790812805123456789, Type: "T", Logger: "L", Severity: 6,
	Payload: "p p", EnvVersion: "e", Pid: 9, Hostname: "h",
	Fields: []msg.Field{
		{Name: "x", Value: []any{int64(1), int64(2)}}, {Name: "x", Value: []any{"a", "b"}},
		{Name: "status", Value: int64(200)}, {Name: "Type", Value: "field"},
		{Name: "b", Value: []byte{0xff}}, {Name: "f", Value: 0.5},
	},
}

func TestTemplate(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		tpl, err := ParseTemplate(text, nil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			return
		}
		for range 2 {
			if got := string(tpl.Append(nil, view(templateMessage))); got != want {
				t.Errorf("%s becomes %q, not %q", text, got, want)
			}
		}
	}
	f("", "")
	f("plain", "plain")
	f(`100%% \\ \n\t\r`, "100% \\ \n\t\r")
	f("%{Type}|%{Logger}|%{Severity}|%{Payload}|%{EnvVersion}|%{Pid}|%{Hostname}",
		"T|L|6|p p|e|9|h")
	f("%{Uuid} %{Timestamp}", "00000000-0000-0000-0000-000000000001 2026-10-01T00:00:05.123456789Z")
	f("%{status}%{.status}%{Fields[status]}%{Fields[Type]}", "200200200field")
	f("%{x} %{Fields[x][1]} %{Fields[x][1][0]} %{Fields[x][0][1]} %{Fields[x][2]}%{Fields[x][0][9]}",
		"1,2 a,b a 2 ")
	f("%{b} %{f} %{missing}.", "/w== 0.5 .")
	f("%Y-%m-%dT%H:%M:%S.%L %f %N %s", "2026-10-01T00:00:05.123 123456 123456789 1790812805")
	f("é%{Type}/%{Type}", "éT/T")
}

func TestTemplateErrors(t *testing.T) {
	f := func(text string, column int, want string) {
		t.Helper()
		_, err := ParseTemplate(text, nil)
		var mistake *TemplateError
		if !errors.As(err, &mistake) || mistake.Column != column ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
			return
		}
		rows := strings.Split(err.Error(), "\n")
		caret := utf8.RuneCountInString(rows[2]) - 1
		shown := string(AppendVisible(nil, []byte(text)))
		if len(rows) != 3 || rows[1] != "    "+shown || caret > utf8.RuneCountInString(rows[1]) {
			t.Errorf("%s: shown as\n%v", text, err)
		}
	}
	f("a%", 2, "percent sign at the end")
	f("é%Q", 2, "unknown directive")
	f("%{Type", 1, "without }")
	f("\xff%{}", 4, "is not a header")
	f("%{Fields[a}", 3, "is not a header")
	f(`abc\`, 4, "backslash")
	f(`abc\x`, 4, "unknown escape")
	f("\x1b[31m%", 6, `\x1b[31m%`)

	_, err := ParseTemplate("\x1bé%", nil)
	want := "template: column 3: a percent sign at the end; write %% for one\n" +
		"    \\x1bé%\n" +
		"         ^"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// TestTemplateTimes compares each letter with timefmt, in zones of all sorts.
func TestTemplateTimes(t *testing.T) {
	zones := []*time.Location{time.UTC, time.FixedZone("XST", -(3*3600 + 30*60)),
		time.FixedZone("", 14*3600)}
	r := rand.New(rand.NewPCG(1, 2))
	for _, loc := range zones {
		for _, letter := range "YCymBbhdejaAuwGgVHIMSpZzsFTDRfN" {
			tpl, err := ParseTemplate("%"+string(letter), loc)
			if err != nil {
				t.Fatal(err)
			}
			for range 200 {
				m := msg.Message{Timestamp: int64(r.Uint64())}
				at := time.Unix(0, m.Timestamp).In(loc)
				want := timefmt.Format(at, "%"+string(letter))
				if letter == 'N' {
					want = at.Format("000000000")
				}
				if letter == 'N' || letter == 'f' {
					want = at.Format(".000000000")[1:]
					want = want[:map[rune]int{'f': 6, 'N': 9}[letter]]
				}
				if got := string(tpl.Append(nil, view(m))); got != want {
					t.Fatalf("%%%c of %s is %q, not %q", letter, at, got, want)
				}
			}
		}
	}
}

func TestAppendPath(t *testing.T) {
	f := func(text, value, want string) {
		t.Helper()
		tpl, err := ParseTemplate(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		m := templateMessage
		m.Hostname = value
		if got := string(tpl.AppendPath([]byte("x"), view(m))); got != "x"+want {
			t.Errorf("%s with %q becomes %q, not %q", text, value, got[1:], want)
		}
	}
	f("logs/%{Hostname}/%Y-%m-%d.log", "web01", "logs/web01/2026-10-01.log")
	f("%{Hostname}", "../../etc/passwd", "___.._etc_passwd")
	f("%{Hostname}", "..", "__")
	f("/%{Hostname}/x", "", "/-/x")
	f(".%{Hostname}", ".", "._")
	f("%{Hostname}", ".ssh", "_ssh")
	f("%{Hostname}", "a\x00b\nc\\d\x7f\u202e\x9b\xff", "a_b_c_d____")
	f("%{Hostname}", "a.b", "a.b")
	f("%D", "", "10_01_26")
	f("%{Hostname}", strings.Repeat("é", 200), strings.Repeat("é", 100))
	f("%{Hostname}.log", strings.Repeat("a", 300), strings.Repeat("a", 196)+".log")
	f("%{Hostname}%{Hostname}", strings.Repeat("a", 150), strings.Repeat("a", 200))
	f("a/%{Hostname}/b%{Hostname}", strings.Repeat("a", 250), "a/"+strings.Repeat("a", 200)+
		"/b"+strings.Repeat("a", 199))
	f(strings.Repeat("t", 300)+"%{Hostname}", strings.Repeat("a", 250),
		strings.Repeat("t", 300)+strings.Repeat("a", 32))
	f("%{Hostname}/%{x}", "-", "-/1,2")
}

// FuzzAppendPath holds that no value adds an element, or names one that is
// special.
func FuzzAppendPath(f *testing.F) {
	f.Add("..", "/etc")
	f.Add("", "\x00")
	f.Add(strings.Repeat("x", 300), "\u202e\xff")
	tpl, err := ParseTemplate("root/%{Type}/%{Hostname}%{Type}/%Y.log", nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		m := msg.Message{Type: a, Hostname: b}
		p := string(tpl.AppendPath(nil, view(m)))
		parts := strings.Split(p, "/")
		if len(parts) != 4 || path.Clean(p) != p || parts[0] != "root" || parts[3] != "1970.log" {
			t.Fatalf("%q and %q become %q", a, b, p)
		}
		for _, e := range parts {
			if e == "" || e[0] == '.' || len(e) > 200 || !utf8.ValidString(e) ||
				strings.ContainsFunc(e, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Fatalf("%q and %q become %q", a, b, p)
			}
		}
	})
}

// FuzzTemplate holds that no text of a template breaks the parser, and that what
// it takes can be filled in.
func FuzzTemplate(f *testing.F) {
	f.Add("%Y/%{Type}%%\\n")
	f.Add("%{Fields[x][0][1]}%")
	v := view(templateMessage)
	f.Fuzz(func(t *testing.T, text string) {
		tpl, err := ParseTemplate(text, nil)
		if err != nil {
			if !strings.Contains(err.Error(), "^") {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if !strings.ContainsAny(text, `%\`) && string(tpl.Append(nil, v)) != text {
			t.Fatalf("%q is not itself", text)
		}
		tpl.AppendPath(nil, v)
	})
}
