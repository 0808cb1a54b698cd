package nginx

import (
	"errors"
	"strings"

	"heka/lib/stage"
)

// conf is what a configuration file of nginx says about the format of its logs.
type conf struct {
	names   []string // of the formats, in their order
	formats map[string]format
	used    []string // the formats that access_log directives name, each once
}

// parseConf finds the log_format and access_log directives of a configuration, in
// whatever block they stand. Included files are not looked at.
func parseConf(src string) (*conf, error) {
	c := &conf{formats: map[string]format{}}
	var words []string
	for src != "" {
		word, rest, err := nextWord(src)
		if err != nil {
			return nil, err
		}
		src = rest
		switch word.text {
		case ";", "{", "}":
			if !word.quoted {
				c.directive(words)
				words = words[:0]
				continue
			}
		case "":
			if !word.quoted {
				continue
			}
		}
		words = append(words, word.text)
	}
	c.directive(words)
	return c, nil
}

// directive notes a directive, given as its words.
func (c *conf) directive(words []string) {
	if len(words) < 3 {
		return
	}
	name := words[1]
	switch words[0] {
	case "log_format":
		f := format{}
		args := words[2:]
		if e, ok := strings.CutPrefix(args[0], "escape="); ok {
			f.escape, args = e, args[1:]
		}
		f.text = strings.Join(args, "")
		if _, ok := c.formats[name]; !ok {
			c.names = append(c.names, name)
		}
		c.formats[name] = f
	case "access_log":
		c.use(words[2])
	}
}

// use notes the format that an access_log directive names.
func (c *conf) use(name string) {
	if strings.Contains(name, "=") { // no format but buffer=, gzip=, if=, ...
		return
	}
	for _, n := range c.used {
		if n == name {
			return
		}
	}
	c.used = append(c.used, name)
}

// pick returns the format of this name. If name is empty it is the only format,
// or the one that all access_log directives name.
func (c *conf) pick(name string) (format, error) {
	if name == "" {
		switch {
		case len(c.names) == 1:
			name = c.names[0]
		case len(c.used) == 1:
			name = c.used[0]
		case len(c.names) == 0:
			return format{}, &stage.UsageError{
				Msg:  "no log_format in the configuration",
				Hint: "included files are not looked at: name the file that has it",
			}
		default:
			return format{}, &stage.UsageError{
				Msg:  "several formats in the configuration: " + strings.Join(c.names, ", "),
				Hint: "say which, as in --conf FILE:" + c.names[0],
			}
		}
	}
	if f, ok := c.formats[name]; ok {
		return f, nil
	}
	if name == "combined" { // built into nginx: no configuration defines it
		return format{text: formats[name]}, nil
	}
	return format{}, noFormat(name, append(c.names, "combined"))
}

type word struct {
	text   string
	quoted bool
}

var errQuote = errors.New("a quote is not closed")

// nextWord returns the first word of a configuration, or ; { or }, and what
// follows it. The word is empty and not quoted at the end, and for a comment.
func nextWord(s string) (w word, rest string, err error) {
	s = strings.TrimLeft(s, " \t\r\n")
	if s == "" {
		return w, "", nil
	}
	switch s[0] {
	case '#':
		_, rest, _ = strings.Cut(s, "\n")
		return w, rest, nil
	case ';', '{', '}':
		return word{text: s[:1]}, s[1:], nil
	case '\'', '"':
		return quotedWord(s)
	}
	i := 0
	for i < len(s) && strings.IndexByte(" \t\r\n;", s[i]) < 0 {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
		case s[i] == '{' && (i == 0 || s[i-1] != '$'):
			return word{text: unescapeConf(s[:i])}, s[i:], nil
		}
		i++
	}
	return word{text: unescapeConf(s[:i])}, s[i:], nil
}

// quotedWord returns the word in quotes that s starts with.
func quotedWord(s string) (word, string, error) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return word{text: unescapeConf(s[1:i]), quoted: true}, s[i+1:], nil
		}
	}
	return word{}, "", errQuote
}

// unescapeConf undoes the escapes of a configuration: \" \' \\ \t \r \n. Other
// backslashes stay.
func unescapeConf(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	return strings.NewReplacer(
		`\"`, `"`, `\'`, `'`, `\\`, `\`, `\t`, "\t", `\r`, "\r", `\n`, "\n").Replace(s)
}
