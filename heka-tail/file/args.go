package file

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"heka/lib/stage"
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

// check finds mistakes in the command line.
func check(o *options, args []string) error {
	if len(args) == 0 {
		return &stage.UsageError{Msg: "no source is given", Hint: "name a file, a glob in quotes, or -"}
	}
	if o.fromStart && o.lines.set {
		return &stage.UsageError{Msg: "--from-start and -n can't both be given",
			Hint: "-n +1 is the same as --from-start"}
	}
	if o.poll && !o.follow {
		return &stage.UsageError{Msg: "--poll is of use with -f only"}
	}
	stdin := false
	for _, a := range args {
		if a == "-" && stdin {
			return &stage.UsageError{Msg: "- is given twice", Hint: "there is one standard input"}
		}
		stdin = stdin || a == "-"
		if err := checkSource(a); err != nil {
			return err
		}
	}
	return nil
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

// errDir is the error for a directory.
func errDir(path string) error {
	return &os.PathError{Op: "read", Path: path,
		Err: fmt.Errorf("is a directory; name its files, as in %s",
			filepath.Join(path, "*"))}
}
