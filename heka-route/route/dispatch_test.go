package route

import (
	"fmt"
	"testing"

	"heka/lib/match"
	"heka/lib/msg"
)

func TestTypeOf(t *testing.T) {
	f := func(expr, want string) {
		t.Helper()
		e, err := match.Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		typ, sure, ok := typeOf(e)
		if got := fmt.Sprint(typ, " ", sure, " ", ok); got != want {
			t.Errorf("%s: %s, want %s", expr, got, want)
		}
	}
	const no = " false false"
	f("Type == 'a'", "a true true")
	f(`Type=="a b"`, "a b true true")
	f("Type == ''", " true true")
	f("(Type == 'a') && Severity < 3", "a false true")
	f("Type == 'a' && (Severity < 3 && Pid == 1)", "a false true")
	f("Type == 'a' && !(Severity < 3)", "a false true")
	f("Type == 'a' && (Severity < 3 || Pid == 1)", no)
	f("Type == 'a' || Severity < 3", no)
	f("(Type == 'a' && Severity < 3) || Pid == 1", no)
	f("Type == 'a' && Payload == '||'", no)
	f(`Type == 'a\'b'`, no)
	f(`Type == "a'b"`, `a'b true true`)
	f("Type != 'a'", no)
	f("!(Type == 'a')", no)
	f("Severity < 3 && Type == 'a'", no)
	f("Type =~ /a/", no)
	f("Type in ('a')", no)
	f("TRUE", no)
}

// TestDispatch compares what a router with a dispatch selects with what each
// expression selects by itself.
func TestDispatch(t *testing.T) {
	texts := []string{"TRUE", "Type == 'a'", "Type == 'a' && Severity == 1", "Type == 'b'", "Type == 'bb'",
		"Severity == 2", "Type == 'a' || Type == 'b'", "Type == 'a'", "Type == ''", "FALSE"}
	var exprs []*match.Expr
	for _, s := range texts {
		e, err := match.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		exprs = append(exprs, e)
	}
	d := newDispatch(exprs)
	for _, m := range append(messages("a b bb c cc"), msg.Message{}) {
		v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
		if err != nil {
			t.Fatal(err)
		}
		var got, want []int
		for _, c := range d.of(v.Type()) {
			if c.sure || exprs[c.rule].Compile().Match(&v) {
				got = append(got, c.rule)
			}
		}
		for i, e := range exprs {
			if e.Compile().Match(&v) {
				want = append(want, i)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("type %q: rules %v, want %v", m.Type, got, want)
		}
	}
}
