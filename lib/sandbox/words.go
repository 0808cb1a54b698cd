package sandbox

// What the compiler looks through for each word that it meets: the constants of a
// function for each constant, and the labels for each goto. So there are not too many.
const (
	maxWords  = 1 << 15 // different names, numbers and texts of a source
	maxLabels = 1 << 10 // goto and :: of a source
)

// tooMany returns the line at which there are too many different words, or labels, in
// source; 0 if there are not.
func tooMany(source string) int {
	words, labels, line := map[string]struct{}{}, 0, 1
	for i := 0; i < len(source); {
		n := token(source[i:])
		switch text := source[i : i+n]; {
		case text == "goto", text == "::":
			labels++
		case wordByte(text[0]), text[0] == '"', text[0] == '\'', n > 1 && text[0] == '[':
			words[text] = struct{}{}
		}
		if len(words) > maxWords || labels > maxLabels {
			return line
		}
		for _, c := range []byte(source[i : i+n]) {
			if c == '\n' {
				line++
			}
		}
		i += n
	}
	return 0
}

// token returns the length of what s starts with: a word, a string, a comment, or else a
// byte.
func token(s string) int {
	switch c := s[0]; {
	case c == '"' || c == '\'':
		return quotedString(s)
	case c == '[':
		return max(longBracket(s), 1)
	case len(s) > 1 && s[:2] == "--":
		return comment(s)
	case len(s) > 1 && s[:2] == "::":
		return 2
	case !wordByte(c):
		return 1
	}
	n := 1
	for n < len(s) && (wordByte(s[n]) || s[n] == '.' && s[0] <= '9') {
		n++
	}
	return n
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
