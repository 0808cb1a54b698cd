package convert

import (
	"strings"
)

// text returns the new configuration.
func (c *converter) text() string {
	var b strings.Builder
	b.WriteString("# Made by hekad convert of a configuration of Heka 0.10.\n" +
		"# What has no counterpart yet stands behind comment signs.\n")
	if len(c.hekad) > 0 {
		b.WriteString("\n[hekad]\n")
		for _, line := range c.hekad {
			b.WriteString(line + "\n")
		}
	}
	for _, n := range c.nodes {
		b.WriteByte('\n')
		n.write(&b)
	}
	return variables.Replace(b.String())
}

var variables = strings.NewReplacer(string(opens), "${", string(closes), "}")

func (n *node) write(b *strings.Builder) {
	for i, line := range n.comment {
		b.WriteString("# " + line + "\n")
		if i == 0 && n.missing != "" {
			b.WriteString("# It needs " + n.missing + ".\n")
		}
	}
	text := n.TOML()
	if n.missing == "" {
		b.WriteString(text)
		return
	}
	for line := range strings.Lines(text) {
		b.WriteString("# " + line)
	}
}
