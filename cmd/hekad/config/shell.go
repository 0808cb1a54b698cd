package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"heka/lib/oneliner"
)

// maxLines bounds the lines that ToShell gives.
const (
	maxLines = 20
	maxSteps = 10_000 // of the search for them
)

// ToShell returns what a node does as it would be typed at a shell: a line for each
// way on which messages come to it from a source, and comments on what lines can't say.
// A node without from is shown behind each source; the filters that it is offered
// messages of besides are in a comment.
func (c *Config) ToShell(node string) (string, error) {
	s := &shell{c: c, nodes: map[string]*Node{}}
	for i := range c.Nodes {
		s.nodes[c.Nodes[i].Name] = &c.Nodes[i]
	}
	n := s.nodes[node]
	if n == nil {
		return "", fmt.Errorf("there is no node %s", printable(node))
	}
	s.ways(n, nil)
	var b strings.Builder
	for _, note := range s.notes {
		b.WriteString("# " + note + "\n")
	}
	if len(s.lines) > maxLines {
		fmt.Fprintf(&b, "# and %d more ways\n", len(s.lines)-maxLines)
		s.lines = s.lines[:maxLines]
	}
	if len(s.lines) == 0 {
		fmt.Fprintf(&b, "# no source leads to %s\n", n.Name)
	}
	if len(s.lines) > 1 {
		fmt.Fprintf(&b, "# hekad has one %s that reads all of these\n", n.Name)
	}
	for _, line := range s.lines {
		b.WriteString(line + "\n")
	}
	return b.String(), nil
}

// shell gathers lines and notes.
type shell struct {
	c     *Config
	nodes map[string]*Node
	lines []string
	notes []string
	steps int
	seen  map[string]bool // nodes with notes
}

// ways adds the lines that end with n and go on with rest. None goes through a node
// twice.
func (s *shell) ways(n *Node, path []*Node) {
	if s.steps++; len(s.lines) > maxLines || s.steps > maxSteps || slices.Contains(path, n) {
		return
	}
	path = append([]*Node{n}, path...)
	if n.Source() {
		s.lines = append(s.lines, s.line(path))
		return
	}
	var others []string
	for i := range s.c.Nodes {
		up := &s.c.Nodes[i]
		switch {
		case n.From != nil && slices.Contains(n.From, up.Name) || n.From == nil && up.Source() && up.emits():
			s.ways(up, path)
		case n.From == nil && up != n && up.emits():
			others = append(others, up.Name)
		}
	}
	if len(others) > 0 && len(path) == 1 {
		s.notes = append(s.notes, clip(n.Name+": it is offered what these emit as well: "+strings.Join(others, ", ")))
	}
}

// line joins the nodes of a path.
func (s *shell) line(path []*Node) string {
	var parts []string
	for _, n := range path {
		s.note(n)
		if n.Match != "" && n.Match != "TRUE" {
			parts = append(parts, "heka-route "+shellWord(n.Match))
		}
		parts = append(parts, s.run(n))
	}
	return strings.Join(parts, " | ")
}

// note says what of n a line can't say.
func (s *shell) note(n *Node) {
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	if s.seen[n.Name] {
		return
	}
	s.seen[n.Name] = true
	say := func(is bool, format string, args ...any) {
		if is {
			s.notes = append(s.notes, n.Name+": "+fmt.Sprintf(format, args...))
		}
	}
	say(n.Source() && strings.HasPrefix(n.Run, "heka-tail "),
		"hekad keeps its position; heka-tail does with --state DIR")
	say(n.Spool > 0, "its spool on disk of %s is hekad's alone",
		strings.Trim(sizeText(n.Spool), `"`))
	say(n.Full != Block && n.Full != "", "full = %q is hekad's alone; here it makes those before it wait",
		n.Full)
	say(n.Signer != "", "signer = %q: every message is taken here", n.Signer)
	say(n.Memory > 0 || n.CPU > 0 || n.Files > 0 || n.Tasks > 0,
		"its limits are hekad's; see ulimit")
	say(n.Foreign && !n.Source(),
		"hekad feeds commands that are not heka's with %s: put heka-out -o %s in front of them",
		feedName(n.Feed), feedName(n.Feed))
	say(n.Preserve, "preserve: add --preserve FILE")
	if line := n.Written(); line != n.Run {
		say(true, "${NAME} is of the environment, ${file:/path} stands for what is in a file")
	}
}

// feedName is what the default feed is called.
func feedName(feed string) string {
	switch feed {
	case "", "json":
		return "json"
	case "text":
		return "payload"
	}
	return feed
}

// run returns the line of n, with what a script is given by keys as flags.
func (s *shell) run(n *Node) string {
	line := strings.TrimSpace(n.Written())
	var flags []string
	if n.Every > 0 {
		flags = append(flags, "--every "+showDuration(int64(n.Every)))
	}
	for _, name := range slices.Sorted(maps.Keys(n.Config)) {
		flags = append(flags, "--config "+shellWord(name+"="+written(n.raw, "config."+name, n.Config[name], false, false)))
	}
	if len(flags) == 0 {
		return line
	}
	commands, err := oneliner.Parse(line)
	if err != nil {
		s.notes = append(s.notes, n.Name+": the script takes "+strings.Join(flags, " "))
		return line
	}
	for i, c := range commands {
		if len(c.Words) > 1 && c.Words[1] == "lua" && !slices.Contains(c.Words, "then") {
			end := len(line)
			if i+1 < len(commands) {
				end = commands[i+1].Col - 1
			}
			head := strings.TrimRight(line[:end], " \t\r\n|")
			return head + " " + strings.Join(flags, " ") + line[len(head):]
		}
	}
	s.notes = append(s.notes, n.Name+": the script takes "+strings.Join(flags, " "))
	return line
}
