package config

import "strings"

// quoting follows the quotes of a command line, byte by byte.
type quoting struct {
	open    byte // ' or ", or 0
	escaped bool // the last byte was a backslash that counts
}

// literal reports whether a $ that comes next is one as it is.
func (q *quoting) literal() bool { return q.open == '\'' || q.escaped }

// step goes over c.
func (q *quoting) step(c byte) {
	switch {
	case q.escaped:
		q.escaped = false
	case c == '\\' && q.open != '\'':
		q.escaped = true
	case q.open == 0 && (c == '\'' || c == '"'):
		q.open = c
	case q.open == c:
		q.open = 0
	}
}

// quote returns what stands for value at this place: a piece of one word.
func (q *quoting) quote(value string) string {
	if q.open == '"' {
		return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", `$`, `\$`).Replace(value)
	}
	return shellWord(value)
}

// plainWord has what needs no quotes in a command line.
const plainWord = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,^"

// shellWord returns value as a word of a command line.
func shellWord(value string) string {
	if value != "" && strings.Trim(value, plainWord) == "" {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// escapeDollars returns the command line that expands to line.
func escapeDollars(line string, shell bool) string {
	var b strings.Builder
	var q quoting
	for i := range len(line) {
		if line[i] == '$' && !(shell && q.literal()) && i+1 < len(line) &&
			(line[i+1] == '$' || line[i+1] == '{') {
			b.WriteByte('$')
		}
		q.step(line[i])
		b.WriteByte(line[i])
	}
	return b.String()
}
