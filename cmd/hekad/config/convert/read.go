package convert

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// section is one of the old configuration.
type section struct {
	name, typ string
	line      int
	opts      map[string]any
	lines     map[string]int // of the options
	used      map[string]bool
	done      bool
}

// What stands for %ENV[NAME] while it is on its way: the name between two runes that
// nobody has.
const (
	opens  = '\ue000'
	closes = '\ue001'
)

var (
	environment = regexp.MustCompile(`%ENV\[([^\s\]]*)\]`)
	// bareValue is an option whose value is %ENV[...] without quotes.
	bareValue = regexp.MustCompile(`(?m)^(\s*[\w-]+\s*=\s*)(%ENV\[[^\s\]]*\])[ \t]*(#.*)?$`)
	header    = regexp.MustCompile(`^\s*\[\s*("[^"]*"|'[^']*'|[\w-]+)\s*((?:\.\s*(?:"[^"]*"|[\w-]+)\s*)*)\]`)
	option    = regexp.MustCompile(`^\s*("[^"]*"|[\w-]+)\s*=`)
	escaped   = regexp.MustCompile(`\\[uU]0*[eE]00[01]`)
	variable  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// read returns the sections, in the order of their lines.
func read(src []byte) ([]*section, error) {
	if !utf8.Valid(src) {
		return nil, errors.New("it is no UTF-8")
	}
	if bytes.ContainsRune(src, opens) || bytes.ContainsRune(src, closes) || escaped.Match(src) {
		return nil, fmt.Errorf("it has the characters %U or %U, which are taken for other ends here", opens, closes)
	}
	for _, m := range environment.FindAllSubmatch(src, -1) {
		if !variable.Match(m[1]) {
			return nil, fmt.Errorf("%%ENV[%s] is no name of a variable", printable(string(m[1])))
		}
	}
	src = bareValue.ReplaceAll(src, []byte(`$1"$2"`))
	src = environment.ReplaceAll(src, []byte(string(opens)+"$1"+string(closes)))
	var all map[string]any
	if err := toml.Unmarshal(src, &all); err != nil {
		var de *toml.DecodeError
		if errors.As(err, &de) {
			line, col := de.Position()
			return nil, fmt.Errorf("%d:%d: %s", line, col, strings.TrimPrefix(de.Error(), "toml: "))
		}
		return nil, err
	}
	var sections []*section
	for name, v := range all {
		opts, ok := v.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s stands in no section", printable(name))
		}
		s := &section{name: name, opts: opts, lines: map[string]int{}, used: map[string]bool{"type": true}}
		if s.typ, _ = opts["type"].(string); s.typ == "" {
			s.typ = name
		}
		sections = append(sections, s)
	}
	places(src, sections)
	slices.SortFunc(sections, func(a, b *section) int {
		if a.line != b.line {
			return a.line - b.line
		}
		return strings.Compare(a.name, b.name)
	})
	return sections, nil
}

// places finds the lines of sections and options. Lines within strings of several lines
// may be taken for others; nothing but the number in a note depends on it.
func places(src []byte, sections []*section) {
	byName := map[string]*section{}
	for _, s := range sections {
		byName[s.name] = s
	}
	var now *section
	sub := ""
	for i, line := range strings.Split(string(src), "\n") {
		if m := header.FindStringSubmatch(line); m != nil {
			now = byName[strings.Trim(m[1], `"'`)]
			sub, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(m[2]), "."), ".")
			sub = strings.Trim(sub, ` "`)
			if now != nil && now.line == 0 {
				now.line = i + 1
			}
			if now != nil && sub != "" && now.lines[sub] == 0 {
				now.lines[sub] = i + 1
			}
		} else if m := option.FindStringSubmatch(line); m != nil && now != nil && sub == "" {
			if name := strings.Trim(m[1], `"`); now.lines[name] == 0 {
				now.lines[name] = i + 1
			}
		}
	}
}

// left returns the options that nobody took, in their order.
func (s *section) left() []string {
	var all []string
	for name := range s.opts {
		if !s.used[name] {
			all = append(all, name)
		}
	}
	slices.SortFunc(all, func(a, b string) int {
		if s.lines[a] != s.lines[b] {
			return s.lines[a] - s.lines[b]
		}
		return strings.Compare(a, b)
	})
	return all
}

// take returns an option, and notes that it has been seen to.
func (s *section) take(name string) (any, bool) {
	v, ok := s.opts[name]
	s.used[name] = true
	return v, ok
}

// str returns v as text.
func str(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case nil, map[string]any, []any:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func (s *section) text(name, usual string) string {
	if v, ok := s.take(name); ok {
		return str(v)
	}
	return usual
}

func (s *section) flag(name string, usual bool) bool {
	if v, ok := s.take(name); ok {
		return str(v) == "true"
	}
	return usual
}

// texts returns the items of a list.
func (s *section) texts(name string) []string {
	v, _ := s.take(name)
	items, _ := v.([]any)
	var all []string
	for _, item := range items {
		all = append(all, str(item))
	}
	return all
}

// size returns a number of bytes.
func (s *section) size(name string, usual int64) int64 {
	n, err := strconv.ParseInt(s.text(name, ""), 10, 64)
	if err != nil || n < 0 || n > 1<<50 {
		return usual
	}
	return n
}

// seconds returns a duration that is a number of seconds or a text like 5s.
func (s *section) seconds(name string, usual time.Duration) time.Duration {
	v := s.text(name, "")
	if f, err := strconv.ParseFloat(v, 64); err == nil && f >= 0 && f < 1e9 {
		return time.Duration(f * 1e9)
	}
	if d, err := time.ParseDuration(v); err == nil && d >= 0 {
		return d
	}
	return usual
}

// table returns a table within the section; one without options if there is none.
func (s *section) table(name string) *section {
	v, _ := s.take(name)
	opts, _ := v.(map[string]any)
	return &section{name: s.name, typ: s.typ, line: s.line, opts: opts, lines: s.lines, used: map[string]bool{}}
}

// keys returns the names of the options, sorted.
func (s *section) keys() []string {
	var all []string
	for name := range s.opts {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// word returns s as a word of a command line, with variables outside of quotes.
func word(s string) string {
	const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,^"
	var b strings.Builder
	for s != "" {
		i := strings.IndexRune(s, opens)
		if i < 0 {
			i = len(s)
		}
		if text := s[:i]; strings.Trim(text, safe) == "" {
			b.WriteString(text)
		} else {
			b.WriteString("'" + strings.ReplaceAll(text, "'", `'\''`) + "'")
		}
		if s = s[i:]; s == "" {
			break
		}
		i = strings.IndexRune(s, closes) + len(string(closes))
		b.WriteString(s[:i])
		s = s[i:]
	}
	if b.Len() == 0 {
		return "''"
	}
	return b.String()
}

// plain returns s with variables as they were written.
func plain(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, string(opens), "%ENV["), string(closes), "]")
}

// printable returns s on one line, bounded.
func printable(s string) string {
	s = plain(s)
	if r := []rune(s); len(r) > 80 {
		s = string(r[:80]) + "..."
	}
	if q := strconv.Quote(s); q[1:len(q)-1] != s {
		return q
	}
	return s
}
