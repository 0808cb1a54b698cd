package session

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEdits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	list := func(n int) (all []string) {
		for range r.IntN(n) {
			all = append(all, strconv.Itoa(r.IntN(4)))
		}
		return all
	}
	for range 3000 {
		a, b := list(12), list(12)
		all := edits(a, b)
		if got := apply(t, a, b, all); got != shortest(a, b) {
			t.Fatalf("%v to %v takes %d steps, not %d: %v", a, b, got, shortest(a, b), all)
		}
	}
	var far []string
	for i := range 3000 {
		far = append(far, "x"+strconv.Itoa(i))
	}
	mixed := slices.Concat(far[:10], list(100), far[500:600], far[20:40])
	apply(t, far, mixed, edits(far, mixed))
	apply(t, far, nil, edits(far, nil))
	apply(t, nil, far, edits(nil, far))
	other := slices.Repeat([]string{"y"}, 3000)
	if got := apply(t, far, other, edits(far, other)); got != 6000 {
		t.Errorf("%d steps", got)
	}
}

// apply goes from a to b, and returns how many steps are no common element.
func apply(t *testing.T, a, b []string, all []edit) int {
	t.Helper()
	var x, y []string
	n := 0
	for _, e := range all {
		if e.op != '+' {
			x = append(x, a[e.a])
		}
		if e.op != '-' {
			y = append(y, b[e.b])
		}
		if e.op == ' ' && a[e.a] != b[e.b] {
			t.Fatalf("%v to %v: %v are not the same", a, b, e)
		}
		if e.op != ' ' {
			n++
		}
	}
	if !slices.Equal(x, a) || !slices.Equal(y, b) {
		t.Fatalf("%v is no way from %v to %v", all, a, b)
	}
	return n
}

// shortest is the length of the shortest way, by trying all.
func shortest(a, b []string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			next := min(row[j], row[j+1]) + 1
			if a[i] == b[j] {
				next = diagonal
			}
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}

func TestWords(t *testing.T) {
	f := func(line string, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, words(line)); d != "" {
			t.Errorf("%s: %s", line, d)
		}
	}
	f("a  b c", "a ", " ", "b ", "c")
	f("", "")
	f(`{"a":1,"b":{"c":"x\",y","d":[1,"z"]}}`,
		"{", `"a":1`, ",", `"b":`, "{", `"c":"x\",y"`, ",", `"d":`, "[", "1", ",", `"z"`, "]", "}", "}")
	f(`{"a": true}`, "{", `"a":`, " ", "true", "}")
	f(`{"a" 1}`, `{"a" `, "1}")
}

func TestDiff(t *testing.T) {
	f := func(want, got, diff string) {
		t.Helper()
		if d := cmp.Diff(diff, Diff(want, got, false)); d != "" {
			t.Errorf("%q, %q: %s", want, got, d)
		}
	}
	f("a\n", "a\n", "")
	f("", "a\n", "+ a\n")
	f("a\n", "", "- a\n")
	f("1\n2\n3\n4\n5\nx\n6\n", "1\n2\n3\n4\n5\n6\n", "  ... 2 lines\n  3\n  4\n  5\n- x\n  6\n")
	f("status=200 count=5\n", "status=200 count=6\n",
		"- status=200 count=5\n+ status=200 count=6\n? count=5 became count=6\n")
	f("{\"a\":1,\"b\":\"x\"}\n", "{\"a\":1,\"b\":\"y\",\"c\":2}\n",
		"- {\"a\":1,\"b\":\"x\"}\n+ {\"a\":1,\"b\":\"y\",\"c\":2}\n? \"b\":\"x\" became \"b\":\"y\",\"c\":2\n")
	f("one\n", "\x1b[2Jtwo \xff\n", "- one\n+ \\x1b[2Jtwo \\xff\n")
	f("a\nb b\n", "x\n", "- a\n- b b\n+ x\n")
	long := strings.Repeat("x", maxLine+5)
	f("", long+"\n", "+ "+long[:maxLine]+"...\n")
	many := strings.Repeat("x\n", maxShown+5)
	f("", many, strings.Repeat("+ x\n", maxShown)+"  ... 5 lines more of this\n")
}

func TestDiffColor(t *testing.T) {
	got := Diff(`{"a":1,"b":2}`+"\n", `{"a":1,"b":3}`+"\n", true)
	want := "\x1b[31m- {\"a\":1,\x1b[7m\"b\":2\x1b[27m}\x1b[0m\n" +
		"\x1b[32m+ {\"a\":1,\x1b[7m\"b\":3\x1b[27m}\x1b[0m\n"
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// FuzzDiff wants no panic, and nothing for a terminal to obey.
func FuzzDiff(f *testing.F) {
	f.Add("a\nb\n", "a\nc\n")
	f.Add(`{"a":1,"b":[{}]}`, `{"a":"\u00e4\"","b":[]}`)
	f.Add("\x1b[31m", "\r\xff\u2028")
	f.Fuzz(func(t *testing.T, want, got string) {
		d := Diff(want, got, false)
		if d == "" && want != got {
			t.Fatal("nothing is shown")
		}
		if strings.ContainsAny(d, "\x1b\r\x00\u2028\u009b") {
			t.Fatalf("%q", d)
		}
	})
}

// TestDiffLarge wants the work to be bounded by what is shown.
func TestDiffLarge(t *testing.T) {
	var want, got strings.Builder
	for i := range 20_000 {
		want.WriteString("a" + strings.Repeat(" x", 300) + strconv.Itoa(i) + "\n")
		got.WriteString("b" + strings.Repeat(" x", 300) + strconv.Itoa(i) + "\n")
	}
	began := time.Now()
	d := Diff(want.String(), got.String(), false)
	if n := strings.Count(d, "\n"); n != maxShown+1 {
		t.Errorf("%d lines", n)
	}
	if took := time.Since(began); took > time.Minute {
		t.Error("it took", took)
	}
}
