package match

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"
)

// generator writes random expressions that are right.
type generator struct{ r *rand.Rand }

func (g generator) of(all ...string) string { return all[g.r.IntN(len(all))] }

func (g generator) expr(depth int) string {
	if depth > 0 {
		switch g.r.IntN(6) {
		case 0:
			return g.expr(depth-1) + " && " + g.expr(depth-1)
		case 1:
			return g.expr(depth-1) + "||" + g.expr(depth-1)
		case 2:
			return "!(" + g.expr(depth-1) + ")"
		case 3:
			return "! " + g.expr(depth-1)
		case 4:
			return "(" + g.expr(depth-1) + "\n)"
		}
	}
	switch g.r.IntN(8) {
	case 0:
		return g.of("TRUE", "FALSE")
	case 1:
		return g.textVar() + g.rel() + g.text()
	case 2:
		return g.of("Timestamp", "Pid", "Severity") + g.rel() + g.number()
	case 3:
		return "Timestamp" + g.rel() + g.of("now", "now - 10m", "now+1.5h", "'2014-11-24T14:54:53Z'")
	case 4:
		return g.of(g.field(), g.textVar()) + g.of("=~", " !~") + g.pattern()
	case 5:
		return g.field() + g.of(" == NIL", "!=NIL", "==TRUE", " == FALSE")
	case 6:
		return g.field() + " in(" + g.value() + "," + g.value() + " , " + g.value() + ")"
	}
	return g.field() + g.rel() + g.value()
}

func (g generator) rel() string { return g.of("==", " != ", "<", "<=", " >", ">= ") }

func (g generator) textVar() string {
	return g.of("Uuid", "Type", "Logger", "Payload", "EnvVersion", "Hostname")
}

func (g generator) field() string {
	name := g.of("status", "request_method", "request_time", "ok", "no", "word", "tags", "none",
		"a.b-c",
		"big", "max", "nan", "took", "wait", "size", "length", "x", "bin")
	return g.of("Fields["+name+"]", "."+name, "Fields[sp ace]") + g.of("", "", "", "[0]", "[1]",
		"[1][0]", "[0][2]")
}

func (g generator) value() string {
	return g.of(g.text(), g.number(), g.number()+g.of("s", "ms", "KiB", "B", "d"))
}

func (g generator) number() string {
	return g.of("-", "") + g.of("0", "1", "502", "43", "0.043", ".5", "1e3", "1.5E+3", "8", "4096",
		"9007199254740993", "9007199254740992", "9223372036854775807", "9223372036854775808", "1e300")
}

func (g generator) text() string {
	return g.of(`'nginx.access'`, `"GET"`, `''`, `'it\'s'`, `"a\'b"`, `'a\\'`, `'TRUE'`, `"d"`,
		"'a\nb'", `'\x'`)
}

func (g generator) pattern() string {
	return g.of("/^nginx/", "/access$/", "/^GET$/", "/a|d/", `/\.a/`, "/(?i)get/", `/G.T/`, `/\//`,
		"//", "/[^a]/")
}

func TestRandom(t *testing.T) {
	const now = 1416840893000000001
	g := generator{rand.New(rand.NewPCG(1, 2))}
	v := view(t, sample())
	for range 20 {
		var exprs []string
		for range 100 {
			exprs = append(exprs, g.expr(4))
		}
		s := set(t, exprs...)
		s.SetNow(now)
		s.Reset(v)
		for i, expr := range exprs {
			e := roundTrip(t, expr)
			want := naive(e.root, v, now)
			if got := s.Match(v, i); got != want {
				t.Fatalf("%s\nin a set: %v, want %v", e, got, want)
			}
			m := e.Compile()
			m.SetNow(now)
			if got := m.Match(v); got != want {
				t.Fatalf("%s\nalone: %v, want %v", e, got, want)
			}
		}
	}
}

// roundTrip parses expr, and what that prints, and wants both to be equal.
func roundTrip(t *testing.T, expr string) *Expr {
	t.Helper()
	e, err := Parse(expr)
	if err != nil {
		t.Fatalf("%q: %v", expr, err)
	}
	if len(e.String()) > MaxLength {
		return e
	}
	again, err := Parse(e.String())
	if err != nil {
		t.Fatalf("%q prints as %q: %v", expr, e, err)
	}
	if again.String() != e.String() || !reflect.DeepEqual(e, again) {
		t.Fatalf("%q prints as %q, which prints as %q", expr, e, again)
	}
	return e
}

func FuzzParse(f *testing.F) {
	for _, c := range hotExprs {
		f.Add(c.expr)
	}
	for _, c := range complaints {
		f.Add(c.expr)
	}
	g := generator{rand.New(rand.NewPCG(3, 4))}
	for range 50 {
		f.Add(g.expr(3))
	}
	v := view(f, sample())
	f.Fuzz(func(t *testing.T, expr string) {
		e, err := Parse(expr)
		if err != nil {
			checkError(t, expr, err)
			return
		}
		roundTrip(t, expr)
		m := e.Compile()
		m.SetNow(7)
		if got, want := m.Match(v), naive(e.root, v, 7); got != want {
			t.Fatalf("%q: %v, want %v", expr, got, want)
		}
	})
}

func checkError(t *testing.T, expr string, err error) {
	t.Helper()
	e, ok := err.(*Error)
	if !ok || e.Expr != expr || e.Pos < 0 || e.Pos > len(expr) || e.Msg == "" {
		t.Fatalf("%q: error %#v", expr, err)
	}
	text := err.Error()
	if strings.Count(text, "\n") != 2 || strings.ContainsAny(text, "\x00\x1b\r\x7f") {
		t.Fatalf("%q: error text %q", expr, text)
	}
}

func FuzzParseVar(f *testing.F) {
	for _, s := range []string{"Type", ".a.b", "Fields[x][1][0]", " Fields[a b] ", ".a[",
		"Fields[", ".", ".é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseVar(s)
		if err != nil {
			checkError(t, s, err)
			return
		}
		if again, err := ParseVar(v.String()); err != nil || again != v {
			t.Fatalf("%q prints as %q: %#v, %v", s, v, again, err)
		}
	})
}

func TestPatterns(t *testing.T) {
	f := func(src, form string) {
		t.Helper()
		cost := maxCost
		p, err := newPattern(src, &cost)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			return
		}
		got := fmt.Sprintf("need %q", p.need)
		if p.re == nil {
			got = ""
			for _, x := range p.texts {
				got += strings.Repeat("^", btoi(x.begin)) + string(x.text) + strings.Repeat("$",
					btoi(x.end)) + " "
			}
		}
		if got = strings.TrimSpace(got); got != form {
			t.Errorf("%s: %s, want %s", src, got, form)
		}
	}
	f("^lit", "^lit")
	f("lit$", "lit$")
	f("^lit$", "^lit$")
	f("lit", "lit")
	f(`\.js`, ".js")
	f("", "")
	f("^$", "^$")
	f("foo|bar|baz", "foo bar baz")
	f("^(?:GET|PUT) /", "^GET / ^PUT /")
	f("^(a|b)$", "^a$ ^b$")
	f("^a|b$", "^a b$")
	f("^5[0-3]", "^50 ^51 ^52 ^53")
	f("https?", "http")
	f("^https?$", "^https$ ^http$")
	f(".*error.*", "error")
	f("(?i)error", "need []")
	f("(?m)^a", `need ["a"]`)
	f(`\d+ POST`, `need [" POST"]`)
	f(`(error|fatal): \w+`, `need ["error" "fatal"]`)
	f(`(?:error|fatal)\d`, `need ["error" "fatal"]`)
	f(`[a-z]{3}`, "need []")
	f("a\uFFFD", "need []")
	f(`a^b`, `need ["a"]`)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func FuzzPattern(f *testing.F) {
	for _, s := range []string{"^a", "a$", "a|b", "(a|bc)?d", "x*a.?", "[a-c]x", "^a|b$", "(?i)k",
		"é", "\\xff", "a^", "$a",
		"(^a)|b*c", "^*a", "(?s).a", "a{2,3}b", "()", "(a$)?b"} {
		f.Add(s, []byte("abc dé\xff\xc3ax"))
	}
	f.Fuzz(func(t *testing.T, src string, b []byte) {
		re, err := syntax.Parse(src, syntax.Perl)
		if err != nil || instructions(re, 2000) > 2000 || len(b) > 1000 {
			return
		}
		cost := maxCost
		p, err := newPattern(src, &cost)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := p.match(b), regexp.MustCompile(src).Match(b); got != want {
			t.Fatalf("/%s/ on %q: %v, want %v", src, b, got, want)
		}
	})
}
