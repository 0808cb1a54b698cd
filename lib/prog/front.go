package prog

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"heka/lib/near"
	"heka/lib/stage"
)

// Verb is a command of heka that is none of the programs.
type Verb struct {
	Name  string
	Args  string // what follows, as in "'ONE-LINER'"
	Short string // half a line
	Helps bool   // Run answers --help
	Run   func(args []string) int
}

// Front is heka itself: all programs in one, and the commands around them.
type Front struct {
	Doc   string // README.md: "# heka: what it is", ...
	Wings []Wing
	Verbs []Verb // besides run, explain, completion and version
}

// Main runs this process as the program that it was called by, heka-tail say, or
// as the one that the first word names: heka tail.
func (f Front) Main() { os.Exit(f.Run(os.Args)) }

// Run is Main without the exit.
func (f Front) Run(argv []string) int {
	if w := f.wing(filepath.Base(argv[0])); w != nil {
		return w.Run(argv[1:])
	}
	words := argv[1:]
	if len(words) == 0 {
		f.help(os.Stdout)
		return ExitOK
	}
	if w := f.wing("heka-" + words[0]); w != nil {
		return w.Run(words[1:])
	}
	for _, v := range f.verbs() {
		if v.Name != words[0] {
			continue
		}
		if len(words) == 2 && (words[1] == "--help" || words[1] == "-h") && !v.Helps {
			fmt.Printf("heka %s: %s\n\nusage: heka %s\n\nMore: man heka\n",
				v.Name, v.Short, strings.TrimSpace(v.Name+" "+v.Args))
			return ExitOK
		}
		return v.Run(words[1:])
	}
	return f.other(words)
}

func (f Front) wing(name string) *Wing {
	for i := range f.Wings {
		if f.Wings[i].Name == name {
			return &f.Wings[i]
		}
	}
	return nil
}

// other deals with a first word that names nothing.
func (f Front) other(words []string) int {
	switch words[0] {
	case "help", "--help", "-h":
		f.help(os.Stdout)
		return ExitOK
	case "--version":
		return version(nil)
	case "pages":
		return f.pages(words[1:])
	case "page":
		return page(words[1:])
	case cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd:
		root := f.command()
		root.SetArgs(words)
		if err := root.Execute(); err != nil {
			return ExitUsage
		}
		return ExitOK
	}
	var names []string
	for _, w := range f.Wings {
		names = append(names, strings.TrimPrefix(w.Name, "heka-"))
	}
	for _, v := range f.verbs() {
		names = append(names, v.Name)
	}
	hint := "heka help lists them"
	if n := near.Word(words[0], names); n != "" {
		hint = "did you mean " + n + "?"
	}
	return report("heka", &stage.UsageError{Msg: fmt.Sprintf("no command %q", words[0]), Hint: hint})
}

// verbs returns all commands that are no programs.
func (f Front) verbs() []Verb {
	own := []Verb{
		{Name: "run", Args: "'ONE-LINER'", Short: "run a whole pipeline in one process", Run: f.runLine},
		{
			Name: "explain", Args: "'ONE-LINER'", Short: "say what a pipeline would do; reads nothing",
			Run: f.explain,
		},
	}
	own = append(own, f.Verbs...)
	return append(own,
		Verb{
			Name: "completion", Args: "bash|zsh|fish", Short: "write the shell's completion script",
			Run: f.completion,
		},
		Verb{Name: "version", Short: "say which version this is", Run: version},
	)
}

func (f Front) runLine(args []string) int {
	if len(args) != 1 {
		return report("heka run", &stage.UsageError{
			Msg:  "want the pipeline as one word",
			Hint: "heka run 'heka-tail access.log | heka-decode nginx | heka-filter count by .status'",
		})
	}
	return Fuse(f.Wings, args[0])
}

func (f Front) help(w io.Writer) {
	fmt.Fprintf(w, "heka: %s\n\n", title(f.Doc))
	for _, l := range example(f.Doc) {
		fmt.Fprintln(w, l)
	}
	fmt.Fprintln(w)
	for _, p := range f.Wings {
		fmt.Fprintf(w, "    %-10s %s\n", strings.TrimPrefix(p.Name, "heka-"), title(p.Doc))
	}
	fmt.Fprintln(w)
	for _, v := range f.verbs() {
		fmt.Fprintf(w, "    %-10s %s\n", v.Name, v.Short)
	}
	fmt.Fprintln(w, "\nheka tail is heka-tail, and so on. heka COMMAND --help tells more; man heka of all.")
}

// command returns the whole tree of commands, for completion and manual pages.
func (f Front) command() *cobra.Command {
	root := &cobra.Command{Use: "heka", Short: title(f.Doc), SilenceErrors: true, SilenceUsage: true}
	root.CompletionOptions.HiddenDefaultCmd = true
	for _, w := range f.Wings {
		sub := w.command(nil, newOptions())
		sub.Use = strings.Replace(sub.Use, "heka-", "", 1)
		sub.Short = title(w.Doc)
		root.AddCommand(sub)
	}
	for _, v := range f.verbs() {
		root.AddCommand(&cobra.Command{
			Use: v.Name + " " + v.Args, Short: v.Short, Run: func(*cobra.Command, []string) {},
		})
	}
	return root
}

// completion writes the completion scripts of heka and of each program.
func (f Front) completion(args []string) int {
	if len(args) != 1 {
		return report("heka completion", &stage.UsageError{Msg: "which shell? bash, zsh or fish"})
	}
	roots := []*cobra.Command{f.command()}
	for _, w := range f.Wings {
		roots = append(roots, w.command(nil, newOptions()))
	}
	for _, c := range roots {
		var err error
		switch args[0] {
		case "bash":
			err = c.GenBashCompletionV2(os.Stdout, true)
		case "zsh":
			err = c.GenZshCompletion(os.Stdout)
		case "fish":
			err = c.GenFishCompletion(os.Stdout, true)
		default:
			err = &stage.UsageError{Msg: fmt.Sprintf("no shell %q", args[0]), Hint: "bash, zsh or fish"}
		}
		if err != nil {
			return report("heka completion", err)
		}
	}
	return ExitOK
}

// version says which version of the module this is.
func version([]string) int {
	v := "(devel)"
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		v = b.Main.Version
	}
	fmt.Println("heka", v)
	return ExitOK
}
