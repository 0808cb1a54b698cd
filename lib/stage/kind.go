package stage

import "github.com/spf13/pflag"

// Kind is one sort of stage of one wing: `nginx` is a kind of heka-decode. Each
// wing lists its kinds; help texts, manual pages and completion come from here.
type Kind struct {
	// Name as typed: `nginx`, a verb, or the scheme of a URL.
	Name string

	// Doc is the kind's README.md, embedded. Its first line is "# name: what it does";
	// the rest is the manual page.
	Doc string

	// Args says what words follow the name, as in "EXPR [by FIELD...]".
	Args string

	// NArgs returns how many words the kind takes for itself, at most, once the flags
	// are parsed; the words behind those are files to read. nil: all are its own.
	NArgs func(fs *pflag.FlagSet) int

	// New declares the kind's flags on fs and returns the function that makes the
	// stage once they are parsed.
	New func(fs *pflag.FlagSet) Make
}

// Make checks every argument and flag and returns the stage they ask for. It
// opens nothing. args are the words that are no flags; an error should be a
// *UsageError if it can point at one of them.
type Make func(env *Env, args []string) (Stage, error)

// EnvAnnotation is what a flag is annotated with that has a twin in the environment of
// another name than its own: HEKA_STRICT for --strict.
const EnvAnnotation = "heka.env"

// NoArgs is the NArgs of kinds that take no words: all words are files to read.
func NoArgs(*pflag.FlagSet) int { return 0 }

// OneArg is the NArgs of kinds that take one word.
func OneArg(*pflag.FlagSet) int { return 1 }

// UsageError is a mistake in a command line.
type UsageError struct {
	Msg  string // what is wrong
	Hint string // what to do; may be empty
}

func (e *UsageError) Error() string {
	if e.Hint == "" {
		return e.Msg
	}
	return e.Msg + "; " + e.Hint
}
