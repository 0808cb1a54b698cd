// Package script is the verb that shows the Lua scripts that are shipped.
package script

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"heka/lib/near"
	"heka/lib/sandbox/scripts"
	"heka/lib/stage"
)

// Args says what words the verb takes.
const Args = "[[USE/]NAME]"

// uses are the folders of scripts, and what runs them.
var uses = []struct{ name, program string }{
	{"filter", "heka-filter lua"}, {"decoder", "heka-decode lua"}, {"encoder", "heka-out --encoder"},
}

// Run lists the scripts, or writes the source of the one that is named, to w.
func Run(args []string, w io.Writer) error {
	switch len(args) {
	case 0:
		return list(w)
	case 1:
		return show(args[0], w)
	}
	return &stage.UsageError{Msg: "want one script", Hint: "heka script lists them"}
}

func list(w io.Writer) error {
	for _, u := range uses {
		if _, err := fmt.Fprintf(w, "%s ...\n", u.program); err != nil {
			return err
		}
		for _, name := range scripts.Names(u.name) {
			source, _ := scripts.Find(u.name, name)
			if _, err := fmt.Fprintf(w, "  %-30s %s\n", name, first(source)); err != nil {
				return err
			}
		}
	}
	return nil
}

// first returns the first sentence of the comment that a script begins with.
func first(source string) string {
	var text []string
	for line := range strings.Lines(source) {
		words, ok := strings.CutPrefix(line, "--")
		if words = strings.TrimSpace(words); !ok || words == "" {
			break
		}
		text = append(text, words)
	}
	all := strings.Join(text, " ")
	for _, end := range []string{". ", ": "} {
		if s, _, ok := strings.Cut(all, end); ok {
			all = s
		}
	}
	if s, _, ok := strings.Cut(all, ", "); ok && len(all) > maxFirst {
		all = s
	}
	return strings.TrimSuffix(all, ".")
}

// maxFirst is the longest sentence that is shown whole.
const maxFirst = 78

func show(name string, w io.Writer) error {
	want, short, hasUse := strings.Cut(name, "/")
	if !hasUse {
		short = name
	}
	short = strings.TrimSuffix(short, ".lua")
	var found []string
	var known []string
	for _, u := range uses {
		known = append(known, scripts.Names(u.name)...)
		if source, ok := scripts.Find(u.name, short); ok && (!hasUse || want == u.name) {
			found = append(found, source)
		}
	}
	switch {
	case len(found) > 1:
		return &stage.UsageError{
			Msg:  fmt.Sprintf("there is more than one %s", short),
			Hint: "say which, as in filter/" + short + " or decoder/" + short,
		}
	case len(found) == 1:
		_, err := io.WriteString(w, found[0])
		return err
	}
	hint := "heka script lists them"
	if n := near.Word(short, known); n != "" {
		hint = "did you mean " + n + "?"
	}
	return errors.Join(&stage.UsageError{Msg: "no script " + name + " is shipped", Hint: hint})
}
