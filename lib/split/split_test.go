package split

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"heka/lib/msg"
)

// record is what a test sees of a record.
type record struct {
	at   int64
	text string // payload, quoted, and fields
}

func readRecord(rec []byte) record {
	body := rec[msg.HeaderSize:][:binary.BigEndian.Uint32(rec[4:])]
	if err := msg.Check(body); err != nil {
		panic(err)
	}
	var v msg.View
	v.Reset(body)
	m := v.Message()
	if m.Timestamp != 5 || m.Logger != "a.log" {
		panic("envelope")
	}
	s := fmt.Sprintf("%q", m.Payload)
	for _, f := range m.Fields {
		s += fmt.Sprintf(" %s=%v", f.Name, f.Value)
	}
	return record{int64(binary.BigEndian.Uint64(m.Uuid[8:]) & idMask), s}
}

// trial is a Splitter in a test, and what came of it.
type trial struct {
	t    *testing.T
	s    Splitter
	full int
	rest []byte
	out  []record
	fed  int64 // offset up to which bytes were given
	done int64
	vain bool // Waiting may be true in vain
}

func newTrial(t *testing.T, spec Spec, max, full int, offset int64) *trial {
	s := spec.New(envelope(), max, offset)
	s.Identify(8 << 12)
	s.At(5)
	return &trial{t: t, s: s, full: full, fed: offset, done: offset}
}

func (r *trial) took(dst []byte, off []uint32, used int) {
	for _, at := range off {
		r.out = append(r.out, readRecord(dst[at:]))
	}
	r.rest = r.rest[used:]
	done := r.s.Done()
	if done < r.done || done > r.fed-int64(len(r.rest)) {
		r.t.Fatalf("done %d after %d, fed %d, rest %d", done, r.done, r.fed, len(r.rest))
	}
	r.done = done
}

func (r *trial) feed(p string) {
	r.rest = append(r.rest, p...)
	r.fed += int64(len(p))
	for {
		dst, off, used := r.s.Append(nil, nil, r.rest, r.full)
		r.took(dst, off, used)
		if len(dst) <= r.full {
			return
		}
	}
}

// expire says whether anything came, which Waiting must know.
func (r *trial) expire() {
	waiting := r.s.Waiting(r.rest)
	dst, off, used := r.s.Expire(nil, nil, r.rest)
	if !waiting && len(off) > 0 || waiting && len(off) == 0 && !r.vain {
		r.t.Fatalf("waiting %v, %d records", waiting, len(off))
	}
	r.took(dst, off, used)
	if r.s.Waiting(r.rest) {
		r.t.Fatal("waiting still")
	}
}

func (r *trial) finish(partial bool) []record {
	finish := r.s.Finish
	if partial {
		finish = r.s.FinishPartial
	}
	if len(r.rest) > 0 || r.s.Pending() {
		dst, off := finish(nil, nil, r.rest)
		r.took(dst, off, len(r.rest))
	}
	if r.done != r.fed || r.s.Pending() {
		r.t.Fatalf("done %d of %d, pending %v", r.done, r.fed, r.s.Pending())
	}
	return r.out
}

// cutUp feeds text in portions of the sizes in turn.
func cutUp(
	t *testing.T, spec Spec, text string, max, full int, partial bool, sizes ...int,
) []record {
	r := newTrial(t, spec, max, full, 0)
	for i := 0; len(text) > 0; i++ {
		n := min(len(text), sizes[i%len(sizes)])
		r.feed(text[:n])
		text = text[n:]
	}
	return r.finish(partial)
}

func same(a, b []record) bool { return show(a) == show(b) }

func show(all []record) string {
	var b strings.Builder
	for _, r := range all {
		fmt.Fprintf(&b, "%d:%s\n", r.at, r.text)
	}
	return b.String()
}

// anyway cuts text with portions of many sizes, and says what records came, which
// must be the same each time; and nothing may be missing when reading goes on
// elsewhere where Done says.
func anyway(t *testing.T, spec Spec, text string, max int, partial bool, sizes ...int) []record {
	t.Helper()
	want := cutUp(t, spec, text, max, 1<<30, partial, len(text)+1)
	f := func(full int, sizes ...int) {
		t.Helper()
		if got := cutUp(t, spec, text, max, full, partial, sizes...); !same(got, want) {
			t.Fatalf("%.2000q\nmax %d, full %d, portions %v: got\n%.3000s\nwant\n%.3000s",
				text, max, full, sizes, show(got), show(want))
		}
	}
	f(0, len(text)+1)
	if len(text) < 5000 {
		f(0, 1)
		f(1<<30, 1)
	}
	if len(sizes) == 0 {
		f(200, 7, 1, 30)
	} else {
		f(1<<30, sizes...)
		return want
	}
	if len(text) < 500 {
		for n := 1; n < len(text); n++ {
			f(1<<30, n, len(text))
		}
	}
	return want
}

// resumed checks that nothing is missing if reading stops at n and is taken up
// again by another Splitter where Done said; and nothing comes that was not there,
// but for parts of a line that was given out while those of another were held.
func resumed(t *testing.T, spec Spec, text string, max, n int) {
	t.Helper()
	want := cutUp(t, spec, text, max, 1<<30, false, len(text)+1)
	a := newTrial(t, spec, max, 1<<30, 0)
	a.feed(text[:n])
	b := newTrial(t, spec, max, 1<<30, a.done)
	b.feed(text[a.done:])
	seen := map[record]bool{}
	for _, r := range append(a.out, b.finish(false)...) {
		seen[r] = true
	}
	for _, r := range want {
		if !seen[r] {
			t.Fatalf("%q, taken up from %d at %d: %v is missing, of\n%s", text, n, a.done, r, show(want))
		}
		delete(seen, r)
	}
	if len(seen) > 0 && spec.part == nil {
		t.Fatalf("%q, taken up from %d at %d: too many: %v\nwant\n%s", text, n, a.done, seen, show(want))
	}
}

// interrupted checks that records are stretches of text one behind another even if
// time runs out at random, and the stream seems to end and goes on.
func interrupted(t *testing.T, spec Spec, text string, max int, vain bool, r *rand.Rand) {
	t.Helper()
	a := newTrial(t, spec, max, 1<<30, 0)
	a.vain = vain
	for at := 0; at < len(text); {
		n := min(1+r.IntN(12), len(text)-at)
		a.feed(text[at : at+n])
		at += n
		if r.IntN(3) == 0 {
			a.expire()
		}
		if r.IntN(8) == 0 {
			a.finish(true)
		}
	}
	last := 0
	for _, rec := range a.finish(true) {
		quoted, _ := strconv.QuotedPrefix(rec.text)
		payload, _ := strconv.Unquote(quoted)
		at := int(rec.at)
		if at < last || !strings.HasPrefix(text[at:], payload) {
			t.Fatalf("%q: %v behind %d", text, rec, last)
		}
		last = at + len(payload)
	}
}

func mustParse(t testing.TB, split, multiline string) Spec {
	t.Helper()
	s, err := Parse(split, multiline)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// kinds are all kinds, each with the pieces that texts for it are made of.
var kinds = []struct {
	split, multiline string
	pieces           []string
}{
	{"line", "", []string{"a", "\n", "\r\n", "\r", "\n\n", "bcdefgh"}},
	{"null", "", []string{"a", "\x00", "\x00\x00", "\n", "bcdefgh"}},
	{"token=--", "", []string{"a", "-", "--", "---", "bcdefgh"}},
	{"token:2=aba", "", []string{"a", "b", "aba", "ab", "x", "bcdefgh"}},
	{"fixed=3", "", []string{"a", "bcdefgh"}},
	{"fixed=20", "", []string{"a", "bcdefgh"}},
	{"regex=-+", "", []string{"a", "-", "--", "---", "bcdefgh"}},
	{"regex=ax{5}b|a", "", []string{"a", "x", "xxxxx", "axxxxxb", "é", "\xc3"}},
	{"regex=ab*c|b", "", []string{"a", "b", "bb", "c", "d"}},
	{"regex=aa*\\b|ab+a", "", []string{"a", "b", "ab", " ", "x"}},
	{"regex=\\n(END)\\n", "", []string{"\n", "END", "\nEND\n", "a", "EN"}},
	{"regex=(?m)^--$\\n?", "", []string{"\n", "--", "\n--\n", "a", "-"}},
	{"regex=é|[à-ü]x+", "", []string{"é", "\xc3", "\xa9", "x", "a"}},
	{"regex-start=(-+)>", "", []string{"a", "-", "--", ">", "->", "bc"}},
	{"regex-start=\\n(B+)", "", []string{"\n", "B", "a", "\nB", "bc"}},
	{"", "indent", []string{"a\n", " b\n", "\tc\r\n", "\n", "\r\n", "d", " ", "bcdefgh\n"}},
	{"", "start=^\\d", []string{"1a\n", "b\n", "2", "\n", "\r\n", "d", "bcdefgh\n"}},
	{"", "java", []string{
		"2026 ERROR x\n", "a.b.SomeException: x\n", "\tat x.y(Z.java:1)\r\n", "\n",
		"Caused by: a.b.CError\n", "\t... 3 more\n", "other\n", "a.b", "Error: x\n",
		"Nov 2\n", "INFO: x\n",
	}},
	{"", "python", []string{
		"2026 ERROR x\n", tracebackHead + "\n", "  File \"x\", line 3\n", "E: x\n", "\n",
		"During handling of the above exception, another exception occurred:\n", "other\n",
		"  + Exception Group " + tracebackHead + "\n", "  | x\n", "  x",
	}},
	{"", "go", []string{
		"2026 x\n", "panic: x\n", "\tpanic: y\n", "\n", "goroutine 1 [running]:\n", "main.main()\n",
		"\t/a.go:3 +0x1\n", "created by main.x in goroutine 2\n", "exit status 2\n", "other\n",
		"[signal x]\n", "\r\n",
	}},
	{"", "ruby", []string{
		"a.rb:1:in 'x': y (E)\n", "\tfrom a.rb:2:in `z'\n", "a.rb:3:in 'w'\n", "E, [x\n", "ERROR x\n",
		"X::Error (no):\n", "  \n", "\n", "other\n", "Did you mean?  x\n", "a.rb",
	}},
	{"", "docker", []string{
		`{"log":"a","stream":"stdout"}` + "\n", `{"log":"b\n","stream":"stdout"}` + "\n",
		`{"log":"c\\n","stream":"stderr"}` + "\n", "{\n", "x",
		`{"log":"\u00e9d\n","stream":"stderr","x":[1]}` + "\n",
	}},
	{"", "cri", []string{
		"2026T stdout P a\n", "2026T stdout F b\n", "2026T stderr P \n", "2026T stderr F d\n",
		"2026T stderr P:z c\n", "2026T stderr F", "x\n", "\n",
	}},
}

// Texts at random, of pieces that matter.
func TestPortions(t *testing.T) {
	for i, k := range kinds {
		t.Run(k.split+k.multiline, func(t *testing.T) {
			spec := mustParse(t, k.split, k.multiline)
			for seed := range uint64(25) {
				r := rand.New(rand.NewPCG(uint64(i), seed))
				var text string
				for range r.IntN(25) {
					text += k.pieces[r.IntN(len(k.pieces))]
				}
				limit := []int{2, 5, 8, 40, 80, 1000}[r.IntN(6)]
				anyway(t, spec, text, limit, seed%2 == 0)
				resumed(t, spec, text, limit, r.IntN(len(text)+1))
				if spec.part == nil {
					interrupted(t, spec, text, limit, strings.HasPrefix(k.split, "regex-start"), r)
				}
			}
		})
	}
}

// Records far over the limit, and lines over what is looked at.
func TestPortionsOfLong(t *testing.T) {
	for i, k := range kinds {
		t.Run(k.split+k.multiline, func(t *testing.T) {
			spec, times := mustParse(t, k.split, k.multiline), 1500
			if strings.HasPrefix(k.split, "regex") {
				times = 200
			}
			for seed := range uint64(3) {
				r := rand.New(rand.NewPCG(uint64(i), seed))
				var text strings.Builder
				for range 12 {
					p := k.pieces[r.IntN(len(k.pieces))]
					switch r.IntN(5) {
					case 0:
						text.WriteString(strings.Repeat(p, 1+r.IntN(times)))
					case 1:
						text.WriteString(strings.Repeat("x", 4090+r.IntN(10)))
					}
					text.WriteString(p)
				}
				anyway(t, spec, text.String(), []int{5, 4096, 9000}[r.IntN(3)], false, 4096, 1, 3000, 17)
			}
		})
	}
}

func FuzzSplitters(f *testing.F) {
	for i, k := range kinds {
		f.Add(uint8(i), strings.Join(k.pieces, ""), uint16(1000), []byte{1})
		f.Add(uint8(i), strings.Join(append(k.pieces, k.pieces...), ""), uint16(9), []byte{3, 20})
	}
	f.Fuzz(func(t *testing.T, kind uint8, text string, limit uint16, sizes []byte) {
		if len(text) > 3000 || len(sizes) == 0 {
			return
		}
		k := kinds[int(kind)%len(kinds)]
		var by []int
		for _, n := range sizes {
			by = append(by, int(n)+1)
		}
		anyway(t, mustParse(t, k.split, k.multiline), text, int(limit), len(text)%2 == 0, by...)
	})
}
