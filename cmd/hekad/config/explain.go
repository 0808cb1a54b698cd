package config

import "strings"

// explain says in other words what the parser says of the place at at, where there are
// better ones, and what to do.
func explain(f *file, at int, said string) (msg, hint string) {
	rest := ""
	if at < len(f.src) {
		rest = string(f.src[at:min(at+1, len(f.src))])
	}
	switch {
	case rest == "\n" && strings.Contains(said, "at start of value"), strings.HasPrefix(said, "expected value"):
		return "a value is missing", ""
	case strings.Contains(said, "at start of value"), strings.HasPrefix(said, "expected keyword"):
		return "this is no value", `text stands in quotes, as in run = "heka-tail -f app.log"`
	case strings.HasPrefix(said, "expected '=' after key"):
		return "want = behind the key", ""
	case strings.HasPrefix(said, "expected newline"):
		return "want the end of the line here", "a # begins a comment"
	case strings.HasPrefix(said, "expected ']' to close table name"):
		return "the header is not closed", "want ] at its end, as in [nginx]"
	case strings.Contains(said, "start of key"):
		return "this begins neither a key nor a header", "want key = value, or [name]"
	case strings.Contains(said, "cannot have new lines"):
		return "the string is not closed in its line", `"""...""" may have several lines`
	case strings.Contains(said, "not terminated"), strings.Contains(said, "unterminated"):
		return "the string is not closed", `"""...""" may have several lines`
	case strings.Contains(said, "escape"):
		return said, `write \\ for a backslash, or put the text in '...', which takes it as it is`
	case strings.HasPrefix(said, "array is incomplete"):
		return "the list is not closed", "want ] at its end"
	case strings.HasPrefix(said, "inline table is incomplete"):
		return "the table is not closed", "want } at its end"
	}
	return said, ""
}
