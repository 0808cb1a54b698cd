package config

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Expansion is of values, not of the file: what a variable has in it can't become a key,
// and in a command line it can't become another word.
//
//	${NAME}            of the environment; it has to be set
//	${NAME:-default}   the default if it is not set, or empty
//	${file:/path}      what is in a file, without the line feed at its end
//	$$                 a dollar; one before anything else is one as it is
//
// Within a command line what comes is one piece of a word, whatever is in it, and
// nothing is expanded between single quotes.

// secret is the content of a file, and what stands for it where people look.
type secret struct{ value, ref string }

const (
	maxSecret    = 64 << 10
	maxValue     = 64 << 10 // bytes of a string in the file
	maxExpanded  = 1 << 20  // and of what it stands for
	maxReference = 4 << 10
	maxSlips     = 20
)

// slip is a mistake in a string: its place there, from at to end.
type slip struct {
	at, end   int
	msg, hint string
}

// expander expands the strings of a configuration.
type expander struct {
	environ func(string) (string, bool)
	secrets []secret
}

// expand returns what s stands for, and where in s its bytes came from. shell says that
// s is a command line.
func (x *expander) expand(s string, shell bool) (string, trace, []slip) {
	if !strings.Contains(s, "$") {
		return s, nil, nil
	}
	var b strings.Builder
	t := trace{{}}
	var slips []slip
	var q quoting
	for i := 0; i < len(s) && len(slips) < maxSlips; {
		if s[i] != '$' || i+1 == len(s) || shell && q.literal() || s[i+1] != '$' && s[i+1] != '{' {
			b.WriteByte(s[i])
			q.step(s[i])
			i++
			continue
		}
		value, n, err := "$", 2, ""
		hint := ""
		if s[i+1] == '{' {
			value, n, err, hint = x.reference(s[i:])
			if shell {
				value = q.quote(value)
			}
		}
		if err == "" && b.Len()+len(value) > maxExpanded {
			err = fmt.Sprintf("the value gets longer than %d bytes", maxExpanded)
		}
		if err != "" {
			slips = append(slips, slip{i, i + n, err, hint})
			value = ""
		}
		t = append(t, stretch{b.Len(), i, true})
		b.WriteString(value)
		i += n
		if value == "" {
			t = t[:len(t)-1]
		}
		t = append(t, stretch{b.Len(), i, false})
	}
	return b.String(), t, slips
}

// reference returns what the ${...} at the start of s stands for and how long it is, or
// what is wrong with it.
func (x *expander) reference(s string) (value string, n int, msg, hint string) {
	end := strings.IndexByte(s[:min(len(s), maxReference)], '}')
	if end < 0 {
		return "", 2, "${ without }", "$${ is a dollar and a brace"
	}
	in := s[2:end]
	n = end + 1
	if path, ok := strings.CutPrefix(in, "file:"); ok {
		value, msg, hint = x.file(path)
		return value, n, msg, hint
	}
	name, other, has := strings.Cut(in, ":-")
	if !variable(name) {
		return "", n, printable("${"+in+"}") + " is no reference",
			"want ${NAME}, ${NAME:-default} or ${file:/path}; $${ is a dollar and a brace"
	}
	value, ok := x.environ(name)
	switch {
	case has && value == "":
		value = other
	case !ok:
		return "", n, "the environment has no " + printable(name),
			fmt.Sprintf("set it, or give a default: ${%s:-...}", printable(name))
	case strings.ContainsRune(value, 0):
		return "", n, printable(name) + " has a NUL in it", ""
	}
	return value, n, "", ""
}

// variable reports whether s can be the name of a variable.
func variable(s string) bool {
	for i, c := range []byte(s) {
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 256
}

// file returns the secret in a file.
func (x *expander) file(path string) (value, msg, hint string) {
	if !filepath.IsAbs(path) {
		return "", "want an absolute path: ${file:/path}", ""
	}
	if why, hint := private(path, 0o004); why != "" {
		return "", why, hint
	}
	f, err := os.Open(path)
	if err != nil {
		return "", reason(err), ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", reason(err), ""
	}
	value = strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	switch {
	case len(b) > maxSecret:
		return "", fmt.Sprintf("%s is longer than 64KiB", printable(path)), ""
	case value == "":
		return "", printable(path) + " is empty", ""
	case strings.ContainsRune(value, 0):
		return "", printable(path) + " has a NUL in it", ""
	}
	x.secrets = append(x.secrets, secret{value, "${file:" + path + "}"})
	return value, "", ""
}

// private says what is wrong with a file that has to be a regular one, with none of the
// permissions in others.
func private(path string, others os.FileMode) (msg, hint string) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return reason(err), ""
	case !info.Mode().IsRegular():
		return printable(path) + " is no regular file", ""
	case info.Mode().Perm()&others != 0:
		return fmt.Sprintf("%s has mode %04o: others can read it", printable(path), info.Mode().Perm()),
			"chmod 600 " + printable(path)
	}
	return "", ""
}

// reason returns the text of an error of a file, with the path first.
func reason(err error) string {
	if pe, ok := err.(*os.PathError); ok {
		return printable(pe.Path) + ": " + pe.Err.Error()
	}
	return err.Error()
}

// redact puts the references in the place of secrets. Those of less than three bytes
// are in everything, and stay.
func redact(s string, secrets []secret) string {
	for _, x := range secrets {
		if len(x.value) < 3 {
			continue
		}
		var q quoting
		for _, form := range []string{q.quote(x.value), x.value, fmt.Sprintf("%q", x.value)[1:]} {
			s = strings.ReplaceAll(s, strings.TrimSuffix(form, `"`), x.ref)
		}
	}
	return s
}
