package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// TOML returns the configuration as canonical text: what differs from the defaults, in
// one order, with references where values came from the environment or from secrets.
// Load makes the same configuration of it, given the same environment.
func (c *Config) TOML() string {
	var b strings.Builder
	global := defaults()
	if s := lines(hekadKeys, &c.Hekad, &global, c.Hekad.raw); s != "" {
		b.WriteString("[hekad]\n" + s)
	}
	for i := range c.Nodes {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(c.Nodes[i].TOML())
	}
	return b.String()
}

// TOML returns the section of the node.
func (n *Node) TOML() string {
	var b strings.Builder
	if n.Loaded {
		b.WriteString("# loaded into the running daemon\n")
	}
	fmt.Fprintf(&b, "[%s]\n", tomlKey(n.Name))
	b.WriteString(lines(nodeKeys, n, &Node{Full: Block}, n.raw))
	if len(n.Config) > 0 {
		fmt.Fprintf(&b, "[%s.config]\n", tomlKey(n.Name))
		var names []string
		for name := range n.Config {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			text := written(n.raw, "config."+name, n.Config[name], true, false)
			if !bare.MatchString(text) {
				text = tomlString(text)
			}
			fmt.Fprintf(&b, "%s = %s\n", tomlKey(name), text)
		}
	}
	return b.String()
}

// lines returns the lines of a section for what differs from usual.
func lines[T any](keys []key[T], of, usual *T, raw map[string]string) string {
	var b strings.Builder
	for _, k := range keys {
		v := reflect.ValueOf(k.field(of)).Elem()
		if reflect.DeepEqual(v.Interface(), reflect.ValueOf(k.field(usual)).Elem().Interface()) {
			continue
		}
		if s := k.text(v.Interface(), raw); s != "" {
			fmt.Fprintf(&b, "%s = %s\n", k.name, s)
		}
	}
	return b.String()
}

// text returns the value v of the key; empty if it is a table.
func (k key[T]) text(v any, raw map[string]string) string {
	if s, ok := raw[k.name]; ok {
		return tomlString(s)
	}
	switch v := v.(type) {
	case string:
		return tomlString(written(raw, k.name, v, !k.literal, k.shell))
	case Full:
		return tomlString(string(v))
	case bool:
		if len(k.choices) > 0 && v {
			return tomlString(k.choices[0])
		}
		return strconv.FormatBool(v)
	case int64:
		return sizeText(v)
	case time.Duration:
		return tomlString(showDuration(int64(v)))
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []string:
		return listText(k.name, v, raw)
	}
	return ""
}

// written returns the text that expands to value.
func written(raw map[string]string, path, value string, expands, shell bool) string {
	if s, ok := raw[path]; ok {
		return s
	}
	if !expands {
		return value
	}
	return escapeDollars(value, shell)
}

// sizeText writes n exactly, in the largest unit that divides it.
func sizeText(n int64) string {
	for _, u := range []struct {
		name  string
		bytes int64
	}{{"GiB", gib}, {"MiB", mib}, {"KiB", kib}} {
		if n >= u.bytes && n%u.bytes == 0 {
			return fmt.Sprintf(`"%d%s"`, n/u.bytes, u.name)
		}
	}
	return strconv.FormatInt(n, 10)
}

func listText(name string, all []string, raw map[string]string) string {
	var items []string
	for i, s := range all {
		items = append(items, tomlString(written(raw, name+"."+strconv.Itoa(i), s, true, false)))
	}
	if len(items) == 1 {
		return items[0]
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// bare are the texts that may stand without quotes in a table of texts: they come back
// as they are.
var bare = regexp.MustCompile(`^(true|false|0|-?[1-9][0-9]{0,17})$`)

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func tomlKey(name string) string {
	if bareKey.MatchString(name) {
		return name
	}
	return basicString(name)
}

// tomlString returns s as a string of TOML: in single quotes, one or three, if that
// saves backslashes.
func tomlString(s string) string {
	control := func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }
	switch {
	case !strings.ContainsAny(s, `"\`) || strings.ContainsFunc(s, control):
	case !strings.Contains(s, "'"):
		return "'" + s + "'"
	case !strings.Contains(s, "'''") && !strings.HasPrefix(s, "'"):
		return "'''" + s + "'''"
	}
	return basicString(s)
}

// basicString returns s between double quotes. What is no UTF-8 becomes U+FFFD.
func basicString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
