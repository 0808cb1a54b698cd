package client

import (
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"heka/cmd/hekad/api"
)

func newToShell(b *base) *cobra.Command {
	file, tapped := "", false
	c := &cobra.Command{
		Use:   "to-shell NODE [FLAGS]",
		Short: "write a node as a line for the shell",
		Example: `hekad to-shell store
hekad to-shell store --tap | sh`,
		Long: `The line does what the node does, with all that it reads from in front of it, down to the
source: one line for each source. Comments say what a line can't.`,
		Args: words(1, "the name of a node", "hekad ps lists the nodes"),
		RunE: func(c *cobra.Command, args []string) error {
			var line string
			var err error
			if tapped {
				line, err = b.statusLine(c, args[0], true)
			} else {
				line, err = b.shellLine(c, args[0], file)
			}
			if err != nil {
				return err
			}
			_, err = io.WriteString(b.Stdout, visibleText(strings.TrimRight(line, "\n"))+"\n")
			return err
		},
	}
	c.Flags().StringVar(&file, "config", "", "of this `FILE` or folder, not of the running daemon")
	c.Flags().BoolVar(&tapped, "tap", false, "read what the running daemon gives the node")
	return c
}

// shellLine writes a node as it stands in a configuration.
func (b *base) shellLine(c *cobra.Command, name, file string) (string, error) {
	g, err := b.configuration(c.Context(), file)
	if err != nil {
		return "", err
	}
	line, is := g.Shell[name]
	switch {
	case is:
		return line, nil
	case file != "":
		return "", noNode(name, slices.Sorted(maps.Keys(g.Shell)))
	}
	return b.statusLine(c, name, false) // a filter that was loaded stands in no configuration
}

// statusLine writes a node as it runs, behind a tap of what it is given. That a source is
// given nothing is a mistake if tapped is set.
func (b *base) statusLine(c *cobra.Command, name string, tapped bool) (string, error) {
	client, err := b.dial()
	if err != nil {
		return "", err
	}
	defer client.Close()
	s, err := client.Status(c.Context())
	if err != nil {
		return "", err
	}
	n := find(s.Nodes, name)
	switch {
	case n == nil:
		var names []string
		for i := range s.Nodes {
			names = append(names, s.Nodes[i].Name)
		}
		return "", noNode(name, names)
	case source(n) && tapped:
		return "", mistake("leave --tap out", "%s is a source: it is given nothing", name)
	case source(n):
		return n.Run, nil
	}
	line := "hekad tap --in " + n.Name
	if b.state != "" {
		line += " --state " + shellQuote(b.state)
	}
	return line + " | " + n.Run, nil
}

func noNode(name string, names []string) error {
	return mistake(meant("", name, names), "no node %q", name)
}

func find(nodes []api.Node, name string) *api.Node {
	for i := range nodes {
		if nodes[i].Name == name {
			return &nodes[i]
		}
	}
	return nil
}

// shellQuote quotes s as one word of a shell.
func shellQuote(s string) string {
	special := func(r rune) bool {
		return !strings.ContainsRune("/._-+:,@%", r) &&
			(r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a' || r > 'z')
	}
	if s != "" && !strings.ContainsFunc(s, special) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
