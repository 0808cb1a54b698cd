package file

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"heka/lib/split"
	"heka/lib/stage"
	"heka/lib/when"
)

// lineCount is the value of -n: N, or +N.
type lineCount struct {
	set      bool
	fromLine bool
	n        int64
}

// Set implements pflag.Value.
func (c *lineCount) Set(s string) error {
	digits, plus := strings.CutPrefix(s, "+")
	n, err := strconv.ParseUint(digits, 10, 62)
	if err != nil {
		return errors.New("must be a number of lines, as in 10, or a line to start at, as in +10")
	}
	*c = lineCount{set: true, fromLine: plus, n: int64(n)}
	return nil
}

// String implements pflag.Value.
func (c *lineCount) String() string {
	switch {
	case !c.set:
		return ""
	case c.fromLine:
		return "+" + strconv.FormatInt(c.n, 10)
	}
	return strconv.FormatInt(c.n, 10)
}

// Type implements pflag.Value.
func (c *lineCount) Type() string { return "N" }

// span is a duration as it is typed.
type span time.Duration

// Set implements pflag.Value.
func (d *span) Set(s string) error {
	n, ok := when.Duration(s)
	if !ok || n < 0 {
		return errors.New("must be a time, as in 500ms or 2s")
	}
	*d = span(n)
	return nil
}

// String implements pflag.Value.
func (d *span) String() string { return time.Duration(*d).String() }

// Type implements pflag.Value.
func (d *span) Type() string { return "DURATION" }

// check finds mistakes in the command line, and reads what it says of records and
// streams.
func (t *tail) check() error {
	o := &t.opt
	var errs []error
	wrong := func(is bool, msg, hint string) {
		if is {
			errs = append(errs, &stage.UsageError{Msg: msg, Hint: hint})
		}
	}
	wrong(len(t.args) == 0, "no source is given", "name a file, a glob in quotes, or -")
	wrong(o.fromStart && o.lines.set, "--from-start and -n can't both be given",
		"-n +1 is the same as --from-start")
	wrong(o.poll && !o.follow, "--poll is of use with -f only", "")
	m := &o.match
	wrong(!m.set() && (m.priority != "" || m.differentiator != "" || m.translate != nil),
		"--priority, --differentiator and --translate are of use with --file-match only", "")
	wrong(m.set() && len(t.args) > 1, "--file-match takes one folder", "the folder whose tree it looks through")
	wrong(slices.Contains(t.args, "-") && (m.set() || o.explain),
		"the standard input is no file: - can't be given here", "")
	var err error
	if t.spec, err = split.Parse(o.split, o.multiline); err != nil {
		errs = append(errs, usage(err))
	}
	if m.set() && len(t.args) == 1 {
		t.tree, err = m.layout(t.args[0], o.name)
		errs = append(errs, err)
	}
	stdin := false
	for i, a := range t.args {
		wrong(a == "-" && stdin, "- is given twice", "there is one standard input")
		stdin = stdin || a == "-"
		if info, err := os.Stat(a); err == nil && info.IsDir() && o.explain && !m.set() {
			t.args[i] = filepath.Join(a, "*")
		}
		if !m.set() {
			errs = append(errs, checkSource(a))
		}
	}
	return join(errs)
}

// join joins the errors that there are.
func join(errs []error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

func checkSource(a string) error {
	scheme, _, isURL := strings.Cut(a, "://")
	switch {
	case a == "":
		return &stage.UsageError{Msg: "a source is empty"}
	case isURL && !strings.ContainsAny(scheme, "/*?["):
		return &stage.UsageError{Msg: fmt.Sprintf("no source of sort %q is known", scheme),
			Hint: "files are named by their paths"}
	case strings.Contains(a, "**"):
		return &stage.UsageError{Msg: fmt.Sprintf("%q: ** is not supported", a),
			Hint: "name each level by a *, as in /var/log/*/*.log"}
	}
	if _, err := filepath.Match(a, ""); err != nil {
		return &stage.UsageError{Msg: fmt.Sprintf("%q is no valid pattern", a),
			Hint: `a [ must have its ], or be written \[`}
	}
	return nil
}

// isPattern reports whether a is a glob, and no file is named just so.
func isPattern(a string) bool {
	if !strings.ContainsAny(a, `*?[\`) {
		return false
	}
	_, err := os.Lstat(a)
	return err != nil
}
