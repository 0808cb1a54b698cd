package apache

import (
	"fmt"
	"strings"

	"heka/heka-decode/internal/logformat"
	"heka/lib/stage"
)

// parts splits a LogFormat string into literals and variables.
func parts(s string) ([]logformat.Part, error) {
	var all []logformat.Part
	var lit []byte
	for i := 0; i < len(s); {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			lit = append(lit, unescapeLiteral(s[i:i+2])...)
			i += 2
		case strings.HasPrefix(s[i:], "%%"):
			lit = append(lit, '%')
			i += 2
		case s[i] == '%':
			d, n, err := parseDirective(s[i:])
			if err != nil {
				return nil, err
			}
			i += n
			before, v, behind, err := d.variable()
			if err != nil {
				return nil, err
			}
			if lit = append(lit, before...); len(lit) > 0 {
				all = append(all, logformat.Part{Literal: string(lit)})
			}
			all = append(all, logformat.Part{Var: v})
			lit = append(lit[:0], behind...)
		default:
			lit = append(lit, s[i])
			i++
		}
	}
	if len(lit) > 0 {
		all = append(all, logformat.Part{Literal: string(lit)})
	}
	tellApart(all)
	return all, nil
}

// unescapeLiteral returns what a backslash and the byte behind it stand for in a
// format, be it copied out of a configuration with its \" or not.
func unescapeLiteral(s string) string {
	switch s[1] {
	case '"', '\\', '\'':
		return s[1:]
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case 'r':
		return "\r"
	}
	return s
}

// directive is a format directive, as in %>s or %!200,304{User-Agent}i.
type directive struct {
	text     string // all of it
	original bool   // %<: of the request as it came
	final    bool   // %>: of the request after internal redirects
	arg      string // what stands in braces
	letter   string // one letter, or ^ti, ^to
}

// parseDirective parses the directive at the start of s and returns its length.
func parseDirective(s string) (d directive, n int, err error) {
	i := 1
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '<':
			d.original = true
		case c == '>':
			d.final = true
		case c == '!' || c == ',' || c >= '0' && c <= '9': // a condition
		case c == '{':
			end := strings.IndexByte(s[i:], '}')
			if end < 0 {
				return d, 0, &stage.UsageError{
					Msg: "the brace of " + s + " is not closed in the format"}
			}
			d.arg = s[i+1 : i+end]
			i += end
		case c == '^':
			if len(s) < i+3 {
				return d, 0, unknown(s)
			}
			d.text, d.letter = s[:i+3], s[i:i+3]
			return d, i + 3, nil
		default:
			d.text, d.letter = s[:i+1], s[i:i+1]
			return d, i + 1, nil
		}
	}
	return d, 0, unknown(s)
}

func unknown(s string) error {
	return &stage.UsageError{
		Msg:  fmt.Sprintf("the format has %s, which is no directive of Apache", s),
		Hint: "a percent sign for its own sake is written %%",
	}
}

// tellApart gives fields names of their own where a format has two directives that
// else would share one, and leaves the coarser of two that say the same.
func tellApart(all []logformat.Part) {
	byText := map[string]*logformat.Var{}
	for _, p := range all {
		if p.Var != nil {
			byText[p.Var.Text] = p.Var
		}
	}
	rename := func(text, other, field string) {
		if v := byText[text]; v != nil && byText[other] != nil {
			v.Field = field
		}
	}
	rename("%h", "%a", "remote_host")
	rename("%s", "%>s", "original_status")
	rename("%<s", "%>s", "original_status")
	finest(all, "request_time")
	wholeTime(all)
}

// finest keeps, of the variables of one field, the one that divides it finest.
func finest(all []logformat.Part, field string) {
	var best *logformat.Var
	for _, p := range all {
		if p.Var == nil || p.Var.Field != field {
			continue
		}
		if best != nil && p.Var.Scale > best.Scale {
			best.Kind = logformat.Skip
			best.Field = ""
		} else if best != nil {
			continue
		}
		best = p.Var
	}
}

// wholeTime leaves the end of a request out of the Timestamp where its beginning
// is known: it becomes a field.
func wholeTime(all []logformat.Part) {
	begins := false
	for _, p := range all {
		begins = begins || p.Var != nil && p.Var.Kind == logformat.Clock && p.Var.Field != endTime
	}
	for _, p := range all {
		if p.Var != nil && p.Var.Kind == logformat.Clock && p.Var.Field == endTime && begins {
			p.Var.Kind = logformat.String
		}
	}
}
