package client

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/config"
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
			g, err := b.configuration(c.Context(), file)
			if err != nil {
				return err
			}
			text := map[string]string{"mermaid": g.Mermaid, "dot": g.Dot, "toml": g.TOML}[format]
			_, err = io.WriteString(b.Stdout, visibleText(strings.TrimRight(text, "\n"))+"\n")
			return err
		},
	}
	c.Flags().StringVarP(&format, "as", "o", format,
		"`FORMAT`: mermaid, dot, or toml: what runs, without secrets")
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

// configuration returns what runs, or what a file says.
func (b *base) configuration(ctx context.Context, file string) (api.Configuration, error) {
	if file != "" {
		c, err := config.Load(file, config.Options{Check: b.Check})
		if err != nil {
			return api.Configuration{}, &Exit{Code: exitConfig, Err: err}
		}
		return described(c), nil
	}
	c, err := b.dial()
	if err != nil {
		return api.Configuration{}, err
	}
	defer c.Close()
	return c.Configuration(ctx)
}

// described describes a configuration as a daemon does that it runs in.
func described(c *config.Config) api.Configuration {
	g := api.Configuration{
		TOML: c.TOML(), Mermaid: c.Mermaid(), Dot: c.Dot(), Shell: map[string]string{},
	}
	for i := range c.Nodes {
		if lines, err := c.ToShell(c.Nodes[i].Name); err == nil {
			g.Shell[c.Nodes[i].Name] = lines
		}
	}
	return g
}
