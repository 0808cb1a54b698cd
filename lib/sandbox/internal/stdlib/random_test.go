package stdlib

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// quote writes s as Lua reads it.
func quote(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, `\%03d`, c)
	}
	return `"` + b.String() + `"`
}

// patternOf makes a pattern of pieces that are likely to go well together.
func patternOf(r *rand.Rand) string {
	pieces := []string{
		"a", "b", "c", "x", ".", "%a", "%d", "%s", "%w", "%S", "%D", "[ab]", "[^a]", "[%d-]", "[a-c]",
		"%1", "%2", "%b()", "%bab", "%f[%a]", "%f[^b]", "()", "(a)", "(.-)", "(%w+)", "(b*)", "(", ")", "$",
		"^", "%.", "%%", "-", "[]]", "[^%s]", " ", "1", "%z", "[", "%", "[%a_]", "(a*(.)%w)", "\x00", "%f",
	}
	var b strings.Builder
	if r.IntN(5) == 0 {
		b.WriteByte('^')
	}
	for range r.IntN(6) + 1 {
		b.WriteString(pieces[r.IntN(len(pieces))])
		if r.IntN(3) == 0 {
			b.WriteByte("*+-?"[r.IntN(4)])
		}
	}
	if r.IntN(6) == 0 {
		b.WriteByte('$')
	}
	return b.String()
}

func subjectOf(r *rand.Rand) string {
	const from = "aaabbbccx 1.()-_%\x00]a "
	b := make([]byte, r.IntN(14))
	for i := range b {
		b[i] = from[r.IntN(len(from))]
	}
	return string(b)
}

func TestRandomPatterns(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	chunks := make([]string, 0, 6000)
	for len(chunks) < cap(chunks) {
		p, s := quote(patternOf(r)), quote(subjectOf(r))
		switch r.IntN(6) {
		case 0, 1:
			chunks = append(chunks, fmt.Sprintf("return pass(string.find(%s, %s))", s, p))
		case 2:
			chunks = append(chunks, fmt.Sprintf("return pass(string.match(%s, %s, %d))", s, p, r.IntN(12)-5))
		case 3:
			chunks = append(chunks, fmt.Sprintf("return pass(string.gsub(%s, %s, %s, %d))", s, p,
				quote([]string{"<%0>", "%1", "x", "", "%2%1", "%%"}[r.IntN(6)]), r.IntN(9)))
		case 4:
			chunks = append(chunks, fmt.Sprintf(
				"local t = {} for a, b in string.gmatch(%s, %s) do t[#t + 1] = tostring(a) t[#t + 1] = tostring(b) end return unpack(t)", s, p))
		case 5:
			chunks = append(chunks, fmt.Sprintf(
				"return pass(string.gsub(%s, %s, function(a, b) return b or #tostring(a) end))", s, p))
		}
	}
	compare(t, chunks)
}

func TestRandomFormats(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	numbers := []string{"0", "1", "-1", "3.5", "-0.001", "1e15", "123456789", "-1e300", "2^53", "1/0", "-1/0", "0.1", "1e-7", "99999.5", "255", "-42.75", "2^63", "1e21"}
	texts := []string{`""`, `"a"`, `"hello world"`, `"x\0y"`, `("z"):rep(99)`, `("z"):rep(100)`, `12.5`}
	chunks := make([]string, 0, 4000)
	for len(chunks) < cap(chunks) {
		var f strings.Builder
		f.WriteByte('%')
		for range r.IntN(3) {
			f.WriteByte("-+ #0"[r.IntN(5)])
		}
		if r.IntN(2) == 0 {
			fmt.Fprint(&f, r.IntN(30))
		}
		if r.IntN(2) == 0 {
			fmt.Fprintf(&f, ".%d", r.IntN(20))
		}
		c := "diuxXoeEfgGcsq"[r.IntN(14)]
		f.WriteByte(c)
		arg := numbers[r.IntN(len(numbers))]
		if c == 's' || c == 'q' {
			arg = texts[r.IntN(len(texts))]
		}
		chunks = append(chunks, fmt.Sprintf("return pass(string.format(%q, %s))", f.String(), arg))
	}
	compare(t, chunks)
}

func TestRandomDates(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	chunks := make([]string, 0, 800)
	for len(chunks) < cap(chunks) {
		n := r.Int64N(1 << uint(20+r.IntN(24)))
		if r.IntN(3) == 0 {
			n = -n
		}
		chunks = append(chunks, fmt.Sprintf(
			`local t = os.date("!*t", %d) return os.time(t), os.date("!%%c|%%x|%%p|%%s|%%C|%%g|%%G|%%V|%%U|%%W|%%u|%%j|%%y|%%F|%%D|%%e|%%k|%%l", %d)`, n, n))
	}
	compare(t, chunks)
}

func TestRandomSorts(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	chunks := make([]string, 0, 300)
	for len(chunks) < cap(chunks) {
		var list []string
		for range r.IntN(60) {
			list = append(list, fmt.Sprint(r.IntN(20)))
		}
		less := []string{
			"a % 5 < b % 5", "a > b", "a <= b", "(a * 7 + b) % 3 == 0", "a % 3 < b % 3 and a > b", "false",
		}[r.IntN(6)]
		chunks = append(chunks, fmt.Sprintf(
			"local t = {%s} table.sort(t, function(a, b) a, b = a or 7, b or 7 return %s end) return table.concat(t, ' ')",
			strings.Join(list, ","), less))
	}
	compare(t, chunks)
}

// FuzzPattern wants that whatever the pattern, the matcher ends in an answer or an
// error of its own.
func FuzzPattern(f *testing.F) {
	f.Add("hello world", "(%w+) (%w+)", "%2 %1")
	f.Add(strings.Repeat("a", 35), strings.Repeat("a-", 35)+"b", "%0")
	f.Add("((()))", "%b()", "%1")
	f.Add("THE (quick) fox", "%f[%a]%a+%f[%A]", "")
	f.Add("aXb\x00", "[^%z-x]*$", "%")
	f.Add("x", "[", "%9")
	f.Add("aaa", "(a*(.)%2)()$", "%1%2%3")
	L := newState(f, host.Limits{Instructions: 20000, Memory: 4 << 20})
	f.Fuzz(func(t *testing.T, s, p, with string) {
		L.SetGlobal("s", lua.LString(s))
		L.SetGlobal("p", lua.LString(p))
		L.SetGlobal("w", lua.LString(with))
		for _, chunk := range []string{
			"return string.find(s, p)", "return string.match(s, p, -3)", "return string.gsub(s, p, w)",
			"for a in string.gmatch(s, p) do end", "return string.format(p, s, 1, 2, 3, w)",
			"return string.gsub(s, p, function(...) return select('#', ...) end)", "return os.date(p, 1e9)",
		} {
			if got := run(L, chunk); strings.Contains(got, "runtime error") {
				t.Fatalf("%s: %s", chunk, got)
			}
		}
	})
}
