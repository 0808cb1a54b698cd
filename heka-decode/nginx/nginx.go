// Package nginx decodes the access logs of nginx.
//
// A log_format, given as a string, by name, or in a configuration file, is compiled
// once by [logformat]; each line becomes fields that are named as the variables.
package nginx

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"heka/heka-decode/internal/logformat"
	"heka/lib/near"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind is the decoder `heka-decode nginx`.
var Kind = stage.Kind{Name: "nginx", Doc: doc, NArgs: stage.NoArgs, New: New}

type flags struct {
	logformat.Flags
	format, conf, escape string
	fs                   *pflag.FlagSet
}

// New declares the decoder's flags on fs. The stage that it makes is a
// stage.Parallel.
func New(fs *pflag.FlagSet) stage.Make {
	f := &flags{fs: fs}
	fs.StringVar(&f.format, "format", "",
		"the `FORMAT` of the lines: a log_format string, combined, main, or timed")
	fs.StringVar(&f.conf, "conf", "",
		"take the format from a configuration `FILE[:NAME]`, as in /etc/nginx/nginx.conf:main")
	fs.StringVar(&f.escape, "escape", "default",
		"how the format escapes values: default, json or none")
	f.Declare(fs, "nginx.access")
	return f.make
}

func (f *flags) make(env *stage.Env, args []string) (stage.Stage, error) {
	if len(args) > 0 {
		return nil, &stage.UsageError{
			Msg:  fmt.Sprintf("unexpected argument %q", args[0]),
			Hint: "the format goes behind --format, in single quotes",
		}
	}
	form, err := f.find()
	if err != nil {
		return nil, err
	}
	escape, err := escapeOf(form.escape)
	if err != nil {
		return nil, err
	}
	texts := []string{form.text}
	if f.conf == "" && f.format == "" {
		texts = usual()
	}
	var templates []*logformat.Template
	for i, text := range texts { // those behind the first are guesses
		all, err := parts(text)
		if err != nil {
			return nil, err
		}
		t, err := logformat.Compile(all, logformat.Options{
			Escape: escape, Reps: f.Representations, Location: env.Location(), Strict: i > 0,
		})
		if err != nil {
			return nil, err
		}
		templates = append(templates, t)
	}
	return logformat.Stage(env, "nginx", f.Flags, templates...), nil
}

// find returns the format that the flags ask for. --escape overrides what a
// configuration says.
func (f *flags) find() (form format, err error) {
	if f.conf != "" {
		if f.fs.Changed("format") {
			return form, &stage.UsageError{Msg: "--format and --conf exclude each other"}
		}
		form, err = readConf(f.conf)
	} else if f.format != "" {
		form, err = named(f.format)
	}
	if form.escape == "" || f.fs.Changed("escape") {
		form.escape = f.escape
	}
	return form, err
}

// named returns the format that --format names or is. A whole log_format directive
// will do as well.
func named(s string) (format, error) {
	if text, ok := formats[s]; ok {
		return format{text: text}, nil
	}
	if strings.HasPrefix(strings.TrimSpace(s), "log_format") {
		c, err := parseConf(s)
		if err != nil {
			return format{}, &stage.UsageError{Msg: "--format: " + err.Error()}
		}
		return c.pick("")
	}
	if strings.Contains(s, "$") {
		return format{text: s}, nil
	}
	if strings.ContainsAny(s, " \t%\"[") || s == "" {
		return format{}, &stage.UsageError{
			Msg:  "the format has no variables",
			Hint: "variables are written $name; in double quotes the shell takes them away",
		}
	}
	return format{}, noFormat(s, slices.Sorted(maps.Keys(formats)))
}

func noFormat(name string, names []string) error {
	hint := "there are " + strings.Join(names, ", ")
	if n := near.Word(name, names); n != "" {
		hint = "did you mean " + n + "?"
	}
	return &stage.UsageError{Msg: fmt.Sprintf("no format %q", name), Hint: hint}
}

func escapeOf(s string) (logformat.Escape, error) {
	switch s {
	case "default":
		return logformat.EscapeNginx, nil
	case "json":
		return logformat.EscapeJSON, nil
	case "none":
		return logformat.EscapeNone, nil
	}
	hint := "there are default, json, none"
	if n := near.Word(s, []string{"default", "json", "none"}); n != "" {
		hint = "did you mean " + n + "?"
	}
	return 0, &stage.UsageError{Msg: fmt.Sprintf("no way to escape is named %q", s), Hint: hint}
}

// maxConf is the largest configuration file that is read, in bytes.
const maxConf = 4 << 20

// readConf reads the format out of FILE or FILE:NAME. An argument that says what
// the lines look like has to be read before the first line.
func readConf(arg string) (format, error) {
	path, name := arg, ""
	if i := strings.LastIndexByte(arg, ':'); i > 0 && !strings.Contains(arg[i:], "/") {
		path, name = arg[:i], arg[i+1:]
	}
	file, err := os.Open(path)
	if err != nil {
		return format{}, fmt.Errorf("--conf: %w", err)
	}
	defer file.Close()
	src, err := io.ReadAll(io.LimitReader(file, maxConf+1))
	if err == nil && len(src) > maxConf {
		err = errors.New("larger than 4 MiB")
	}
	if err != nil {
		return format{}, fmt.Errorf("--conf %s: %w", path, err)
	}
	c, err := parseConf(string(src))
	if err != nil {
		return format{}, fmt.Errorf("--conf %s: %w", path, err)
	}
	return c.pick(name)
}
