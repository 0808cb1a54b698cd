package logstream

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"heka/lib/when"
)

// ParsePriority reads names of groups with commas between them, each perhaps behind a
// ^: Year,Month,^Seq. Errors are *Error, as those of the other functions here.
func ParsePriority(s string) ([]string, error) {
	var all []string
	seen := map[string]bool{}
	for at, w := range commas(s) {
		w = strings.TrimSpace(w)
		name := strings.TrimSpace(strings.TrimPrefix(w, "^"))
		fail := func(msg, hint string) ([]string, error) {
			return nil, &Error{Flag: "priority", Msg: msg, Hint: hint, Text: s, Pos: at}
		}
		switch {
		case name == "":
			return fail("the name of a group is missing", "want names like Year,Month,^Seq")
		case !identifier(name):
			return fail("this is no name of a group", "want names like Year,Month,^Seq")
		case seen[name]:
			return fail(name+" is named before", "the first decides, so drop this one")
		}
		seen[name] = true
		all = append(all, w[:len(w)-len(strings.TrimPrefix(w, "^"))]+name)
	}
	if all == nil {
		return nil, &Error{Flag: "priority", Msg: "no group is named", Hint: "want names like Year,^Seq"}
	}
	return all, nil
}

// commas gives the words between commas, and where they start.
func commas(s string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		at := 0
		for s != "" {
			w, rest, more := strings.Cut(s, ",")
			if !yield(at, w) || !more {
				return
			}
			at += len(w) + 1
			if s = rest; s == "" {
				yield(at, "")
			}
		}
	}
}

// ParseDifferentiator reads what the names of streams are made of, with commas
// between: nginx-,Host. A backslash takes the meaning from a comma or backslash.
func ParseDifferentiator(s string) ([]string, error) {
	r := scanner{flag: "differentiator", s: s}
	var all []string
	for {
		start := r.pos
		w, stop, err := r.word(",")
		if err != nil {
			return nil, err
		}
		if w == "" {
			return nil, r.fail(start, "there is nothing here",
				`want groups and text, like nginx-,Host; \, is a comma`)
		}
		if all = append(all, w); stop == 0 {
			return all, nil
		}
	}
}

// Translation is a pflag.Value for Options.Translation. Each Set adds to it.
type Translation map[string]map[string]int

const wantTranslation = "want a group, a colon, and numbers for texts, like Month:jan=1,feb=2"

// Set reads a group, a colon, and texts with their numbers: Month:jan=1,feb=2. The
// text "missing" is for a group that matched nothing. A backslash takes the meaning
// from a comma, an equals sign, a colon or a backslash. After an error t is as before.
func (t *Translation) Set(s string) error {
	r := scanner{flag: "translate", s: s}
	group, stop, err := r.word(":=,")
	if err != nil {
		return err
	}
	group = strings.TrimSpace(group)
	if stop != ':' || group == "" {
		return r.fail(max(0, r.pos-1), "the name of a group and a colon are missing", wantTranslation)
	}
	numbers := map[string]int{}
	maps.Copy(numbers, (*t)[group])
	for stop != 0 {
		start := r.pos
		var text string
		var n int
		if text, n, stop, err = r.translation(); err != nil {
			return err
		}
		if old, twice := numbers[text]; twice && old != n {
			return r.fail(start, fmt.Sprintf("%q of %s has a number already", text, group),
				fmt.Sprintf("it is %d", old))
		}
		numbers[text] = n
	}
	if *t == nil {
		*t = Translation{}
	}
	(*t)[group] = numbers
	return nil
}

// translation reads a text, in lower case then, and its number. stop is 0 after the
// last.
func (r *scanner) translation() (text string, n int, stop byte, err error) {
	start := r.pos
	if text, stop, err = r.word("=,"); err != nil {
		return "", 0, 0, err
	}
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" {
		err = r.fail(start, "a text is missing", `for a group that matched nothing it is "missing"`)
		return "", 0, 0, err
	}
	if stop != '=' {
		return "", 0, 0, r.fail(start, "this text has no number", wantTranslation)
	}
	start = r.pos
	digits, stop, err := r.word(",")
	if err != nil {
		return "", 0, 0, err
	}
	n, err = strconv.Atoi(strings.TrimSpace(digits))
	if err != nil || !fits(n) {
		err = r.fail(start, "this is no whole number of at most 18 digits", wantTranslation)
		return "", 0, 0, err
	}
	return text, n, stop, nil
}

// String gives what Set reads, a group a line, sorted.
func (t *Translation) String() string {
	if t == nil {
		return ""
	}
	escape := strings.NewReplacer(`\`, `\\`, `,`, `\,`, `=`, `\=`, `:`, `\:`)
	var lines []string
	for _, group := range slices.Sorted(maps.Keys(*t)) {
		var b strings.Builder
		b.WriteString(escape.Replace(group))
		for i, text := range slices.Sorted(maps.Keys((*t)[group])) {
			b.WriteByte(":,"[min(i, 1)])
			b.WriteString(escape.Replace(text) + "=" + strconv.Itoa((*t)[group][text]))
		}
		lines = append(lines, b.String())
	}
	return strings.Join(lines, "\n")
}

// Type implements pflag.Value.
func (t *Translation) Type() string { return "GROUP:TEXT=N,..." }

// ParseOldest reads an age like 720h or 30d; 0 is none.
func ParseOldest(s string) (time.Duration, error) {
	if s == "0" {
		return 0, nil
	}
	d, ok := when.Duration(s)
	if !ok {
		return 0, &Error{Flag: "oldest", Msg: fmt.Sprintf("%q is no age", s),
			Hint: "want one like 30d, 720h or 90m, or 0 for any"}
	}
	return time.Duration(d), nil
}

// scanner reads words in which a backslash takes the meaning from the next character.
type scanner struct {
	flag string
	s    string
	pos  int
}

func (r *scanner) fail(pos int, msg, hint string) error {
	return &Error{Flag: r.flag, Msg: msg, Hint: hint, Text: r.s, Pos: pos}
}

// word reads to one of stops, which it passes over and returns; 0 at the end.
func (r *scanner) word(stops string) (word string, stop byte, err error) {
	var b strings.Builder
	for r.pos < len(r.s) {
		c := r.s[r.pos]
		r.pos++
		switch {
		case strings.IndexByte(stops, c) >= 0:
			return b.String(), c, nil
		case c != '\\':
		case r.pos == len(r.s):
			return "", 0, r.fail(r.pos-1, "there is nothing behind this backslash", `\\ is a backslash`)
		default:
			c = r.s[r.pos]
			r.pos++
		}
		b.WriteByte(c)
	}
	return b.String(), 0, nil
}
