package split

import (
	"bytes"
	"fmt"
	"regexp/syntax"
	"strings"
	"testing"
)

// cases returns a function that checks what records a text makes.
func cases(
	t *testing.T, split, multiline string, max int, partial bool,
) func(in string, want ...string) {
	t.Helper()
	spec := mustParse(t, split, multiline)
	return func(in string, want ...string) {
		t.Helper()
		got := show(anyway(t, spec, in, max, partial))
		if w := strings.Join(append(want, ""), "\n"); got != w {
			t.Errorf("%s %s of %q: got\n%swant\n%s", split, multiline, in, got, w)
		}
	}
}

func TestToken(t *testing.T) {
	f := cases(t, "null", "", 4, false)
	f("")
	f("a\x00b\n\x00\x00c", `0:"a"`, `2:"b\n"`, `5:""`, `6:"c"`)
	f("a\r\x00", `0:"a\r"`)
	f("12345\x001234\x00", `0:"1234" truncated=true truncated_bytes=1`, `6:"1234"`)

	f = cases(t, `token=\r\n\x2d`, "", 0, false)
	f("a\r\n-b\r\r\n-\r\n", `0:"a"`, `4:"b\r"`, `9:"\r\n"`)

	f = cases(t, "token:2=;", "", 0, true)
	f("a;b;c;d;;;e", `0:"a;b"`, `4:"c;d"`, `8:";"`, `10:"e" partial=true`)

	f = cases(t, "token==", "", 0, false)
	f("a=b", `0:"a"`, `2:"b"`)
}

func TestFixed(t *testing.T) {
	f := cases(t, "fixed=3", "", 0, false)
	f("abcdef", `0:"abc"`, `3:"def"`)
	f("abcde", `0:"abc"`, `3:"de" partial=true`)
	f = cases(t, "fixed=5", "", 2, false)
	f("abcdefg", `0:"ab" truncated=true truncated_bytes=3`, `5:"fg" partial=true`)
}

func TestRegex(t *testing.T) {
	f := cases(t, "regex=-+", "", 0, false)
	f("a--b-c--", `0:"a"`, `3:"b"`, `5:"c"`)
	f("-a", `0:""`, `1:"a"`)
	f = cases(t, `regex=\n(END)\n`, "", 0, false)
	f("a\nEND\nb\nEND", `0:"a\nEND"`, `6:"b\nEND"`)
	f = cases(t, `regex-start=\n(\d+:)`, "", 0, false)
	f("1:a\nb\n2:c\n10:d", `0:"1:a\nb"`, `6:"2:c"`, `10:"10:d"`)
	f = cases(t, `regex-start=(>)`, "", 0, false)
	f(">a>b>", `0:">a"`, `2:">b"`, `4:">"`)
	f = cases(t, `regex=\n--\n`, "", 3, true)
	f(strings.Repeat("x", 3+2*overlap-1)+"\n--\ny", `0:"xxx" truncated=true truncated_bytes=8191`,
		`8198:"y" partial=true`)
	f("abcde\n--\nx", `0:"abc" truncated=true truncated_bytes=2`, `9:"x" partial=true`)
}

func TestMultiline(t *testing.T) {
	f := cases(t, "line", "indent", 0, true)
	f("a\n b\r\n\tc\nd\n", `0:"a\n b\r\n\tc"`, `9:"d"`)
	f("a\r\n b", `0:"a\r\n b" partial=true`)
	f("a\nb", `0:"a"`, `2:"b" partial=true`)
	f(" a\n b\n\nc\n", `0:" a\n b"`, `6:""`, `7:"c"`)
	f = cases(t, "", "indent", 4, false)
	f("ab\n cd\n e\nf\n", `0:"ab\n " truncated=true truncated_bytes=5`, `10:"f"`)

	f = cases(t, "", `start=^\[`, 0, false)
	f("x\n[a\nb\n\n[c\n", `0:"x"`, `2:"[a\nb\n"`, `8:"[c"`)

	// The "\r" is the last byte that is looked at.
	line := strings.Repeat("a", look-2) + "b"
	f = cases(t, "", `start=b$`, 0, false)
	f("x\n"+line+"\r\n", `0:"x"`, fmt.Sprintf("2:%q", line))
	spec := mustParse(t, "", "start=b$")
	if got := cutUp(t, spec, "x\n"+line+"\rx\n", 0, 1<<30, false, 2+look, 9); len(got) != 1 {
		t.Errorf("%d records", len(got))
	}
}

// Of an endless event, each thousand lines are one.
func TestMaxLines(t *testing.T) {
	f := cases(t, "", "indent", 0, false)
	f("a\n"+strings.Repeat(" b\n", 1500)+"c\n",
		fmt.Sprintf("0:%q partial=true", "a"+strings.Repeat("\n b", 999)),
		fmt.Sprintf("2999:%q", strings.Repeat(" b\n", 500)+" b"), `4502:"c"`)

	// The empty line may go on, but the bound comes first.
	head, frame := tracebackHead+"\n", "  File\n"
	text := head + strings.Repeat(frame, 997) + "E: x\n"
	f = cases(t, "", "python", 0, false)
	f(text+"\nDuring handling of the above exception\n"+head,
		fmt.Sprintf("0:%q partial=true", text[:len(text)-1]), fmt.Sprintf(`%d:""`, len(text)),
		fmt.Sprintf(`%d:"During handling of the above exception"`, len(text)+1),
		fmt.Sprintf("%d:%q", len(text)+40, tracebackHead))
}

func TestExpire(t *testing.T) {
	r := newTrial(t, mustParse(t, "", "indent"), 0, 1<<30, 0)
	f := func(in string, want ...string) {
		t.Helper()
		r.out = nil
		r.feed(in)
		r.expire()
		if w := strings.Join(append(want, ""), "\n"); show(r.out) != w {
			t.Errorf("%q: got\n%swant\n%s", in, show(r.out), w)
		}
	}
	with := func(split, multiline string, max int) {
		r = newTrial(t, mustParse(t, split, multiline), max, 1<<30, 0)
	}
	f("a\n b", `0:"a"`)
	f("c\n", `2:" bc"`)
	f("d")
	f("\n", `6:"d"`)

	// What belonged to an event that was given out stays together.
	with("", "python", 0)
	f(tracebackHead+"\n", `0:"Traceback (most recent call last):"`)
	f("  File\n    x\nE: y\n\n", `35:"  File\n    x\nE: y"`, `53:""`)
	f("plain\n", `54:"plain"`)

	with("", "indent", 3)
	f("abc\n de\n f", `0:"abc" truncated=true truncated_bytes=4`)
	f("g\n", `8:" fg"`)

	with("regex=-+", "", 0)
	f("a-b", `0:"a"`)
	f("-", `2:"b"`)
	f("-", `4:""`)

	with("", "docker", 0)
	f(`{"log":"a"}`+"\n", `0:"{\"log\":\"a\"}" partial=true`)
	f(`{"log":"b\n"}`+"\n", `12:"{\"log\":\"b\\n\"}"`)

	for _, k := range []string{"line", "null", "token=x", "fixed=9"} {
		with(k, "", 0)
		f("abc")
	}
}

// The caller may drop what is left; a splitter takes what it gets then.
func TestDroppedRest(t *testing.T) {
	for _, k := range kinds {
		for _, long := range []string{"", strings.Repeat("y", 20000)} {
			for _, p := range k.pieces {
				s := mustParse(t, k.split, k.multiline).New(envelope(), 4, 0)
				s.Append(nil, nil, []byte(p+long+p), 1<<30)
				s.Append(nil, nil, []byte("a"), 1<<30)
				s.Append(nil, nil, []byte(p+long+p), 1<<30)
				s.Expire(nil, nil, nil)
				if s.Finish(nil, nil, nil); s.Pending() {
					t.Errorf("%s%s: something is held", k.split, k.multiline)
				}
			}
		}
	}
}

// What is held of endless records is bounded, here and by the caller.
func TestBounded(t *testing.T) {
	for _, k := range kinds {
		for _, p := range k.pieces {
			t.Run(fmt.Sprintf("%s%s %q", k.split, k.multiline, p), func(t *testing.T) {
				const limit = 1000
				s := mustParse(t, k.split, k.multiline).New(envelope(), limit, 0)
				portion := strings.Repeat(p, 8000/len(p))
				var rest, dst []byte
				var off []uint32
				for range 6 {
					rest = append(rest, portion...)
					var used int
					dst, off, used = s.Append(dst[:0], off[:0], rest, 1<<30)
					rest = rest[used:]
					if len(rest) > limit+2*overlap {
						t.Fatalf("%d bytes are left", len(rest))
					}
				}
			})
		}
	}
}

// A long record that comes in small portions is not looked through for each; what
// has come meanwhile waits for more, or for the time-out.
func TestRegexEffort(t *testing.T) {
	d, err := newDelimiter("-+", false)
	if err != nil {
		t.Fatal(err)
	}
	r := newRegex(d, 1<<20)
	p := bytes.Repeat([]byte("x"), 400<<10)
	looks, last := 0, 0
	for n := 10; n <= len(p); n += 10 {
		if r.find(p[:n], more); n > cheap && r.tried != last {
			looks++
		}
		last = r.tried
	}
	if looks < 10 || looks > 20 {
		t.Errorf("looked %d times", looks)
	}
	p = append(p[:last], "x-yz"...)
	if _, ok := r.find(p, more); ok || !r.waits(p) {
		t.Error("looked at once, or does not wait")
	}
	if s, ok := r.find(p, idle); !ok || s.next != last+2 {
		t.Error("not found when time is out")
	}
}

func TestParseErrors(t *testing.T) {
	f := func(split, multiline, want string) {
		t.Helper()
		_, err := Parse(split, multiline)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q %q: %v, want %s", split, multiline, err, want)
		}
	}
	f("lines", "", `--split "lines": did you mean line?`)
	f("xyz", "", "there is line, null, token, regex, regex-start, fixed")
	f("line=3", "", "needs no value")
	f("null:2", "", "there is")
	f("token", "", "missing")
	f("token=", "", "missing")
	f("token:0=x", "", "count")
	f("token:x=x", "", "count")
	f(`token=\q`, "", "escapes")
	f(`token=\`, "", "escapes")
	f(`token=\x4`, "", "escapes")
	f(`token=\xzz`, "", "escapes")
	f("token="+strings.Repeat("x", 5000), "", "longer")
	f("regex", "", "missing")
	f("regex=(", "", "missing closing )")
	f("regex=x*", "", "matches where nothing is")
	f("regex=(?m)^", "", "matches where nothing is")
	f("regex=(a)(b)", "", "one group")
	f("regex-start=a", "", "needs a group")
	f("fixed=0", "", "number of bytes")
	f("fixed=1k", "", "number of bytes")
	f("", "jav", `--multiline "jav": did you mean java?`)
	f("", "java=1", "needs no value")
	f("", "start", "missing")
	f("", "start=[", "missing closing ]")
	f("", "perl", "there is java, python, go, ruby, indent, start, docker, cri")
	f("null", "java", "does not go with --split null")
}

func TestExtent(t *testing.T) {
	f := func(expr string, least, most int, behind bool) {
		t.Helper()
		tree, err := syntax.Parse(expr, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		if got := extent(tree); got != (reach{least, most, behind}) {
			t.Errorf("%s: %v", expr, got)
		}
	}
	f("abc", 3, 3, false)
	f("(?i)ab", 2, 8, false)
	f("é", 1, 2, false)
	f("[a-c]{2,3}", 2, 3, false)
	f("[^x]", 1, 4, false)
	f("a.?", 1, 5, false)
	f("a|bcd", 1, 3, false)
	f("a+", 1, -1, false)
	f("(?:a*){3}", 0, -1, false)
	f("x{2,}", 2, -1, false)
	f(`(?m)^a$`, 1, 2, true)
	f(`a\b`, 1, 2, true)
	f(`a|b+`, 1, -1, false)
	f(``, 0, 0, false)
}

func FuzzParse(f *testing.F) {
	for _, k := range kinds {
		f.Add(k.split, k.multiline, strings.Join(k.pieces, ""))
	}
	f.Add(`token:3=\x00\n`, "", "a\x00\n")
	f.Fuzz(func(t *testing.T, split, multiline, text string) {
		spec, err := Parse(split, multiline)
		if err != nil || len(text) > 1000 {
			return
		}
		want := cutUp(t, spec, text, 20, 1<<30, true, len(text)+1)
		if got := cutUp(t, spec, text, 20, 1<<30, true, 1); !same(got, want) {
			t.Fatalf("%q %q of %q: got\n%swant\n%s", split, multiline, text, show(got), show(want))
		}
	})
}
