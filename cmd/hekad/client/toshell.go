package client

import (
	"io"
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
		Long: `The line does what the node does, with what it reads from in front of it, down to the
source, if that is one node each; or with a tap of the running daemon there.`,
		Args: words(1, "the name of a node", "hekad ps lists the nodes"),
		RunE: func(c *cobra.Command, args []string) error {
			_, nodes, err := b.configuration(c.Context(), file)
			if err != nil {
				return err
			}
			line, err := toShell(nodes, args[0], tapped)
			if err != nil {
				return err
			}
			_, err = io.WriteString(b.Stdout, visibleText(line)+"\n")
			return err
		},
	}
	c.Flags().StringVar(&file, "config", "", "of this `FILE` or folder, not of the running daemon")
	c.Flags().BoolVar(&tapped, "tap", false, "read what the running daemon gives the node")
	return c
}

// toShell writes the node called name as a shell line.
func toShell(nodes []api.Node, name string, tapped bool) (string, error) {
	n := find(nodes, name)
	if n == nil {
		var names []string
		for i := range nodes {
			names = append(names, nodes[i].Name)
		}
		return "", mistake(meant("", name, names), "no node %q", name)
	}
	if source(n) {
		return n.Run, nil
	}
	if !tapped {
		if line, ok := chain(nodes, n, nil); ok {
			return line, nil
		}
	}
	return "hekad tap --in " + n.Name + " | " + n.Run, nil
}

func find(nodes []api.Node, name string) *api.Node {
	for i := range nodes {
		if nodes[i].Name == name {
			return &nodes[i]
		}
	}
	return nil
}

// chain writes n with what it reads from in front of it; false if that is not one node
// each, down to a source.
func chain(nodes []api.Node, n *api.Node, seen []string) (string, bool) {
	if source(n) {
		return n.Run, true
	}
	from := ""
	switch {
	case len(n.From) == 1:
		from = n.From[0]
	case len(n.From) > 1:
		return "", false
	default: // it is offered what all emit
		for i := range nodes {
			if other := &nodes[i]; other.Name != n.Name && emits(other) {
				if from != "" {
					return "", false
				}
				from = other.Name
			}
		}
	}
	before := find(nodes, from)
	if before == nil || slices.Contains(seen, from) {
		return "", false
	}
	line, ok := chain(nodes, before, append(seen, n.Name))
	if n.Match != "" && n.Match != "TRUE" {
		line += " | heka-route " + shellQuote(n.Match)
	}
	return line + " | " + n.Run, ok
}

// emits reports whether a node's messages go to others: its line does not end in a sink.
func emits(n *api.Node) bool {
	last := n.Run[strings.LastIndexByte(n.Run, '|')+1:]
	word, _, _ := strings.Cut(strings.TrimSpace(last), " ")
	return word != "heka-out"
}

// shellQuote quotes s as one word of a shell.
func shellQuote(s string) string {
	if strings.Contains(s, "'") && !strings.ContainsAny(s, "\"$`\\!") {
		return `"` + s + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
