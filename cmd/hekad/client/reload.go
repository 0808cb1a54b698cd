package client

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"heka/cmd/hekad/api"
)

func newReload(b *base) *cobra.Command {
	return &cobra.Command{
		Use:   "reload [FLAGS]",
		Short: "have the daemon read its configuration again",
		Example: `hekad check hekad.toml && hekad reload
hekad reload || mail -s "hekad: reload" ops < /dev/null`,
		Long: `Nodes that have not changed run on and do not notice. Says what has changed. Status 78: the
new configuration was refused, for the reasons given, and what ran before runs on.`,
		Args: words(0, "", ""),
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := b.dial()
			if err != nil {
				return err
			}
			defer client.Close()
			o, err := client.Reload(c.Context())
			if err != nil {
				return err
			}
			if !o.Took {
				writeRefusal(b.Stderr, o, painter(b.useColor(b.Stderr)))
				return &Exit{Code: exitConfig}
			}
			return writeOutcome(b.Stdout, o, painter(b.useColor(b.Stdout)))
		},
	}
}

// writeOutcome says what a reload has changed.
func writeOutcome(w io.Writer, o api.Outcome, p painter) error {
	took := " in " + span(time.Duration(o.Millis*float64(time.Millisecond)))
	if len(o.Added)+len(o.Changed)+len(o.Removed) == 0 {
		_, err := fmt.Fprintf(w, "reloaded%s: nothing has changed\n", took)
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "reloaded%s\n", took)
	for _, part := range []struct {
		sign, what, color string
		names             []string
	}{
		{"+", "added", green, o.Added}, {"~", "changed", yellow, o.Changed},
		{"-", "removed", red, o.Removed},
	} {
		for _, n := range part.names {
			b.WriteString(p.paint(part.color, part.sign+" "+visible(n)) + " " + part.what + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeRefusal says why a reload did not take.
func writeRefusal(w io.Writer, o api.Outcome, p painter) {
	for _, e := range o.Errors {
		fmt.Fprintln(w, visibleLines(e))
	}
	fmt.Fprintln(w, p.paint(red, "hekad reload: refused; what ran before runs on"))
}
