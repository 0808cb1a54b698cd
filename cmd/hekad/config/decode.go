package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"heka/lib/near"
	"heka/lib/size"
	"heka/lib/when"
)

// loader reads a configuration.
type loader struct {
	expander
	check    func(*Node) []Mistake
	files    []*file
	mistakes []Mistake
}

func (l *loader) fail(f *file, at, end int, msg, hint string) {
	if len(l.mistakes) >= maxMistakes {
		return
	}
	l.mistakes = append(l.mistakes, f.mistake(at, end, redact(msg, l.secrets), redact(hint, l.secrets)))
}

// wrong says what is wrong with the value of e.
func (l *loader) wrong(e *entry, v *value, msg, hint string) {
	l.fail(e.file, v.at, v.end, msg, hint)
}

// where has the strings of a section: as they were written, and where they stand.
type where struct {
	entries map[string]*entry // by name
	raw     map[string]string // those that something was expanded in, by path
	spots   map[string]*spot  // by path
}

// spot is the place of a string.
type spot struct {
	file     *file
	value    *value
	expanded trace
}

// at returns where in the file the byte at off of the expanded string came from.
func (s *spot) at(off int) int { return s.value.trace.at(s.expanded.at(off)) }

// decode sets the fields of section, which is called what, from the entries of t.
func decode[T any](l *loader, what string, keys []key[T], t *table, into *T, w *where) {
	w.entries, w.raw, w.spots = map[string]*entry{}, map[string]string{}, map[string]*spot{}
	for _, e := range t.entries {
		w.entries[e.name] = e
		i := slices.IndexFunc(keys, func(k key[T]) bool { return k.name == e.name })
		if i < 0 {
			unknown(l, what, keys, e)
			continue
		}
		k := keys[i]
		d := &decoder{l, e, w, k.min, k.max, k.zero, k.choices, !k.literal, k.shell}
		d.set(k.field(into))
	}
}

// unknown says that there is no key like e, and which one was meant.
func unknown[T any](l *loader, what string, keys []key[T], e *entry) {
	var names []string
	for _, k := range keys {
		names = append(names, k.name)
	}
	hint := ""
	if what == "a node" && slices.Contains(oldKeys, e.name) {
		hint = "hekad convert makes a configuration of ours of one of Heka's"
	} else if to := meant[e.name]; slices.Contains(names, to) {
		hint = "did you mean " + to + "?"
	} else if to := near.Word(e.name, names); to != "" {
		hint = "did you mean " + to + "?"
	} else if e.value.kind == group && what == "a node" {
		hint = "a node has no table but config"
	} else {
		hint = "one of " + strings.Join(names, " ")
	}
	l.fail(e.file, e.at, e.end, fmt.Sprintf("%s has no key %s", what, printable(e.name)), hint)
}

// decoder sets one field.
type decoder struct {
	l        *loader
	e        *entry
	w        *where
	min, max int64
	zero     bool
	choices  []string
	expands  bool
	shell    bool
}

func (d *decoder) fail(v *value, msg, hint string) { d.l.wrong(d.e, v, msg, hint) }

// want says that v is no value for the key.
func (d *decoder) want(v *value, what, hint string) {
	d.fail(v, fmt.Sprintf("%s: want %s, not %s", d.e.name, what, v.kind.noun()), hint)
}

// set sets what field points to.
func (d *decoder) set(field any) {
	v := &d.e.value
	switch to := field.(type) {
	case *string:
		if len(d.choices) > 0 {
			*to, _ = d.choice(v, d.e.name)
		} else {
			*to, _ = d.text(v, d.e.name, "a string")
		}
	case *Full:
		s, _ := d.choice(v, d.e.name)
		*to = Full(s)
	case *bool:
		*to = d.bool(v)
	case *int64:
		*to = d.size(v)
	case *time.Duration:
		*to = time.Duration(d.duration(v))
	case *int:
		*to = int(d.whole(v))
	case *float64:
		*to = d.number(v)
	case *[]string:
		*to = d.list(v)
	case *map[string]string:
		*to = d.config(v)
	}
}

// text returns the string v, expanded.
func (d *decoder) text(v *value, path, want string) (string, bool) {
	if v.kind != text {
		hint := ""
		if n := v.kind == integer || v.kind == number; n && !strings.Contains(want, "like") {
			hint = fmt.Sprintf(`write "%s"`, printable(v.str))
		}
		d.want(v, want, hint)
		return "", false
	}
	if len(v.str) > maxValue {
		d.fail(v, d.e.name+": the string is longer than 64KiB", "")
		return "", false
	}
	s, at := v.str, &spot{d.e.file, v, nil}
	d.w.spots[path] = at
	if d.expands {
		var slips []slip
		s, at.expanded, slips = d.l.expand(v.str, d.shell)
		for _, p := range slips {
			d.l.fail(d.e.file, v.trace.at(p.at), v.trace.at(p.end), p.msg, p.hint)
		}
		if s != v.str {
			d.w.raw[path] = v.str
		}
		if len(slips) > 0 {
			delete(d.w.spots, path)
			return s, false
		}
	}
	if i := strings.IndexByte(s, 0); i >= 0 {
		d.l.fail(d.e.file, at.at(i), at.at(i)+1, d.e.name+": there is a NUL in it", "")
		delete(d.w.spots, path)
		return s, false
	}
	return s, true
}

func (d *decoder) choice(v *value, path string) (string, bool) {
	s, ok := d.text(v, path, "a string")
	if !ok || slices.Contains(d.choices, s) {
		return s, ok
	}
	hint := ""
	if to := near.Word(s, d.choices); to != "" {
		hint = "did you mean " + to + "?"
	}
	d.fail(v, fmt.Sprintf("%s: want %s", d.e.name, alternatives(d.choices)), hint)
	return "", false
}

// alternatives returns a, b or c.
func alternatives(of []string) string {
	n := len(of) - 1
	if n == 0 {
		return of[0]
	}
	return strings.Join(of[:n], ", ") + " or " + of[n]
}

func (d *decoder) bool(v *value) bool {
	switch {
	case len(d.choices) > 0 && v.kind == boolean:
		d.want(v, fmt.Sprintf("%q or %q", d.choices[0], d.choices[1]), "a node has isolate = "+v.str)
	case len(d.choices) > 0:
		s, _ := d.choice(v, d.e.name)
		return s == d.choices[0]
	case v.kind != boolean:
		hint := ""
		if v.kind == text && (v.str == "true" || v.str == "false") {
			hint = "without quotes"
		}
		d.want(v, "true or false", hint)
	}
	return v.str == "true"
}

// bounds reports whether n is in the bounds of the key, and says if not.
func (d *decoder) bounds(v *value, n int64, show func(int64) string) bool {
	if n >= d.min && n <= d.max || d.zero && n == 0 {
		return true
	}
	or := ""
	if d.zero {
		or = "0, or "
	}
	d.fail(v, fmt.Sprintf("%s: want %sfrom %s to %s", d.e.name, or, show(d.min), show(d.max)), "")
	return false
}

func (d *decoder) size(v *value) int64 {
	s := strings.ReplaceAll(v.str, "_", "")
	if v.kind != integer {
		var ok bool
		if s, ok = d.text(v, d.e.name, `a size like "64MiB"`); !ok {
			return 0
		}
	}
	n, ok := size.Parse(s)
	if !ok {
		d.fail(v, fmt.Sprintf("%s: %s is no size", d.e.name, printable(s)),
			"want one like 64MiB, 1GB or 65536")
		return 0
	}
	d.bounds(v, n, showSize)
	return n
}

func showSize(n int64) string {
	if n == size.Max {
		return "1PiB"
	}
	return size.Format(n)
}

func (d *decoder) duration(v *value) int64 {
	if v.kind == integer && v.str == "0" && d.zero {
		return 0
	}
	if v.kind == integer || v.kind == number {
		d.want(v, "a duration", fmt.Sprintf(`write "%ss" for seconds`, printable(v.str)))
		return 0
	}
	s, ok := d.text(v, d.e.name, `a duration like "10s"`)
	if !ok {
		return 0
	}
	n, ok := when.Duration(s)
	if s == "0" {
		n, ok = 0, true
	}
	if !ok {
		d.fail(v, fmt.Sprintf("%s: %s is no duration", d.e.name, printable(s)),
			"want one like 500ms, 10s, 1h30m or 2d")
		return 0
	}
	d.bounds(v, n, showDuration)
	return n
}

// showDuration writes a duration as when.Duration reads it.
func showDuration(n int64) string {
	if n != 0 && n%day == 0 {
		return strconv.FormatInt(n/day, 10) + "d"
	}
	s := strings.ReplaceAll(time.Duration(n).String(), "µ", "u")
	for _, none := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, none) {
			s = s[:len(s)-2]
		}
	}
	return s
}

func (d *decoder) whole(v *value) int64 {
	n, err := strconv.ParseInt(strings.ReplaceAll(v.str, "_", ""), 0, 64)
	if v.kind != integer || err != nil {
		d.want(v, "a whole number", "")
		return 0
	}
	d.bounds(v, n, func(n int64) string { return strconv.FormatInt(n, 10) })
	return n
}

func (d *decoder) number(v *value) float64 {
	f, err := strconv.ParseFloat(strings.ReplaceAll(v.str, "_", ""), 64)
	if v.kind != integer && v.kind != number || err != nil {
		d.want(v, "a number", "")
		return 0
	}
	if !(f >= 0.01 && f <= float64(d.max)) {
		d.fail(v, fmt.Sprintf("%s: want from 0.01 to %d", d.e.name, d.max), "")
		return 0
	}
	return f
}

// maxItems bounds the lists and tables of a section.
const maxItems = 1000

func (d *decoder) list(v *value) []string {
	items := v.list
	if v.kind == text {
		items = []value{*v}
	} else if v.kind != list {
		d.want(v, "a string, or a list of them", "")
		return nil
	}
	if len(items) == 0 {
		d.fail(v, d.e.name+": the list is empty", "")
	}
	if len(items) > maxItems {
		d.fail(v, fmt.Sprintf("%s: want from 1 to %d items", d.e.name, maxItems), "")
		return nil
	}
	var all []string
	for i := range items {
		path := d.e.name + "." + strconv.Itoa(i)
		var s string
		var ok bool
		if len(d.choices) > 0 {
			s, ok = d.choice(&items[i], path)
		} else {
			s, ok = d.text(&items[i], path, "strings in the list")
		}
		if ok && slices.Contains(all, s) {
			d.fail(&items[i], fmt.Sprintf("%s: %s stands here twice", d.e.name, printable(s)), "")
			ok = false
		}
		if ok {
			all = append(all, s)
		}
	}
	return all
}

// config returns the texts of the table of a Lua script.
func (d *decoder) config(v *value) map[string]string {
	if v.kind != group {
		d.want(v, "a table", "it has a header of its own: [NAME.config]")
		return nil
	}
	if len(v.table.entries) > maxItems {
		d.fail(v, fmt.Sprintf("config: want at most %d keys", maxItems), "")
		return nil
	}
	all := map[string]string{}
	for _, e := range v.table.entries {
		in := *d
		in.e = e
		s := e.value.str
		switch e.value.kind {
		case text:
			s, _ = in.text(&e.value, "config."+e.name, "")
		case integer, number:
			s = plainNumber(s, e.value.kind)
		case boolean:
		default:
			in.want(&e.value, "a string, a number, true or false", "")
		}
		all[e.name] = s
	}
	return all
}

// plainNumber returns a number of TOML as a script takes it: without underscores, and
// in decimal.
func plainNumber(s string, k kind) string {
	s = strings.ReplaceAll(strings.TrimPrefix(s, "+"), "_", "")
	if n, err := strconv.ParseInt(s, 0, 64); k == integer && err == nil {
		return strconv.FormatInt(n, 10)
	}
	return s
}
