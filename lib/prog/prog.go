// Package prog makes stages programs: command lines, formats, terminals, signals,
// statistics and exit statuses, the same for all.
//
// A wing's main is one call: Main(Decode(decoders.All, decoders.Doc)). What a
// command line means is worked out by Wing.Parse, which opens nothing; Main runs
// the answer as a process, Fuse runs a whole one-liner in one.
package prog

import (
	"heka/lib/stage"
)

// Wing is a program of kinds.
type Wing struct {
	Name  string       // "heka-decode"
	Doc   string       // its README.md: "# heka-decode: what it does", then the manual page
	Usage string       // what follows the name, for the synopsis
	Kinds []stage.Kind // in the order of the help text
	Pick  Pick         // how a command line names its kind
	Role  Role
}

// Pick says how the words of a command line name the kind.
type Pick int

// The ways to name a kind.
const (
	ByName   Pick = iota // the first word: heka-decode nginx
	Chained              // the first word, and again behind each `then`: heka-filter
	Only                 // there is one kind: heka-route
	ByScheme             // the scheme of the first word, as in heka://; without one, the first kind
)

// Role says on which ends of a pipeline a program stands.
type Role int

// The roles.
const (
	Middle Role = iota // reads messages and writes messages
	Source             // makes messages: reads none
	Sink               // takes messages: writes none, or writes them itself
)

// Tail is heka-tail: the world to messages.
func Tail(kinds []stage.Kind, doc string) Wing {
	return Wing{Name: "heka-tail", Doc: doc, Kinds: kinds, Pick: ByScheme, Role: Source}
}

// Decode is heka-decode: raw messages to structured messages.
func Decode(kinds []stage.Kind, doc string) Wing {
	return Wing{
		Name: "heka-decode", Doc: doc, Usage: "KIND [FLAGS] [FILE...]", Kinds: kinds, Pick: ByName,
	}
}

// Route is heka-route: messages to some of them, to here and there.
func Route(kinds []stage.Kind, doc string) Wing {
	return Wing{Name: "heka-route", Doc: doc, Kinds: kinds, Pick: Only}
}

// Filter is heka-filter: messages to new messages.
func Filter(kinds []stage.Kind, doc string) Wing {
	return Wing{
		Name: "heka-filter", Doc: doc, Usage: "VERB [WORDS] [then VERB [WORDS]]...",
		Kinds: kinds, Pick: Chained,
	}
}

// Out is heka-out: messages to the world.
func Out(kinds []stage.Kind, doc string) Wing {
	return Wing{Name: "heka-out", Doc: doc, Kinds: kinds, Pick: ByScheme, Role: Sink}
}

// Tool is a program of one kind that is no wing: heka-cat and the like.
func Tool(name string, kind stage.Kind, role Role) Wing {
	return Wing{Name: name, Doc: kind.Doc, Kinds: []stage.Kind{kind}, Pick: Only, Role: role}
}
