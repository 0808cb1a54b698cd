package lpeg

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// randomHead are functions for captures of random patterns; those that are called
// while matching write down their calls.
const randomHead = `local log = {} ` +
	`local function strip(ok, e, ...) if not ok then e = e:gsub("^.-:%d+: ", "") end ` +
	`return ok, e, ... end ` +
	`local function note(s) log[#log+1] = s end ` +
	`local function all(...) return select("#", ...), ... end ` +
	`local function none() end ` +
	`local function short(v) return type(v) == "table" and "T" or tostring(v) end ` +
	`local function join(a, b) return short(a) .. short(b) end ` +
	`local function yes(s, i, ...) note("y" .. i) return true, ... end ` +
	`local function even(s, i) note("e" .. i) return i % 2 == 0 end ` +
	`local function on(s, i) note("o" .. i) if i <= #s then return i + 1, i end end `

// A writer writes random patterns as Lua.
type writer struct {
	source
	rules int // of the grammar around
}

// A source decides.
type source interface{ IntN(n int) int }

func (w *writer) pick(list ...string) string { return list[w.IntN(len(list))] }

// pattern returns a pattern, which nests no deeper than depth.
func (w *writer) pattern(depth int) string {
	if depth <= 0 || w.IntN(8) == 0 {
		return w.leaf()
	}
	p := func() string { return w.pattern(depth - 1) }
	switch w.IntN(21) {
	case 0, 1, 2, 3, 4:
		return "(" + p() + "*" + p() + ")"
	case 5, 6, 7, 8:
		return "(" + p() + "+" + p() + ")"
	case 9:
		return "(" + p() + "-" + p() + ")"
	case 10, 11:
		return fmt.Sprintf("(%s)^%d", p(), w.IntN(7)-3)
	case 12:
		return w.pick("-(", "#(") + p() + ")"
	case 13:
		return "B(" + p() + ")"
	case 14, 15, 16:
		return w.pick("C", "Ct", "Cs", "Cg") + "(" + p() + ")"
	case 17:
		return w.named(p())
	case 18:
		return w.pick("Cmt("+p()+", ", "Cmt(C("+p()+"), ") + w.pick("yes", "even", "on") + ")"
	case 19:
		return "(" + p() + ")/" +
			w.pick("all", "none", "0", "1", "2", `"<%0>"`, `"%1%%%1"`, `{a="A", b=false}`)
	}
	return w.grammar(depth - 1)
}

func (w *writer) leaf() string {
	if w.rules > 0 && w.IntN(3) == 0 {
		return fmt.Sprintf("V%q", string(rune('p'+w.IntN(w.rules))))
	}
	return w.pick(`P"a"`, `P"b"`, `P"ab"`, `P"ba"`, `P"abc"`, `P(1)`, `P(2)`, `S"ab"`, `R"ac"`,
		`P""`, `P(-1)`, `P(true)`, `P(false)`, `S"bc"`, `C(1)`, `Cp()`, `Cc(1)`, `Cc(nil, "x")`,
		`C"a"`, `Cb"n"`, `Carg(1)`, `P"c"`)
}

func (w *writer) named(p string) string {
	return w.pick("Cg("+p+", 'n')", "Cg("+p+", 'm')", "Cg(C("+p+"), 'n')",
		"Cf("+p+", join)", "(Cg("+p+",'n')*Cb'n')")
}

func (w *writer) grammar(depth int) string {
	outer := w.rules
	defer func() { w.rules = outer }()
	w.rules = 1 + w.IntN(3)
	out := []string{`"p"`}
	for i := range w.rules {
		out = append(out, fmt.Sprintf("%c=P(1)*%s", 'p'+i, w.pattern(depth)))
		if w.IntN(2) == 0 {
			out[i+1] = fmt.Sprintf("%c=P(%s)", 'p'+i, w.pattern(depth))
		}
	}
	return "P{" + strings.Join(out, ", ") + "}"
}

func (w *writer) subject() string {
	b := make([]byte, w.IntN(9))
	for i := range b {
		b[i] = "aaabbcd"[w.IntN(7)]
	}
	return string(b)
}

// chunk returns a chunk that matches a random pattern against random subjects.
func (w *writer) chunk() string {
	w.rules = 0
	return fmt.Sprintf(`%slocal p = P(%s) local r = {} for _, s in ipairs{%q, %q, %q} do `+
		`for i = #log, 1, -1 do log[i] = nil end `+
		`r[#r+1] = {strip(pcall(match, p, s, 1, "arg"))} r[#r+1] = table.concat(log) end return r`,
		randomHead, w.pattern(1+w.IntN(5)), w.subject(), w.subject(), w.subject())
}

var namedRule = regexp.MustCompile(`rule '[pqr]'`)

func TestOracleRandom(t *testing.T) {
	n := 2000
	if testing.Short() {
		n = 600
	}
	w := &writer{source: rand.New(rand.NewPCG(7, 11))}
	chunks := make([]string, n)
	for i := range chunks {
		chunks[i] = w.chunk()
	}
	compare(t, chunks, func(line string) string {
		// Of several rules with a mistake either may find another one first.
		return namedRule.ReplaceAllString(line, "rule 'x'")
	})
}
