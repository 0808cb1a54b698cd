package prog

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"heka/lib/stage"
)

// title returns what a README's first line says behind the name: "# nginx: what
// it does".
func title(doc string) string {
	line, _, _ := strings.Cut(doc, "\n")
	_, what, _ := strings.Cut(line, ": ")
	return what
}

// helpWidth is how long a line of the help may be.
const helpWidth = 110

// example returns the commands of the first console block of a README, without
// those that are too long for the help.
func example(doc string) []string {
	_, rest, ok := strings.Cut(doc, "```console\n")
	if !ok {
		return nil
	}
	block, _, _ := strings.Cut(rest, "```")
	var lines []string
	for _, l := range strings.Split(block, "\n") {
		if strings.HasPrefix(l, "$ ") && len("    "+l) <= helpWidth {
			lines = append(lines, "    "+l)
		}
	}
	return lines
}

// help writes the help text of cmd: what it is, examples, and the flags; it fits a
// screen.
func (w Wing) help(cmd *cobra.Command) {
	out := cmd.OutOrStdout()
	doc := w.Doc
	for _, k := range w.Kinds {
		if cmd.HasParent() && k.Name == cmd.Name() {
			doc = k.Doc
		}
	}
	helpHead(cmd, cmd.CommandPath(), doc)
	own, common := ownFlags(cmd)
	switch {
	case cmd.HasParent() || w.Pick == Only:
		writeFlags(out, own)
		writeFlags(out, common)
		helpFoot(cmd, strings.ReplaceAll(cmd.CommandPath(), " ", "-"))
	case w.Pick == ByScheme:
		w.listKinds(out)
		writeFlags(out, own)
		fmt.Fprintf(out, "\n%s %s --help has those flags and the ones that all programs share. More: man %s\n",
			w.Name, w.Kinds[0].Name, w.Name)
	default:
		w.listKinds(out)
		fmt.Fprintf(out, "\n%s %s --help tells more of each; man %s of all.\n",
			w.Name, strings.ToUpper(w.noun()), w.Name)
	}
}

// helpOf writes the help text of cmd, which is that of kind k, picked by its scheme.
func (w Wing) helpOf(cmd *cobra.Command, k stage.Kind) {
	helpHead(cmd, w.Name+" "+w.word(k), k.Doc)
	own, common := ownFlags(cmd)
	writeFlags(cmd.OutOrStdout(), own)
	writeFlags(cmd.OutOrStdout(), common)
	page := w.Name + "-" + k.Name
	if k.Doc == w.Doc {
		page = w.Name
	}
	helpFoot(cmd, page)
}

// helpHead writes what stands before lists of kinds and flags.
func helpHead(cmd *cobra.Command, name, doc string) {
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s: %s\n\nusage: %s\n", name, title(doc), strings.TrimSpace(synopsis(cmd)))
	if ex := example(doc); ex != nil {
		fmt.Fprintf(out, "\n%s\n", strings.Join(ex, "\n"))
	}
}

func helpFoot(cmd *cobra.Command, page string) {
	fmt.Fprintf(cmd.OutOrStdout(),
		"\nEach flag may be set in the environment: HEKA_STRICT for --strict. More: man %s\n", page)
}

// listKinds writes a line a kind.
func (w Wing) listKinds(out io.Writer) {
	fmt.Fprintln(out)
	for _, k := range w.Kinds {
		fmt.Fprintf(out, "    %-10s %s\n", w.word(k), title(k.Doc))
	}
}

// synopsis returns the usage line of cmd.
func synopsis(cmd *cobra.Command) string {
	if p := cmd.Parent(); p != nil {
		return p.Name() + " " + cmd.Use
	}
	return cmd.Use
}

// writeFlags writes a line a flag, aligned.
func writeFlags(w io.Writer, flags []*pflag.Flag) {
	if len(flags) == 0 {
		return
	}
	fmt.Fprintln(w)
	for _, f := range flags {
		value, text := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if value != "" {
			name += " " + value
		}
		if hasDefault(f) {
			text += " (" + f.DefValue + ")"
		}
		fmt.Fprintf(w, "  %-24s %s\n", name, text)
	}
}
