package prog

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// pages is the hidden command from which scripts/mkman makes the manual: it
// writes the page of each program and kind into a folder, in the Markdown that
// go-md2man reads.
func (f Front) pages(args []string) int {
	if len(args) != 1 {
		return ExitUsage
	}
	write := func(name, text string) error {
		return os.WriteFile(filepath.Join(args[0], name+".1.md"), []byte(text), 0o644)
	}
	if err := write("heka", Page("heka", 1, f.Doc, nil)); err != nil {
		return report("heka", err)
	}
	for _, w := range f.Wings {
		root := w.command(nil, newOptions())
		own, shared := ownFlags(root)
		if w.Pick == ByName || w.Pick == Chained {
			own = nil
		}
		if err := write(w.Name, Page(w.Name, 1, w.Doc, own, shared)); err != nil {
			return report("heka", err)
		}
		for _, k := range w.Kinds {
			if (w.Pick == Only || w.Pick == ByScheme) && k.Doc == w.Doc {
				continue
			}
			cmd := root
			if w.Pick == ByScheme {
				cmd = w.commandOf(k, nil, newOptions())
			} else if sub, _, err := root.Find([]string{k.Name}); err == nil && w.Pick != Only {
				cmd = sub
			}
			name := w.Name + "-" + k.Name
			own, _ := ownFlags(cmd)
			if err := write(name, Page(name, 1, k.Doc, own)); err != nil {
				return report("heka", err)
			}
		}
	}
	return ExitOK
}

// page is the hidden command that writes the Markdown of one page that is of no
// program: NAME SECTION FILE.
func page(args []string) int {
	if len(args) != 3 {
		return ExitUsage
	}
	doc, err := os.ReadFile(args[2])
	if err != nil {
		return report("heka", err)
	}
	section, err := strconv.Atoi(args[1])
	if err != nil {
		return report("heka", err)
	}
	fmt.Print(Page(args[0], section, string(doc)))
	return ExitOK
}

// Page makes the Markdown of a manual page of a README: "# name: what" becomes the
// section NAME, and the flags get a section in front of EXAMPLES. flags are those
// of the kind, and then those that all programs share.
func Page(name string, section int, doc string, flags ...[]*pflag.Flag) string {
	first, rest, _ := strings.Cut(doc, "\n")
	_, what, _ := strings.Cut(first, ": ")
	var b strings.Builder
	for i, heading := range []string{"OPTIONS", "COMMON OPTIONS"} {
		if i < len(flags) && len(flags[i]) > 0 {
			fmt.Fprintf(&b, "## %s\n\n%s", heading, flagList(flags[i]))
		}
	}
	before, after, ok := strings.Cut(rest, "\n## EXAMPLES\n")
	if ok {
		rest = before + "\n" + b.String() + "\n## EXAMPLES\n" + after
	} else {
		rest += "\n" + b.String()
	}
	rest = lists(rest)
	rest = strings.ReplaceAll(rest, "\n## ", "\n# ")
	rest = strings.ReplaceAll(rest, "\n### ", "\n## ")
	rest = strings.ReplaceAll(rest, "```console\n", "```\n")
	head := fmt.Sprintf("%% %s %d \"\" \"Heka\" \"Heka Manual\"\n", strings.ToUpper(name), section)
	if !strings.Contains(doc, "\n## NAME\n") {
		head += fmt.Sprintf("\n# NAME\n\n%s - %s\n", name, what)
	}
	return head + rest
}

// lists makes lists of the tables of a README: a manual page has no room for cells
// side by side. The first cell of a row is the term, the others tell of it.
func lists(doc string) string {
	var b strings.Builder
	lines := strings.Split(doc, "\n")
	for i, l := range lines {
		switch {
		case !strings.HasPrefix(l, "|"):
			b.WriteString(l + "\n")
		case i+1 < len(lines) && strings.HasPrefix(lines[i+1], "| ---") || strings.HasPrefix(l, "| ---"),
			i+1 < len(lines) && strings.HasPrefix(lines[i+1], "|---") || strings.HasPrefix(l, "|---"):
			// the heading, and the line under it
		default:
			cells := strings.Split(strings.ReplaceAll(strings.Trim(l, "| "), `\|`, "\x00"), "|")
			for i := range cells {
				cells[i] = strings.ReplaceAll(strings.TrimSpace(cells[i]), "\x00", "|")
			}
			fmt.Fprintf(&b, "%s\n: %s\n\n", cells[0], strings.Join(cells[1:], "; "))
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// flagList lists flags as a manual page does.
func flagList(flags []*pflag.Flag) string {
	var b strings.Builder
	for _, f := range flags {
		value, text := pflag.UnquoteUsage(f)
		name := "**--" + f.Name + "**"
		if f.Shorthand != "" {
			name = "**-" + f.Shorthand + "**, " + name
		}
		if value != "" {
			name += " *" + value + "*"
		}
		if hasDefault(f) {
			text += " (" + f.DefValue + ")"
		}
		fmt.Fprintf(&b, "%s\n: %s\n\n", name, strings.ReplaceAll(text, "<", "\\<"))
	}
	return b.String()
}

// hasDefault says whether a flag's default is worth telling.
func hasDefault(f *pflag.Flag) bool {
	switch f.DefValue {
	case "", "false", "0", "[]", "0s":
		return false
	}
	return true
}

// ownFlags returns the flags of cmd that are its own, and those that all programs
// share.
func ownFlags(cmd *cobra.Command) (own, shared []*pflag.Flag) {
	common := pflag.NewFlagSet("", pflag.ContinueOnError)
	newOptions().declare(common)
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Name == "help" || f.Hidden:
		case common.Lookup(f.Name) != nil:
			shared = append(shared, f)
		default:
			own = append(own, f)
		}
	})
	return own, shared
}
