package session

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of what a diff shows.
const (
	around   = 3    // lines on either side of a difference
	maxShown = 200  // lines of one diff
	maxLine  = 2000 // bytes of a line
	maxPart  = 160  // bytes of a part that differs, where parts are listed
)

// Diff returns the lines of want and got with "- " in front of what only want has,
// "+ " in front of what only got has, and a few around these; empty if the two are
// the same. Of two lines that are alike, the differing words (of JSON the members)
// are marked by colour, or else listed in a line that starts with "? ". Control
// characters are escaped. What is too long is cut.
func Diff(want, got string, color bool) string {
	if want == got {
		return ""
	}
	d := differ{color: color, a: lines(want), b: lines(got)}
	all := edits(d.a, d.b)
	shown := near(all)
	for i := 0; i < len(all); {
		switch {
		case all[i].op != ' ':
			n := i
			for n < len(all) && all[n].op != ' ' {
				n++
			}
			d.hunk(all[i:n])
			i = n
		case !shown[i]:
			n := i
			for n < len(all) && !shown[n] {
				n++
			}
			d.put("", fmt.Sprintf("  ... %s\n", count(n-i, "line")))
			i = n
		default:
			d.line(' ', []part{{d.a[all[i].a], false}})
			i++
		}
	}
	return d.String()
}

// count returns a number of things: "1 line", "2 lines".
func count(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

// near marks the steps at most around away from a difference.
func near(all []edit) []bool {
	shown := make([]bool, len(all))
	for i, e := range all {
		if e.op == ' ' {
			continue
		}
		for j := max(0, i-around); j <= min(len(all)-1, i+around); j++ {
			shown[j] = true
		}
	}
	return shown
}

// differ writes a diff.
type differ struct {
	color bool
	a, b  []string
	out   strings.Builder
	n     int // lines
}

func (d *differ) String() string {
	if d.n > maxShown {
		d.out.WriteString("  ... " + count(d.n-maxShown, "line") + " more of this\n")
	}
	return d.out.String()
}

// put writes a line in a colour.
func (d *differ) put(color, line string) {
	if d.n++; d.n > maxShown {
		return
	}
	if d.color && color != "" {
		line = color + strings.TrimSuffix(line, "\n") + reset + "\n"
	}
	d.out.WriteString(line)
}

// Colours of a terminal.
const (
	red, green, dim, reset = "\x1b[31m", "\x1b[32m", "\x1b[2m", "\x1b[0m"
	mark, unmark           = "\x1b[7m", "\x1b[27m"
)

// hunk writes a run of differences: the first line that went with the first that
// came, and so on, as long as they are alike.
func (d *differ) hunk(run []edit) {
	var gone, came []string
	for _, e := range run {
		if e.op == '-' {
			gone = append(gone, d.a[e.a])
		} else {
			came = append(came, d.b[e.b])
		}
	}
	pairs := 0
	for ; pairs < min(len(gone), len(came)) && d.n <= maxShown; pairs++ {
		a, b, alike := compare(gone[pairs], came[pairs])
		if !alike {
			break
		}
		d.line('-', a)
		d.line('+', b)
		if long := max(len(gone[pairs]), len(came[pairs])) > maxLine; !d.color || long {
			d.put(dim, changes(a, b))
		}
	}
	for _, l := range gone[pairs:] {
		d.line('-', []part{{l, false}})
	}
	for _, l := range came[pairs:] {
		d.line('+', []part{{l, false}})
	}
}

// line writes a line of parts.
func (d *differ) line(op byte, parts []part) {
	if d.n >= maxShown {
		d.n++
		return
	}
	var b strings.Builder
	b.WriteByte(op)
	b.WriteByte(' ')
	left := maxLine
	for i, p := range parts {
		text := cut(p.text, left)
		left -= min(len(p.text), left)
		if text = printable(text); d.color && p.differ {
			text = mark + text + unmark
		}
		if b.WriteString(text); left == 0 && i < len(parts)-1 {
			b.WriteString("...")
			break
		}
	}
	d.put(map[byte]string{'-': red, '+': green}[op], b.String()+"\n")
}

// changes lists what differs between two lines.
func changes(a, b []part) string {
	pick := func(parts []part) string {
		var all []string
		for _, p := range parts {
			if text := strings.Trim(p.text, " ,"); p.differ && text != "" {
				all = append(all, printable(cut(text, maxPart)))
			}
		}
		if all == nil {
			return "nothing"
		}
		return strings.Join(slices.Compact(all), ", ")
	}
	return "? " + pick(a) + " became " + pick(b) + "\n"
}

// printable escapes what a terminal would take as a command or not show.
func printable(s string) string {
	plain := func(r rune) bool { return r != utf8.RuneError && (unicode.IsPrint(r) || r == '\t') }
	if strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if plain(r) {
			b.WriteRune(r)
		} else {
			q := strconv.QuoteToASCII(s[:n])
			b.WriteString(q[1 : len(q)-1])
		}
		s = s[n:]
	}
	return b.String()
}
