// Package apache decodes the access logs of Apache's httpd.
//
// A LogFormat, given as a string or by name, is compiled once by [logformat]; each
// line becomes fields that are named as nginx names the same things.
package apache

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"heka/heka-decode/internal/logformat"
	"heka/lib/near"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind is the decoder `heka-decode apache`.
var Kind = stage.Kind{Name: "apache", Doc: doc, NArgs: stage.NoArgs, New: New}

// formats are the formats that have a name in the configuration that httpd comes
// with; vhost_combined is that of Debian.
var formats = map[string]string{
	"common":         `%h %l %u %t "%r" %>s %b`,
	"combined":       `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"`,
	"vhost_combined": `%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"`,
	"combinedio":     `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %I %O`,
}

type flags struct {
	logformat.Flags
	format string
}

// New declares the decoder's flags on fs. The stage that it makes is a
// stage.Parallel.
func New(fs *pflag.FlagSet) stage.Make {
	f := &flags{}
	fs.StringVar(&f.format, "format", "combined",
		"`FORMAT`: a LogFormat, or common, combined, combinedio, vhost_combined")
	f.Declare(fs, "apache.access")
	return f.make
}

func (f *flags) make(env *stage.Env, args []string) (stage.Stage, error) {
	if len(args) > 0 {
		return nil, &stage.UsageError{
			Msg:  fmt.Sprintf("unexpected argument %q", args[0]),
			Hint: "the format goes behind --format, in single quotes",
		}
	}
	text, err := named(f.format)
	if err != nil {
		return nil, err
	}
	all, err := parts(text)
	if err != nil {
		return nil, err
	}
	t, err := logformat.Compile(all, logformat.Options{
		Escape: logformat.EscapeApache, Reps: f.Representations, Location: env.Location(),
	})
	if err != nil {
		return nil, err
	}
	return logformat.Stage(env, "apache", f.Flags, t), nil
}

// named returns the format that --format names or is. A whole LogFormat directive
// will do as well.
func named(s string) (string, error) {
	if text, ok := formats[s]; ok {
		return text, nil
	}
	if rest, ok := strings.CutPrefix(strings.TrimSpace(s), "LogFormat"); ok {
		return quoted(strings.TrimSpace(rest))
	}
	if strings.Contains(s, "%") {
		return s, nil
	}
	if strings.ContainsAny(s, " \t$\"[") || s == "" {
		return "", &stage.UsageError{
			Msg:  "the format has no variables",
			Hint: "they are written with a percent sign, as in %h or %{Referer}i",
		}
	}
	names := slices.Sorted(maps.Keys(formats))
	hint := "there are " + strings.Join(names, ", ")
	if n := near.Word(s, names); n != "" {
		hint = "did you mean " + n + "?"
	}
	return "", &stage.UsageError{Msg: fmt.Sprintf("no format %q", s), Hint: hint}
}

// quoted returns the format of a LogFormat directive: its first argument, in
// quotes or not. Its backslashes are left to parts.
func quoted(s string) (string, error) {
	if s == "" || s[0] != '"' && s[0] != '\'' {
		text, _, _ := strings.Cut(s, " ")
		return text, nil
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return s[1:i], nil
		}
	}
	return "", &stage.UsageError{Msg: "--format: a quote is not closed"}
}
