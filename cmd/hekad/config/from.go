package config

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"heka/lib/match"
	"heka/lib/oneliner"
	"heka/lib/stage"
)

// From returns hekad.toml for a pipeline as it is typed at a shell. Its words become
// nodes as they are:
//
//   - what makes messages of the world is one node: the source, its decoders, and what
//     chooses or changes messages behind them
//   - each filter that makes new messages begins another
//   - heka-out is one of its own, and a redirection to a file becomes one
//   - a heka-route in front of another node becomes its match
//
// An error is a *stage.UsageError; it shows the place if there is one.
func From(line string) (string, error) {
	commands, err := oneliner.Parse(line)
	if err != nil {
		var oe *oneliner.Error
		if errors.As(err, &oe) && oe.Shell {
			return "", &stage.UsageError{Msg: err.Error(), Hint: "a node may have such a line in run; from can't cut it"}
		}
		return "", &stage.UsageError{Msg: err.Error()}
	}
	for i, c := range commands {
		if i > 0 && c.In != "" || i+1 < len(commands) && c.Out != "" {
			return "", &stage.UsageError{Msg: fmt.Sprintf("%s is redirected in the middle of the line", printable(c.Words[0]))}
		}
	}
	f := &from{line: line, names: map[string]bool{"hekad": true}}
	for i := range commands {
		f.add(commands, i)
	}
	f.close()
	return f.text(), nil
}

// from cuts a pipeline into nodes.
type from struct {
	line  string
	names map[string]bool
	nodes []*draft
	now   *draft
	match string // for the node that comes next
	after string // the node that it reads from
}

// draft is a node to be.
type draft struct {
	name, run, from, match, feed string
	kind                         draftKind
	comment                      string
	follows                      bool // the source waits for more
	parts                        []string
}

type draftKind uint8

const (
	reading draftKind = iota
	counting
	delivering
)

// aggregates are the verbs that make new messages of those they read.
var aggregates = map[string]bool{
	"count": true, "top": true, "rate": true, "stats": true, "hist": true, "uniq": true, "cbuf": true,
	"cost": true, "statmetric": true, "pattern": true, "heartbeat": true, "anomaly": true, "lua": true,
}

// aggregate returns the first verb of a heka-filter that makes new messages.
func aggregate(words []string) string {
	for i := 1; i < len(words); i++ {
		if (i == 1 || words[i-1] == "then") && aggregates[words[i]] {
			return words[i]
		}
	}
	return ""
}

// add puts a command into the node that it belongs to.
func (f *from) add(commands []oneliner.Command, i int) {
	c := commands[i]
	foreign := i+1 < len(commands) && !ours[commands[i+1].Words[0]]
	text, format := f.source(commands, i, foreign)
	kind := reading
	switch program := c.Words[0]; {
	case program == "heka-filter" && aggregate(c.Words) != "" && i > 0:
		kind = counting
	case program == "heka-out" && i > 0:
		kind = delivering
	case program == "heka-route" && i > 0 && len(c.Words) == 2 && f.cuts(commands, i):
		f.close()
		f.match = c.Words[1]
		f.redirect(c, format)
		return
	}
	if kind != reading {
		f.close()
	}
	if f.now == nil {
		f.open(kind)
	}
	f.now.add(c, text)
	if foreign {
		f.now.feed = map[string]string{"json": "json", "text": "text", "payload": "text"}[format]
		if f.now.feed == "" {
			f.now.feed = "heka"
		}
	}
	f.redirect(c, format)
}

// redirect makes the node of a redirection to a file.
func (f *from) redirect(c oneliner.Command, format string) {
	if c.Out == "" || !ours[c.Words[0]] || c.Words[0] == "heka-out" {
		return
	}
	f.close()
	f.open(delivering)
	if !c.Append {
		f.now.comment = "`>` emptied the file first: heka-out appends to it."
	}
	if format == "" {
		format = "heka"
	}
	if format == "table" {
		format, f.now.comment = "text", f.now.comment+"\n# It writes no tables: text it is."
	}
	out := oneliner.Command{Words: []string{"heka-out", "-o", format, c.Out}}
	f.now.add(out, "heka-out -o "+shellWord(format)+" "+shellWord(c.Out))
}

// cuts reports whether the heka-route that is command i can be the match of a node
// behind it.
func (f *from) cuts(commands []oneliner.Command, i int) bool {
	c := commands[i]
	if _, err := match.Compile(c.Words[1]); err != nil {
		return false
	}
	if i+1 == len(commands) {
		return c.Out != ""
	}
	w := commands[i+1].Words
	return w[0] == "heka-out" || w[0] == "heka-filter" && aggregate(w) != ""
}

func (f *from) open(kind draftKind) {
	f.now = &draft{kind: kind, from: f.after, match: f.match}
	f.match = ""
}

// close ends the node that is being made.
func (f *from) close() {
	if f.now == nil {
		return
	}
	f.now.run = strings.Join(f.now.parts, " | ")
	f.now.name = f.unique(f.now.name, f.now.kind)
	f.after = f.now.name
	f.nodes = append(f.nodes, f.now)
	f.now = nil
}

// add adds a command to the node.
func (d *draft) add(c oneliner.Command, text string) {
	d.parts = append(d.parts, text)
	args := append(plainArgs(c.Words), "")
	name := ""
	switch program := c.Words[0]; {
	case program == "heka-tail":
		name = baseName(args[max(len(args)-2, 0)])
		for _, w := range c.Words[1:] {
			d.follows = d.follows || w == "-f" || w == "--follow"
		}
	case program == "heka-out":
		name = baseName(args[max(len(args)-2, 0)])
	case args[0] == "lua":
		name = baseName(args[1])
	case program == "heka-decode":
		name = baseName(args[0])
	case program == "heka-filter" && d.kind == counting:
		name = aggregate(c.Words)
	case d.name == "":
		name = baseName(c.Words[0])
	}
	if name != "" {
		d.name = name
	}
}

// plainArgs returns the words behind the program that are no flags. What a flag takes
// may be among them.
func plainArgs(words []string) []string {
	var all []string
	for _, w := range words[1:] {
		if !strings.HasPrefix(w, "-") || w == "-" {
			all = append(all, w)
		}
	}
	return all
}

// source returns command i as it stands in the line, but without a redirection to a file
// and the format of what goes there, or to a command that is not ours.
func (f *from) source(commands []oneliner.Command, i int, foreign bool) (text, format string) {
	c := commands[i]
	end := len(f.line)
	if i+1 < len(commands) {
		end = commands[i+1].Col - 1
	}
	text = strings.TrimRight(f.line[c.Col-1:end], " \t\r\n|")
	if !ours[c.Words[0]] || c.Out == "" && !foreign {
		return text, ""
	}
	var words []string
	for k := 0; k < len(c.Words); k++ {
		w := c.Words[k]
		if w == "-o" && k+1 < len(c.Words) && c.Words[0] != "heka-out" {
			k++
			format = c.Words[k]
			continue
		}
		words = append(words, shellWord(w))
	}
	if c.Out == "" && format == "" {
		return text, ""
	}
	if c.Out != "" && c.Words[0] == "heka-out" {
		words = append(words, shellWord(c.Out))
	}
	text = strings.Join(words, " ")
	if c.In != "" {
		text += " < " + shellWord(c.In)
	}
	return text, format
}

// baseName makes a name of a node of a path, URL or word; it may be empty.
func baseName(s string) string {
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s, _, _ = strings.Cut(rest, "/")
		s, _, _ = strings.Cut(s, ":")
	}
	if s = path.Base(s); s == "-" {
		return "stdin"
	}
	s, _, _ = strings.Cut(strings.TrimLeft(s, "."), ".")
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || (r == '_' || r == '-') && b.Len() > 0:
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	name := b.String()
	return strings.TrimRight(name[:min(len(name), maxName-8)], "-_")
}

// unique returns a name that no other node has, made of name.
func (f *from) unique(name string, kind draftKind) string {
	if name == "" {
		name = [...]string{"app", "filter", "store"}[kind]
	}
	if f.names[name] && kind == delivering {
		name += "-out"
	}
	try := name
	for i := 2; f.names[try]; i++ {
		try = fmt.Sprintf("%s-%d", name, i)
	}
	f.names[try] = true
	return try
}
