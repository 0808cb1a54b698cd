package logformat

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"heka/lib/msg"
)

// scan compiles parts and returns what line becomes: its fields and time, or the error.
func scan(t *testing.T, parts []Part, opt Options, line string) string {
	t.Helper()
	tmpl, err := Compile(parts, opt)
	if err != nil {
		return "usage: " + err.Error()
	}
	var b msg.Builder
	b.Reset()
	if err := tmpl.NewScanner().Scan([]byte(line), &b); err != nil {
		return err.Error()
	}
	return show(t, &b)
}

func show(t testing.TB, b *msg.Builder) string {
	t.Helper()
	v, err := msg.Parse(b.AppendBody(nil))
	if err != nil {
		t.Fatal(err)
	}
	m := v.Message()
	var s []string
	for _, f := range m.Fields {
		s = append(s, strings.TrimSuffix(fmt.Sprintf("%s=%#v %s", f.Name, f.Value, f.Rep), " "))
	}
	if m.Timestamp != 0 {
		s = append(s, time.Unix(0, m.Timestamp).UTC().Format(time.RFC3339Nano))
	}
	return strings.Join(s, "; ")
}

// template makes parts of a short form: what stands in braces is a variable.
// {a} is a string, {a:n} an int, {a:f} a float, with l a list, {r} a request.
func template(s string) []Part {
	var all []Part
	for s != "" {
		lit, rest, _ := strings.Cut(s, "{")
		if lit != "" {
			all = append(all, Part{Literal: lit})
		}
		v, rest, ok := strings.Cut(rest, "}")
		if s = rest; !ok {
			break
		}
		name, kind, _ := strings.Cut(v, ":")
		x := &Var{Text: "$" + name, Field: name, List: strings.Contains(kind, "l")}
		switch {
		case strings.Contains(kind, "n"):
			x.Kind = Int
		case strings.Contains(kind, "f"):
			x.Kind = Float
		case name == "r":
			x.Kind = Request
		}
		all = append(all, Part{Var: x})
	}
	return all
}

func TestScan(t *testing.T) {
	f := func(tmpl, line, want string) {
		t.Helper()
		if got := scan(t, template(tmpl), Options{}, line); got != want {
			t.Errorf("%s on %q:\ngot  %s\nwant %s", tmpl, line, got, want)
		}
	}
	f(`{a} - {b}`, "one - two", `a="one"; b="two"`)
	f(`{a} - {b}`, "one - two\n", `a="one"; b="two"`)
	f(`{a} - {b}`, "one - two\r\n", `a="one"; b="two"`)
	f(`{a} - {b}`, "x y - - - z", `a="x y"; b="- - z"`)
	f(`{a} - {b}`, "- - -", ``)
	f(`{a} - {b}`, " - ", ``)
	f(`{a} - {b}`, "one-two", `no match at $a`)
	f(`<{a}> {b};`, "<x> y;", `a="x"; b="y"`)
	f(`<{a}> {b};`, "x> y;", `no match at the start of the line`)
	f(`<{a}> {b};`, "<x> y;z;", `a="x"; b="y;z"`)
	f(`<{a}> {b};`, "<x> y;z", `no match at $b`)
	f(`"{a}" {b}`, `"x y" z`, `a="x y"; b="z"`)
	f(`"{a}" "{b}"`, `"x\" y" "\\"`, `a="x\" y"; b="\\"`)
	f(`"{a}" "{b}"`, `"x" y" "z"`, `no match at $a`)
	f(`"{a}" "{b}"`, `"x" "z" more`, `no match at the end of the line`)
	f(`"{a}" "{b}"`, `"x" "z\"`, `no match at $b`)
	f(`"{a}" "{b}"`, `"" "-"`, ``)
	f(`{a:n} {b:f}`, "200 0.125", `a=200; b=0.125`)
	f(`{a:n} {b:f}`, "-7 -1.5", `a=-7; b=-1.5`)
	f(`{a:n} {b:f}`, "- -", ``)
	f(`{a:n} {b:f}`, "2x 1e9", `a="2x"; b="1e9"`)
	f(`{a:n} {b:f}`, "1234567890123456789 1234567890123456789",
		`a="1234567890123456789"; b="1234567890123456789"`)
	f(`{a:n}1{b}`, "2212", `a=22; b="2"`)
	f(`{a:n}1{b}`, "2x1", `a="2x"`)
	f(`{a:nl} {b:fl}.`, "1 2.", `a=1; b=2`)
	f(`{a:nl}|{b:fl}`, "200, 502 : 200|0.1, -, 0.2",
		`a=[]interface {}{200, 502, 200}; b=[]interface {}{0.1, 0.2}`)
	f(`{a:nl}|{b:fl}`, "-, 200|-, -", `a=200`)
	f(`{a:nl}|{b:fl}`, "1, x|1, ", `a="1, x"; b="1, "`)
	f(`{a:l}`, "192.0.2.1:80, [2001:db8::1]:80 : unix:/run/a",
		`a=[]interface {}{"192.0.2.1:80", "[2001:db8::1]:80", "unix:/run/a"}`)
	f(`{a:l}`, "192.0.2.1:80", `a="192.0.2.1:80"`)
	f(`{a:nl} {b:fl} {c}`, "200, 502 : 200 0.1, - : 0.2 x, y",
		`a=[]interface {}{200, 502, 200}; b=[]interface {}{0.1, 0.2}; c="x, y"`)
	f(`{a:nl} {b:fl} {c}`, "200, 502", `no match at $a`)
	f(`{a} {a} {b}`, "1 2 3", `a="1"; b="3"`)
	f(`{a}{b}`, "1 2", `usage: nothing stands between $a and $b in the format; `+
		`no one can tell where the first ends: write a blank, say, between them`)
	f(`abc`, "1 2", `usage: the format has no variables`)
	f(`{a} <a literal of more than eight bytes> {b}`, "1 <a literal of more than eight bytes> 2",
		`a="1"; b="2"`)
	f(`{a} <a literal of more than eight bytes> {b}`, "1 <a literal of more than eight bytes",
		`no match at $a`)
}

func TestRequest(t *testing.T) {
	f := func(tmpl, line, want string) {
		t.Helper()
		if got := scan(t, template(tmpl), Options{}, line); got != want {
			t.Errorf("%s on %q:\ngot  %s\nwant %s", tmpl, line, got, want)
		}
	}
	split := func(r, method, uri, protocol string) {
		t.Helper()
		f(`"{r}"`, `"`+r+`"`, fmt.Sprintf("r=%q; request_method=%q; request_uri=%q; "+
			"server_protocol=%q", r, method, uri, protocol))
	}
	whole := func(r string) {
		t.Helper()
		f(`"{r}"`, `"`+r+`"`, fmt.Sprintf("r=%q", r))
	}
	split("GET / HTTP/1.1", "GET", "/", "HTTP/1.1")
	split("GET /a b HTTP/2.0", "GET", "/a b", "HTTP/2.0")
	split("OPTIONS sip:nm SIP/2.0", "OPTIONS", "sip:nm", "SIP/2.0")
	split("PRI * HTTP/2.0", "PRI", "*", "HTTP/2.0")
	whole("GET /")
	whole("GET")
	whole("GET  HTTP/1.1")
	whole(" / HTTP/1.1")
	whole("GET / ")
	whole("a b c d")
	f(`"{r}"`, `"-"`, "")
	f(`"{r}"`, `"\x16\x03\x01"`, `r="\x16\x03\x01"`)
	f(`"{r}"`, `"GET /\x22 HTTP/1.1"`, `r="GET /\" HTTP/1.1"; request_method="GET"; `+
		`request_uri="/\""; server_protocol="HTTP/1.1"`)
	f(`"{r}" {request_uri}`, `"GET /a HTTP/1.1" /b`, `r="GET /a HTTP/1.1"; `+
		`request_method="GET"; server_protocol="HTTP/1.1"; request_uri="/b"`)
}

func TestAbsentAndReps(t *testing.T) {
	f := func(v Var, line, want string) {
		t.Helper()
		v.Text, v.Field = "$a", "a"
		if got := scan(t, []Part{{Var: &v}}, Options{Reps: true}, line); got != want {
			t.Errorf("%q: got %s, want %s", line, got, want)
		}
	}
	f(Var{Kind: Int, Absent: Zero, Rep: "B"}, "-", "a=0 B")
	f(Var{Kind: Int, Rep: "B"}, "-", "")
	f(Var{Kind: Int, Rep: "B"}, "12", "a=12 B")
	f(Var{Kind: Int, Rep: "B", List: true}, "12, 13", "a=[]interface {}{12, 13} B")
	f(Var{Kind: Float, Rep: "s", Scale: 6}, "1500000", "a=1.5 s")
	f(Var{Absent: Dash}, "-", `a="-"`)
	f(Var{Kind: Query}, "?x=1", `a="x=1"`)
	f(Var{Kind: Query}, "?", `a=""`)
	f(Var{Rep: "ip"}, "192.0.2.1", `a="192.0.2.1" ipv4`)
	f(Var{Rep: "ip"}, "2001:db8::A", `a="2001:db8::A" ipv6`)
	f(Var{Rep: "ip"}, "::ffff:192.0.2.1", `a="::ffff:192.0.2.1" ipv6`)
	f(Var{Rep: "ip"}, "www.example.org", `a="www.example.org"`)
	f(Var{Rep: "ip"}, "a.b.c.d", `a="a.b.c.d"`)
	f(Var{Rep: "ip"}, "cafe", `a="cafe"`)
}

// FuzzScan scans hostile lines after hostile templates.
func FuzzScan(f *testing.F) {
	f.Add(`{a} - {b} [{c}] "{r}" {d:n} {e:fl} "{g}"`,
		"1 - - [x] \"GET / HTTP/1.1\" 2 3, 4 \"\\x\"", uint8(0))
	f.Add(`{a}-{b:nl}"{c}"`, "\x00-\xff\"\\\"\\", uint8(1))
	f.Add(`"{r}"`, `"`+strings.Repeat(`\"`, 2000), uint8(3))
	f.Add(`{a:n}  {b}`, strings.Repeat("1 ", 2000), uint8(2))
	f.Fuzz(func(t *testing.T, tmpl, line string, escape uint8) {
		if strings.Count(tmpl, "{") > 1000 {
			return
		}
		c, err := Compile(template(tmpl), Options{Escape: Escape(escape % 4), Reps: escape > 100})
		if err != nil {
			return
		}
		s := c.NewScanner()
		var b msg.Builder
		for range 2 { // the second time with what was cached
			b.Reset()
			err := s.Scan([]byte(line), &b)
			show(t, &b)
			if err != nil && !strings.HasPrefix(err.Error(), "no match at ") {
				t.Fatal(err)
			}
		}
	})
}

func TestLongLine(t *testing.T) {
	c, err := Compile(template(`{a} - {b:nl} "{r}"`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := c.NewScanner()
	var b msg.Builder
	f := func(line string, fits bool) {
		t.Helper()
		b.Reset()
		if err := s.Scan([]byte(line), &b); (err == nil) != fits {
			t.Errorf("%.20q...: %v", line, err)
		}
		show(t, &b)
	}
	const mega = 1 << 20
	f(strings.Repeat(" ", mega), false)
	f(strings.Repeat(" -", mega/2), false)
	f(strings.Repeat("\x00", mega)+` - 1 "x"`, true)
	f(`a - `+strings.Repeat("1,", mega/2)+`1 "x"`, true)
	f(`a - 1 "`+strings.Repeat(`\"`, mega/2)+`"`, true)
	f(`a - 1 "`+strings.Repeat(`\`, mega)+`"`, true)
	f(`a - 1 "`+strings.Repeat(`\`, mega+1)+`"`, false)
	f(`a - 1 "`+strings.Repeat("\xff \x80", mega/3)+`"`, true)
}
