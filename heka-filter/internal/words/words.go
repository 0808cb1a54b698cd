// Package words reads the words of one verb of heka-filter:
//
//	ARGS... by VAR[,VAR...] every DURATION within DURATION
//
// The clauses stand in any order behind the arguments. [Parse] says which words
// go where; every mistake is a *stage.UsageError that names the word.
package words

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"heka/lib/match"
	"heka/lib/near"
	"heka/lib/stage"
)

// Clause is a set of clauses.
type Clause uint8

// The clauses: `by` takes variables, the others take a duration.
const (
	By Clause = 1 << iota
	Every
	Within
)

var clauses = []struct {
	name   string
	clause Clause
}{{"by", By}, {"every", Every}, {"within", Within}}

// Words is what was typed.
type Words struct {
	Verb   string
	Args   []string    // before the first clause
	By     []match.Var // none: one group of all messages
	Every  int64       // nanoseconds; 0: no windows
	Within int64       // nanoseconds; 0: not given
}

// Parse reads the words of a verb, which knows the clauses of allowed.
func Parse(verb string, args []string, allowed Clause) (*Words, error) {
	w := &Words{Verb: verb}
	var seen Clause
	for i := 0; i < len(args); {
		c := clauseOf(args[i])
		if c == 0 && seen == 0 {
			w.Args = append(w.Args, args[i])
			i++
			continue
		}
		if c == 0 {
			return nil, w.stray(args[i], allowed&^seen)
		}
		if c&allowed == 0 {
			return nil, w.Mistake(args[i], "this verb has no such clause", "it has "+list(allowed))
		}
		if c&seen != 0 {
			return nil, w.Mistake(args[i], "the clause stands twice", "")
		}
		seen |= c
		n, err := w.clause(c, args[i:])
		if err != nil {
			return nil, err
		}
		i += n
	}
	return w, nil
}

func clauseOf(word string) Clause {
	for _, c := range clauses {
		if c.name == word {
			return c.clause
		}
	}
	return 0
}

// clause reads the clause that args start with, and returns how many words it has.
func (w *Words) clause(c Clause, args []string) (n int, err error) {
	n = 1
	for n < len(args) && clauseOf(args[n]) == 0 && (c == By || n == 1) {
		n++
	}
	if n == 1 {
		hint := "such as " + args[0] + " 10s"
		if c == By {
			hint = "such as by .status"
		}
		return 0, w.Mistake(args[0], "nothing follows it", hint)
	}
	if c == By {
		w.By, err = w.Vars(args[1:n])
		return n, err
	}
	d, err := w.Duration(args[1])
	if c == Every {
		w.Every = d
	} else {
		w.Within = d
	}
	return n, err
}

// stray complains of a word behind a clause that is full.
func (w *Words) stray(word string, left Clause) error {
	if c := near.Word(word, names(left)); c != "" {
		return w.Mistake(word, "there is no such clause", "did you mean "+c+"?")
	}
	return w.Mistake(word, "one word too many", "arguments stand before "+list(By|Every|Within))
}

// names returns the names of clauses.
func names(set Clause) []string {
	var all []string
	for _, c := range clauses {
		if set&c.clause != 0 {
			all = append(all, c.name)
		}
	}
	return all
}

// list lists clauses for a hint.
func list(set Clause) string {
	if set == 0 {
		return "none"
	}
	return strings.Join(names(set), ", ")
}

// Mistake returns the error that word is wrong.
func (w *Words) Mistake(word, what, hint string) error {
	return &stage.UsageError{Msg: fmt.Sprintf("%s: %q: %s", w.Verb, word, what), Hint: hint}
}

// Missing returns the error that an argument is missing.
func (w *Words) Missing(what, hint string) error {
	return &stage.UsageError{Msg: w.Verb + ": " + what + " is missing", Hint: hint}
}

// NoArgs returns an error if there are arguments.
func (w *Words) NoArgs() error { return w.AtMost(0) }

// AtMost returns an error if there are more than n arguments.
func (w *Words) AtMost(n int) error {
	if len(w.Args) <= n {
		return nil
	}
	word := w.Args[n]
	hint := ""
	if c := near.Word(word, names(By|Every|Within)); c != "" {
		hint = "did you mean " + c + "?"
	} else if _, err := match.ParseVar(word); err == nil {
		hint = "did you mean by " + word + "?"
	}
	return w.Mistake(word, "one word too many", hint)
}

// Vars reads variables, a word or several to a comma each.
func (w *Words) Vars(args []string) ([]match.Var, error) {
	var vars []match.Var
	for _, word := range split(args) {
		v, err := w.Var(word)
		if err != nil {
			return nil, err
		}
		if slices.Contains(vars, v) {
			return nil, w.Mistake(word, "the variable stands twice", "")
		}
		vars = append(vars, v)
	}
	return vars, nil
}

// Var reads one variable.
func (w *Words) Var(word string) (match.Var, error) {
	v, err := match.ParseVar(word)
	var e *match.Error
	if errors.As(err, &e) {
		return v, w.Mistake(word, e.Msg, e.Hint)
	}
	return v, err
}

// split cuts words at the commas that are not within brackets.
func split(args []string) []string {
	var all []string
	for _, a := range args {
		depth, from := 0, 0
		for i := range len(a) {
			switch {
			case a[i] == '[':
				depth++
			case a[i] == ']':
				depth--
			case a[i] == ',' && depth <= 0:
				all = append(all, a[from:i])
				from = i + 1
			}
		}
		if from < len(a) || from == 0 {
			all = append(all, a[from:])
		}
	}
	return all
}
