package client

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"heka/cmd/hekad/api"
)

func newGraph(b *base) *cobra.Command {
	format, file := "mermaid", ""
	c := &cobra.Command{
		Use:   "graph [FLAGS]",
		Short: "draw who gives messages to whom",
		Example: `hekad graph -o dot | dot -Tsvg > graph.svg
hekad graph --config hekad.toml`,
		Long: `Mermaid is drawn by many web sites wherever a Markdown file has a block of it.`,
		Args: words(0, "", ""),
		RunE: func(c *cobra.Command, _ []string) error {
			if format != "mermaid" && format != "dot" && format != "toml" {
				return mistake("want mermaid, dot or toml", "-o %s", format)
			}
			g, _, err := b.configuration(c.Context(), file)
			if err != nil {
				return err
			}
			text := map[string]string{"mermaid": g.Mermaid, "dot": g.Dot, "toml": g.TOML}[format]
			_, err = io.WriteString(b.Stdout, visibleText(strings.TrimRight(text, "\n"))+"\n")
			return err
		},
	}
	c.Flags().StringVarP(&format, "as", "o", format, "`FORMAT`: mermaid, dot, or toml: what runs, without secrets")
	c.Flags().StringVar(&file, "config", "", "of this `FILE` or folder, not of the running daemon")
	return c
}

// visibleText is visibleLines that leaves tabs, which a grammar may want.
func visibleText(s string) string {
	parts := strings.Split(s, "\t")
	for i := range parts {
		parts[i] = visibleLines(parts[i])
	}
	return strings.Join(parts, "\t")
}

// configuration returns what runs, or what a file says, and the nodes.
func (b *base) configuration(ctx context.Context, file string) (api.Configuration, []api.Node, error) {
	if file != "" {
		if b.Load == nil {
			return api.Configuration{}, nil, mistake("ask the running daemon", "--config is not taken here")
		}
		g, nodes, err := b.Load(file)
		if err != nil {
			err = &Exit{Code: exitConfig, Err: err}
		}
		return g, nodes, err
	}
	c, err := b.dial()
	if err != nil {
		return api.Configuration{}, nil, err
	}
	defer c.Close()
	g, err := c.Configuration(ctx)
	if err != nil {
		return g, nil, err
	}
	s, err := c.Status(ctx)
	return g, s.Nodes, err
}
