package dynamic

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"heka/cmd/hekad/config"
	"heka/lib/size"
)

// Node returns the node that runs l under g: as a process of its own, with the memory
// that g allows, and on messages that g.Allow lets through. l must have no Problem.
//
// Its command line names the file of its state, so Preserve is not set: the file is of
// this filter, not of whatever node has its name. A filter that is behind does not stop
// the rest: messages that its queue has no room for are dropped, and counted.
func Node(l Loaded, g *config.Global) config.Node {
	f := l.Filter
	n := config.Node{
		Name: f.Name, Run: command(l, g), Match: joined(g.Allow, f.Match), Config: f.Config,
		Queue: g.Queue, Full: config.DropNew, Isolate: true, Memory: g.Memory, Loaded: true,
		File: filepath.Join(filepath.Dir(l.Script), f.Name+jsonSuffix), Line: 1, Col: 1,
	}
	n.Every, _ = time.ParseDuration(f.Every) // Check has seen it
	return n
}

// joined returns the expression of a node; FALSE, should there be none: a filter must
// not be given what it may not see.
func joined(allow, expr string) string {
	both, err := Join(allow, expr)
	if err != nil {
		return "FALSE"
	}
	return both
}

// command returns the command line of l.
func command(l Loaded, g *config.Global) string {
	words := []string{"heka-filter", "lua", l.Script, "--name", l.Filter.Name}
	words = append(words, "--timer-at-end="+strconv.FormatBool(l.Filter.TimerAtEnd))
	if l.State != "" {
		words = append(words, "--preserve", l.State)
	}
	if n, ok := size.Parse(l.Filter.Memory); ok && n > 0 {
		if g.Memory > 0 {
			n = min(n, g.Memory)
		}
		words = append(words, "--memory", strconv.FormatInt(n, 10))
	}
	for _, dir := range g.ModuleDirs {
		words = append(words, "--module-dir", dir)
	}
	for i, w := range words {
		words[i] = quoted(w)
	}
	return strings.Join(words, " ")
}

// plain has what needs no quotes in a command line.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:"

// speakable reports whether text can stand in a command line at all.
func speakable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsAny(text, "\x00\r")
}

// quoted returns text as one word of a command line. Between single quotes nothing has
// a meaning but the quote that ends them.
func quoted(text string) string {
	if text != "" && strings.Trim(text, plain) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
