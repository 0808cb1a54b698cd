package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/config"
	"heka/lib/stage"
)

// Options of the commands. The zero Options are those of this process.
type Options struct {
	Stdin, Stdout, Stderr *os.File // nil: this process's

	// Check checks the command lines of a file that graph and to-shell are given: see
	// config.Options. nil: they are not checked.
	Check func(n *config.Node) []config.Mistake
}

// Commands returns the commands, in the order of the help.
func Commands(opt Options) []*cobra.Command {
	if opt.Stdin == nil {
		opt.Stdin = os.Stdin
	}
	if opt.Stdout == nil {
		opt.Stdout = os.Stdout
	}
	if opt.Stderr == nil {
		opt.Stderr = os.Stderr
	}
	makers := []func(*base) *cobra.Command{
		newPs, newTop, newTap, newReload, newLoad, newUnload, newGraph, newToShell,
		newDrain, newStop, newDoctor,
	}
	var all []*cobra.Command
	for _, mk := range makers {
		b := &base{Options: opt}
		c := mk(b)
		b.finish(c)
		all = append(all, c)
	}
	return all
}

// base is what all commands have.
type base struct {
	Options
	state string // the flag
	color string
}

// finish adds the flags that all commands take, and our ways of help and errors.
func (b *base) finish(c *cobra.Command) {
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&b.state, "state", "", "state folder `DIR` of the daemon ("+DefaultState()+")")
	fs.StringVar(&b.color, "color", "auto", "colour for a terminal: `WHEN` is auto, always or never")
	run := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		switch b.color {
		case "auto", "always", "never":
		default:
			return mistake("", "--color %s: want auto, always or never", b.color)
		}
		return run(c, args)
	}
	Dress(c)
}

// Dress gives a command of hekad our ways of help, errors and flags from the environment.
func Dress(c *cobra.Command) {
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetFlagErrorFunc(flagError)
	c.SetHelpFunc(func(c *cobra.Command, _ []string) { help(c) })
	run, count := c.RunE, c.Args
	c.Args = cobra.ArbitraryArgs
	c.RunE = func(c *cobra.Command, args []string) error {
		if count != nil {
			if err := count(c, args); err != nil {
				return err
			}
		}
		if err := fromEnvironment(c.Flags()); err != nil {
			return err
		}
		if c.Context() == nil {
			c.SetContext(context.Background())
		}
		return run(c, args)
	}
}

// folder is the state folder that was asked for.
func (b *base) folder() string {
	if b.state != "" {
		return b.state
	}
	return DefaultState()
}

// dial finds the daemon.
func (b *base) dial() (*api.Client, error) { return api.Dial(b.folder()) }

// Words wants n arguments; what says which, as in "a node".
func Words(n int, what, hint string) cobra.PositionalArgs { return words(n, what, hint) }

func words(n int, what, hint string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < n:
			return mistake(hint, "want %s", what)
		case len(args) > n && n == 0:
			return mistake("", "%q: no words are taken, but flags", args[0])
		case len(args) > n:
			return mistake(hint, "%q: want %s alone", args[n], what)
		}
		return nil
	}
}

// mistake is one in the command line.
func mistake(hint, format string, args ...any) error {
	return &stage.UsageError{Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// flagError says what is wrong with a flag, and which one was meant.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		return mistake(meant("--", unknown.GetSpecifiedName(), names), "%v", err)
	case errors.As(err, &value):
		return mistake("", "--%s %s: %s", value.GetFlag().Name, value.GetValue(), reason(value))
	}
	return mistake("", "%v", err)
}

// reason says why a flag does not take its value.
func reason(err *pflag.InvalidValueError) string {
	switch err.GetFlag().Value.Type() {
	case "int", "int64":
		return "want a whole number"
	case "duration":
		return "want a duration like 500ms, 10s or 1h"
	case "bool":
		return "want true or false"
	}
	return errors.Unwrap(err).Error()
}

// fromEnvironment sets each flag that the command line left alone from its twin in the
// environment: HEKA_STATE for --state.
func fromEnvironment(fs *pflag.FlagSet) error {
	var err error
	fs.VisitAll(func(f *pflag.Flag) {
		name := "HEKA_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		v := os.Getenv(name)
		if f.Changed || f.Name == "help" || err != nil || v == "" {
			return
		}
		var value *pflag.InvalidValueError
		if serr := fs.Set(f.Name, v); errors.As(serr, &value) {
			err = mistake("", "%s=%s in the environment: %s", name, v, reason(value))
		} else if serr != nil {
			err = mistake("", "%s=%s in the environment: %v", name, v, serr)
		}
	})
	return err
}
