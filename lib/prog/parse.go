package prog

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"heka/lib/near"
	"heka/lib/stage"
)

// Command is what a command line means, checked, with nothing opened.
type Command struct {
	Wing   Wing
	Env    *stage.Env
	Stages []stage.Stage
	Files  []string // inputs named as arguments; none: stdin

	opt   *options
	kinds []stage.Kind
	flags []*pflag.FlagSet // by kind

	bare bool // the environment sets no flags
}

// mistakes are gathered, so that all are shown at once.
type mistakes struct{ all []error }

// Parse works out what words, those behind the program's name, mean. Help that
// they ask for goes to w, and the Command is nil then. An error is a
// *stage.UsageError, or several of them joined.
func (w Wing) Parse(words []string, stdout io.Writer) (*Command, error) {
	return w.parse(&Command{}, words, stdout)
}

// parse is Parse into c.
func (w Wing) parse(c *Command, words []string, stdout io.Writer) (*Command, error) {
	c.Wing, c.Env, c.opt = w, &stage.Env{Name: w.Name}, newOptions()
	var m mistakes
	parts := [][]string{words}
	if w.Pick == Chained {
		parts = split(words, "then")
	}
	for i, part := range parts {
		if len(part) == 0 && len(parts) > 1 {
			return nil, &stage.UsageError{Msg: fmt.Sprintf("nothing stands %s `then`",
				[]string{"before", "behind"}[min(i, 1)]), Hint: "name a verb, like count"}
		}
		add := func(k stage.Kind, fs *pflag.FlagSet, mk stage.Make, args []string) error {
			return c.add(k, fs, mk, args, &m)
		}
		root := w.command(add, c.opt)
		if w.Pick == ByScheme {
			k, err := w.schemed(part)
			if err != nil {
				return nil, err
			}
			root = w.commandOf(k, add, c.opt)
		}
		root.SetArgs(part)
		root.SetOut(stdout)
		ran := len(c.Stages) + len(m.all)
		if err := root.Execute(); err != nil {
			return nil, usage(err)
		}
		if len(c.Stages)+len(m.all) == ran {
			return nil, nil // it was help that was asked for
		}
	}
	m.all = append(m.all, c.opt.check(c.Env)...)
	if len(m.all) > 0 {
		return nil, errors.Join(m.all...)
	}
	return c, nil
}

// add makes the stage of one kind and appends it.
func (c *Command) add(
	k stage.Kind, fs *pflag.FlagSet, mk stage.Make, args []string, m *mistakes,
) error {
	if !c.bare {
		if err := fromEnvironment(fs); err != nil {
			return err
		}
	}
	// What the shared flags say is known only when all parts are parsed, and Parse
	// reports what is wrong with them then. But a Make may look at Env, and finds its
	// own mistakes besides: give it what there is.
	c.opt.check(c.Env)
	own := args
	if k.NArgs != nil {
		n := min(k.NArgs(fs), len(args))
		own, c.Files = args[:n], args[n:]
	}
	st, err := mk(c.Env, own)
	if err != nil {
		m.all = append(m.all, err)
		return nil
	}
	c.Stages, c.kinds, c.flags = append(c.Stages, st), append(c.kinds, k), append(c.flags, fs)
	return nil
}

// split cuts words at each word that is sep.
func split(words []string, sep string) [][]string {
	parts := [][]string{nil}
	for _, w := range words {
		if w == sep {
			parts = append(parts, nil)
			continue
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], w)
	}
	return parts
}

// usage makes a *stage.UsageError of what cobra says.
func usage(err error) error {
	var u *stage.UsageError
	if errors.As(err, &u) {
		return err
	}
	return &stage.UsageError{Msg: err.Error()}
}

// found is called with the kind that a command line names.
type found func(k stage.Kind, fs *pflag.FlagSet, mk stage.Make, args []string) error

// flagError says what is wrong with a flag of cmd, and which one was meant.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	u := &stage.UsageError{Msg: err.Error()}
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if n := near.Word(unknown.GetSpecifiedName(), names); n != "" {
			u.Hint = "did you mean --" + n + "?"
		}
	case errors.As(err, &value):
		u.Msg = fmt.Sprintf("--%s %s: %s", value.GetFlag().Name, value.GetValue(), reason(value))
	}
	return u
}

// reason says why a flag does not take its value.
func reason(err *pflag.InvalidValueError) string {
	f := err.GetFlag()
	switch f.Value.Type() {
	case "int", "int64":
		return "want a whole number"
	case "float64":
		return "want a number"
	case "duration":
		return "want a duration like 500ms, 10s or 1h"
	case "bool":
		return "want true or false"
	}
	return errors.Unwrap(err).Error()
}

// command returns the cobra command of the wing, with the shared flags on opt.
func (w Wing) command(f found, opt *options) *cobra.Command {
	root := &cobra.Command{
		Use:           w.Name + " " + w.Usage,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
	}
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpCommand(&cobra.Command{Hidden: true, Use: "no-help"})
	if w.Pick == Only || w.Pick == ByScheme {
		root.Use = w.Name + usageOf(w.Kinds[0])
		bind(root, w.Kinds[0], f)
		opt.declare(root.Flags())
	} else {
		for _, k := range w.Kinds {
			sub := &cobra.Command{Use: k.Name + usageOf(k), Short: title(k.Doc), Args: cobra.ArbitraryArgs}
			bind(sub, k, f)
			opt.declare(sub.Flags())
			root.AddCommand(sub)
		}
		root.RunE = func(cmd *cobra.Command, args []string) error { return w.noKind(args) }
		opt.declare(root.Flags())
	}
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { w.help(cmd) })
	return root
}

// usageOf says what stands behind a kind's name.
func usageOf(k stage.Kind) string {
	s := " [FLAGS]"
	if k.Args != "" {
		s += " " + k.Args
	}
	if k.NArgs != nil {
		s += " [FILE...]"
	}
	return s
}

// bind makes cmd the command of kind k.
func bind(cmd *cobra.Command, k stage.Kind, f found) {
	cmd.Flags().SortFlags = false
	mk := k.New(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return f(k, cmd.Flags(), mk, args) }
}

// noun is what a kind of w is called.
func (w Wing) noun() string {
	if w.Pick == Chained {
		return "verb"
	}
	return "kind"
}

// noKind is the mistake of a command line that names no kind of w.
func (w Wing) noKind(args []string) error {
	what := w.noun()
	if len(args) == 0 {
		return &stage.UsageError{Msg: "which " + what + "?", Hint: "one of " + w.names()}
	}
	hint := "one of " + w.names()
	if n := near.Word(args[0], kindNames(w.Kinds)); n != "" {
		hint = "did you mean " + n + "?"
	}
	return &stage.UsageError{Msg: fmt.Sprintf("no %s %q", what, args[0]), Hint: hint}
}
