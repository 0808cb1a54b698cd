package session

import (
	"encoding/json"
	"strings"
)

// words cuts a line into the parts that are compared: of a JSON object the members,
// else what stands between spaces, these with the word before. Put together they are
// the line.
func words(line string) []string {
	if strings.HasPrefix(line, "{") && json.Valid([]byte(line)) {
		return members(line)
	}
	return strings.SplitAfter(line, " ")
}

// members cuts valid JSON into names with their values, brackets, commas and
// elements of arrays.
func members(s string) []string {
	var all []string
	for i := 0; i < len(s); {
		n := token(s[i:])
		if s[i] == '"' && i+n < len(s) && s[i+n] == ':' {
			n++
			if next := s[i+n:]; next[0] != '{' && next[0] != '[' && next[0] != ' ' {
				n += token(next)
			}
		}
		all = append(all, s[i:i+n])
		i += n
	}
	return all
}

// token returns the length of the token of JSON that s begins with; s is not empty.
func token(s string) int {
	switch s[0] {
	case '"':
		for i := 1; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
		return len(s)
	case '{', '}', '[', ']', ',', ':', ' ', '\t', '\r':
		return 1
	}
	if n := strings.IndexAny(s, "{}[],: \t\r"); n > 0 {
		return n
	}
	return len(s)
}

// part is a piece of a line, and whether the line that it is compared with has
// another in its place.
type part struct {
	text   string
	differ bool
}

// maxCompared bounds the lines whose words are compared, in bytes.
const maxCompared = 64 << 10

// compare returns the parts of two lines. It is false if they have so little in
// common that it says nothing to compare them.
func compare(was, is string) (a, b []part, alike bool) {
	if len(was) > maxCompared || len(is) > maxCompared {
		return nil, nil, false
	}
	x, y := words(was), words(is)
	same := 0
	for _, e := range edits(x, y) {
		switch e.op {
		case ' ':
			same += len(x[e.a])
			a, b = join(a, x[e.a], false), join(b, y[e.b], false)
		case '-':
			a = join(a, x[e.a], true)
		case '+':
			b = join(b, y[e.b], true)
		}
	}
	isJSON := strings.HasPrefix(was, "{") && strings.HasPrefix(is, "{")
	return a, b, isJSON || 2*same >= min(len(was), len(is))
}

// join appends a piece to the last part, if that is of its sort.
func join(parts []part, text string, differ bool) []part {
	if n := len(parts); n > 0 && parts[n-1].differ == differ {
		parts[n-1].text += text
		return parts
	}
	return append(parts, part{text, differ})
}
