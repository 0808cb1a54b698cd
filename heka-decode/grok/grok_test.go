package grok

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heka/heka-decode/internal/capture"
	"heka/heka-decode/internal/kindtest"
	"heka/lib/stage"
)

func TestFields(t *testing.T) {
	f := func(pattern, line, want string, words ...string) {
		t.Helper()
		m := kindtest.Line(t, Kind, line, append([]string{pattern}, words...)...)
		if got := kindtest.Show(m); got != want || m.Type != "grok" {
			t.Errorf("%s of %q\n got %s\nwant %s", pattern, line, got, want)
		}
	}
	f(`%{IP:ip} %{WORD} %{INT:n:int}`, "192.0.2.1 x 5", "ip=string:192.0.2.1 n=int64:5")
	f(`%{INT:[a][b]:long} %{NUMBER:c:float}`, "7 8", "a.b=int64:7 c=float64:8")
	f(`^%{WORD:a}$`, "x", "a=string:x")
	f(`%{INT:n}`, "5", "n=string:5")
	f(`%{INT:n}`, "5", "n=int64:5", "--types=auto")
	f(`(?:%{INT:n:int}|%{WORD:n})`, "x", "n=string:x")
	f(`(?<who>\w+)@%{HOSTNAME:host}`, "me@web.example", "who=string:me host=string:web.example")
	f(`%{ORDER:order}`, "see AB-17", "order=string:AB-17", "--pattern", `ORDER [A-Z]{2}-%{INT}`)
	f(`%{WORD:ok:bool}`, "true", "ok=bool:true")
}

const combined = `192.0.2.17 - - [22/Nov/2026:10:15:32 +0000] "GET /orders/12345?page=2 HTTP/1.1" ` +
	`200 18234 "https://www.example.com/" "Mozilla/5.0 (X11; Linux x86_64)"`

func TestCombined(t *testing.T) {
	m := kindtest.Line(t, Kind, combined, "%{COMBINEDAPACHELOG}")
	want := `source.address=string:192.0.2.17 http.request.method=string:GET ` +
		`url.original=string:/orders/12345?page=2 http.version=string:1.1 ` +
		`http.response.status_code=int64:200 http.response.body.size=int64:18234 ` +
		`http.request.referrer=string:https://www.example.com/ ` +
		`user_agent.original=string:Mozilla/5.0 (X11; Linux x86_64)`
	if got := kindtest.Show(m); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if m.Timestamp != 1795342532e9 {
		t.Errorf("time %d", m.Timestamp)
	}
}

func TestPatternsFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "patterns")
	text := "# ours\n\nA a%{B}\r\nB\tb+\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m := kindtest.Line(t, Kind, "xabb", "%{A:x}", "--patterns-file", name)
	if kindtest.Show(m) != "x=string:abb" {
		t.Errorf("%s", kindtest.Show(m))
	}
}

// TestLibrary wants each pattern that comes with us to expand and compile.
func TestLibrary(t *testing.T) {
	for _, set := range sets() {
		for name := range set {
			x := expander{library: newLibrary()}
			if err := x.expand("%{" + name + ":f}"); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if _, err := capture.Compile(x.out.String()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestUsage(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "patterns")
	if err := os.WriteFile(bad, []byte("A a\nB\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := func(want string, words ...string) {
		t.Helper()
		_, err := kindtest.Make(t, &stage.Env{}, Kind, words...)
		if _, ok := err.(*stage.UsageError); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", words, err, want)
		}
	}
	f("takes one pattern")
	f("names no field", "%{IP}")
	f("no pattern is called \"NUMBR\"\n    %{NUMBR:n}\n    ^ did you mean NUMBER?", "%{NUMBR:n}")
	f("did you mean COMBINEDAPACHELOG?", "%{COMBINEDAPACHLOG}")
	f("no pattern is called \"XYZZYPLUGH\"", "%{XYZZYPLUGH:n}")
	f("a %{ that is not closed", "x %{INT:n")
	f(`the type "dec" is not known`, "%{INT:n:dec}")
	f("in B: character 1: A is made of itself", "%{A:a}", "--pattern", "A %{B}", "--pattern", "B %{A}")
	f("it is a name, a space and an expression", "%{A:a}", "--pattern", "A")
	f("a name is letters", "%{A:a}", "--pattern", "A-B x")
	f("pattern, expanded: character", "%{INT:a} (x")
	f("no such file", "%{A:a}", "--patterns-file", bad+"x")
	f(":2: it is a name", "%{A:a}", "--patterns-file", bad)
}

// TestBounds wants patterns that double themselves to be refused soon.
func TestBounds(t *testing.T) {
	words := []string{"%{A40:a}", "--pattern", "A0 xxxxxxxx"}
	for i := 1; i <= 40; i++ {
		n, m := string(rune('0'+i/10))+string(rune('0'+i%10)), ""
		if i > 1 {
			m = string(rune('0'+(i-1)/10)) + string(rune('0'+(i-1)%10))
		} else {
			m = "0"
		}
		words = append(words, "--pattern", "A"+n+" %{A"+m+"}%{A"+m+"}")
	}
	_, err := kindtest.Make(t, &stage.Env{}, Kind, words...)
	if err == nil || !strings.Contains(err.Error(), "expands to more than") {
		t.Errorf("%.200v", err)
	}
}

func FuzzExpand(f *testing.F) {
	f.Add("%{IP:ip} %{INT:n:int}", "192.0.2.1 5")
	f.Add("%{A:[x][y]}(?<z>.)", "ab")
	f.Add("%{", "")
	f.Fuzz(func(t *testing.T, pattern, line string) {
		words := []string{pattern, "--pattern", "A %{WORD}|%{SPACE}"}
		if strings.HasPrefix(pattern, "-") {
			return
		}
		if _, err := kindtest.Make(t, &stage.Env{}, Kind, words...); err == nil {
			kindtest.Line(t, Kind, line, words...)
		}
	})
}

func TestAllocs(t *testing.T) { kindtest.Allocs(t, Kind, 0, combined, "%{COMBINEDAPACHELOG}") }

func BenchmarkCombined(b *testing.B) { kindtest.Bench(b, Kind, combined, "%{COMBINEDAPACHELOG}") }
