package prog

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"heka/lib/near"
	"heka/lib/stage"
)

// schemed returns the kind that words name by the scheme of the first of them that is
// no flag: the first kind where it has none. A question for help may name a kind
// without its ://; what such a question names not at all is the zero Kind, the wing.
func (w Wing) schemed(words []string) (stage.Kind, error) {
	first, help := w.firstWord(words)
	name, _, ok := strings.Cut(first, "://")
	for _, k := range w.Kinds {
		if k.Name == name && (ok || help) {
			return k, nil
		}
	}
	switch {
	case help && !ok:
		return stage.Kind{}, nil
	case !ok || !isScheme(name):
		return w.Kinds[0], nil
	}
	hint := "there is " + strings.Join(w.schemes(), ", ") + "; write ./" + first + " for a file of that name"
	if n := near.Word(name, kindNames(w.Kinds[1:])); n != "" {
		hint = "did you mean " + n + "://?"
	}
	return stage.Kind{}, &stage.UsageError{Msg: "no way to " + first, Hint: hint}
}

// schemes returns what the words that name a kind start with.
func (w Wing) schemes() []string {
	var all []string
	for _, k := range w.Kinds[1:] {
		all = append(all, k.Name+"://")
	}
	return all
}

// isScheme reports whether s may be the scheme of a URL.
func isScheme(s string) bool {
	for i, c := range []byte(s) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(c))) {
			return false
		}
	}
	return s != ""
}

// firstWord returns the first of words that is neither a flag nor a flag's value, and
// whether they ask for help. Which flags take values is known before the kind is: the
// kinds of a wing agree on flags of one name.
func (w Wing) firstWord(words []string) (first string, help bool) {
	sets := w.flagSets()
	for i := 0; i < len(words); i++ {
		word := words[i]
		switch {
		case word == "--":
			if i+1 < len(words) && first == "" {
				first = words[i+1]
			}
			return first, help
		case word == "-h" || word == "--help":
			help = true
		case len(word) > 1 && word[0] == '-':
			if takesNext(sets, word) {
				i++
			}
		case first == "":
			first = word
		}
	}
	return first, help
}

// flagSets returns the flags of each kind, and those that all share.
func (w Wing) flagSets() []*pflag.FlagSet {
	var sets []*pflag.FlagSet
	for _, k := range w.Kinds {
		fs := pflag.NewFlagSet(k.Name, pflag.ContinueOnError)
		k.New(fs)
		sets = append(sets, fs)
	}
	shared := pflag.NewFlagSet("", pflag.ContinueOnError)
	newOptions().declare(shared)
	return append(sets, shared)
}

// takesNext reports whether word is a flag, or letters of several, whose value is the
// word behind it.
func takesNext(sets []*pflag.FlagSet, word string) bool {
	if name, ok := strings.CutPrefix(word, "--"); ok {
		f := lookup(sets, func(fs *pflag.FlagSet) *pflag.Flag { return fs.Lookup(name) })
		return f != nil && f.NoOptDefVal == ""
	}
	for i := 1; i < len(word); i++ {
		letter := word[i : i+1]
		f := lookup(sets, func(fs *pflag.FlagSet) *pflag.Flag { return fs.ShorthandLookup(letter) })
		if f == nil {
			return false
		}
		if f.NoOptDefVal == "" { // the rest of the word is its value, if there is one
			return i == len(word)-1
		}
	}
	return false
}

func lookup(sets []*pflag.FlagSet, in func(*pflag.FlagSet) *pflag.Flag) *pflag.Flag {
	for _, fs := range sets {
		if f := in(fs); f != nil {
			return f
		}
	}
	return nil
}

// commandOf returns the command of kind k of a wing that picks by scheme; with the
// zero Kind, that of its help.
func (w Wing) commandOf(k stage.Kind, f found, opt *options) *cobra.Command {
	if k.New == nil {
		return w.command(f, opt)
	}
	one := w
	one.Kinds, one.Pick = []stage.Kind{k}, Only
	if k.Name != w.Kinds[0].Name || k.Doc == w.Doc {
		one.Doc = k.Doc
	}
	cmd := one.command(f, opt)
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return w.otherKinds(k, flagError(cmd, err), err)
	})
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) { w.helpOf(cmd, k) })
	return cmd
}

// otherKinds says of a flag that k does not have which kind has it.
func (w Wing) otherKinds(k stage.Kind, told, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return told
	}
	var have []string
	for i, fs := range w.flagSets()[:len(w.Kinds)] {
		f := fs.Lookup(unknown.GetSpecifiedName())
		if letters := unknown.GetSpecifiedShortnames(); letters != "" {
			f = fs.ShorthandLookup(unknown.GetSpecifiedName())
		}
		if f != nil {
			have = append(have, w.word(w.Kinds[i]))
		}
	}
	slices.Sort(have)
	if len(have) == 0 {
		return told
	}
	return &stage.UsageError{
		Msg:  err.Error(),
		Hint: fmt.Sprintf("%s has it, %s does not", strings.Join(have, ", "), w.word(k)),
	}
}

// word is what names k on a command line.
func (w Wing) word(k stage.Kind) string {
	if w.Pick == ByScheme && k.Name != w.Kinds[0].Name {
		return k.Name + "://"
	}
	return k.Name
}
