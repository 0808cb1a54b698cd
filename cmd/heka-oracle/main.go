// Command heka-oracle writes logs that are rotated in every way, and checks whether
// what comes out of a pipeline is what was written. Tests use it, and nothing else.
package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

//go:embed README.md
var doc string

// Exit statuses beside 0.
const (
	exitWrong = 1 // the check found mistakes, or a file can't be read or written
	exitUsage = 2
)

// usageError is a mistake in the command line.
type usageError struct{ error }

func main() {
	err := command().Execute()
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "heka-oracle:", err)
	var u usageError
	if errors.As(err, &u) {
		fmt.Fprintln(os.Stderr, "Try 'heka-oracle --help'.")
		os.Exit(exitUsage)
	}
	os.Exit(exitWrong)
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "heka-oracle COMMAND",
		Short:         "write logs that are rotated, and check what came of them",
		Long:          description(),
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("no command is given")}
			}
			return usageError{fmt.Errorf("no command is called %q", args[0])}
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(&cobra.Command{Hidden: true})
	root.AddCommand(writeCommand(), checkCommand())
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	return root
}

// description is the first paragraph of the section DESCRIPTION of the README.
func description() string {
	_, text, _ := strings.Cut(doc, "## DESCRIPTION\n\n")
	text, _, _ = strings.Cut(text, "\n\n")
	return text
}
