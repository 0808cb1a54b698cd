package client

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// help writes what a command is, examples, its flags, and what else there is to know:
// its Long text. It fits a screen.
func help(c *cobra.Command) {
	out := c.OutOrStdout()
	fmt.Fprintf(out, "hekad %s: %s\n\nusage: hekad %s\n\n", c.Name(), c.Short, c.Use)
	for _, l := range strings.Split(strings.TrimSpace(c.Example), "\n") {
		fmt.Fprintf(out, "    $ %s\n", strings.TrimSpace(l))
	}
	fmt.Fprintln(out)
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" || f.Hidden {
			return
		}
		value, text := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if value != "" {
			name += " " + value
		}
		switch f.DefValue {
		case "", "0", "false", "0s", "[]", "0B":
		default:
			text += " (" + f.DefValue + ")"
		}
		fmt.Fprintf(out, "  %-22s %s\n", name, text)
	})
	if c.Long != "" {
		fmt.Fprintf(out, "\n%s\n", strings.TrimSpace(c.Long))
	}
	fmt.Fprintln(out,
		"\nEach flag may be set in the environment: HEKA_STATE for --state. More: man hekad")
}
