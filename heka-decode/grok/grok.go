// Package grok is the kind of heka-decode for lines that grok patterns take apart:
// regular expressions made of named pieces.
package grok

import (
	_ "embed"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"heka/heka-decode/internal/capture"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind decodes with grok patterns.
var Kind = stage.Kind{Name: "grok", Doc: doc, Args: "PATTERN", NArgs: stage.OneArg, New: declare}

// maxFile is how long a file of patterns may be.
const maxFile = 4 << 20

// options are the flags of the kind.
type options struct {
	capture  capture.Flags
	patterns []string
	files    []string
}

func declare(fs *pflag.FlagSet) stage.Make {
	var o options
	o.capture.Declare(fs, "grok", "string")
	fs.StringArrayVar(&o.patterns, "pattern", nil,
		"another pattern for %{NAME}: `'NAME REGEX'`; may be given again")
	fs.StringArrayVar(&o.files, "patterns-file", nil,
		"read patterns from `FILE`, a NAME REGEX a line; may be given again")
	return o.make
}

// make returns the stage that the flags ask for. Files of patterns are read here, as
// the pattern can't be checked without.
func (o *options) make(env *stage.Env, args []string) (stage.Stage, error) {
	if len(args) != 1 {
		return nil, &stage.UsageError{
			Msg:  fmt.Sprintf("grok takes one pattern, and here are %d", len(args)),
			Hint: `put it in quotes, as in heka-decode grok '%{IP:client} %{INT:status:int}'`,
		}
	}
	l := newLibrary()
	for _, name := range o.files {
		if err := readFile(l, name); err != nil {
			return nil, err
		}
	}
	for _, line := range o.patterns {
		if err := l.add(line); err != nil {
			return nil, &stage.UsageError{Msg: fmt.Sprintf("--pattern %q: %v", line, err)}
		}
	}
	x := expander{library: l}
	if err := x.expand(args[0]); err != nil {
		return nil, &stage.UsageError{Msg: "pattern: " + err.Error()}
	}
	e, err := capture.Compile(x.out.String())
	if err != nil {
		return nil, &stage.UsageError{Msg: "pattern, expanded: " + err.Error()}
	}
	x.name(e.Groups)
	if len(e.Groups) == 1 {
		return nil, &stage.UsageError{
			Msg:  "the pattern names no field, so that nothing would come of it",
			Hint: "name one as in %{INT:status}",
		}
	}
	return o.capture.Stage(env, "grok", e)
}

// readFile adds the patterns of a file: a name and an expression a line. Lines that
// are blank or start with # say nothing.
func readFile(l *library, name string) error {
	fail := func(err error) error {
		return &stage.UsageError{Msg: fmt.Sprintf("--patterns-file: %v", err)}
	}
	if info, err := os.Stat(name); err != nil {
		return fail(err)
	} else if info.Size() > maxFile {
		return fail(fmt.Errorf("%s: has %d bytes, more than %d", name, info.Size(), maxFile))
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return fail(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.TrimSpace(line) == "" || line[0] == '#' {
			continue
		}
		if err := l.add(line); err != nil {
			return fail(fmt.Errorf("%s:%d: %w", name, i+1, err))
		}
	}
	return nil
}
