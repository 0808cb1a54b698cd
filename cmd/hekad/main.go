// Command hekad runs pipelines as a daemon.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"heka/cmd/hekad/client"
	"heka/cmd/hekad/daemon"
	"heka/heka-decode/decoders"
	"heka/heka-filter/verbs"
	"heka/heka-out/sinks"
	"heka/heka-route/routes"
	"heka/heka-tail/sources"
	"heka/lib/near"
	"heka/lib/prog"
	"heka/lib/stage"
	"heka/lib/supervise"

	"heka/cmd/heka-cat/cat"
	"heka/cmd/heka-flood/flood"
	"heka/cmd/heka-inject/inject"
	"heka/cmd/heka-replay/replay"
)

// wings are the programs that may stand in a node.
var wings = []prog.Wing{
	prog.Tail(sources.All, sources.Doc),
	prog.Decode(decoders.All, decoders.Doc),
	prog.Route(routes.All, routes.Doc),
	prog.Filter(verbs.All, verbs.Doc),
	prog.Out(sinks.All, sinks.Doc),
	prog.Tool("heka-cat", cat.Kind, prog.Source),
	prog.Tool("heka-replay", replay.Kind, prog.Source),
	prog.Tool("heka-inject", inject.Kind, prog.Source),
	prog.Tool("heka-flood", flood.Kind, prog.Source),
}

func main() {
	supervise.Keep()
	os.Exit(run(os.Args[1:]))
}

func run(words []string) int {
	if len(words) > 0 && words[0] == daemon.ChildWord {
		return daemon.Child(wings)
	}
	root := &cobra.Command{Use: "hekad", SilenceErrors: true, SilenceUsage: true, Args: cobra.ArbitraryArgs}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpCommand(&cobra.Command{Hidden: true, Use: "no-help"})
	root.AddCommand(serving(wings)...)
	root.AddCommand(client.Commands(client.Options{Check: daemon.Check(wings)})...)
	root.SetHelpFunc(func(c *cobra.Command, _ []string) { overview(root) })
	root.RunE = func(_ *cobra.Command, args []string) error { return unknown(root, args) }
	root.SetArgs(words)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	if len(words) > 0 && words[0] != "run" { // which takes its signals itself
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
	}
	c, err := root.ExecuteContextC(ctx)
	name := "hekad"
	if c != root {
		name += " " + c.Name()
	}
	return client.Report(os.Stderr, name, err)
}

// overview writes what the commands are.
func overview(root *cobra.Command) {
	fmt.Print("hekad: run pipelines as a daemon\n\nusage: hekad COMMAND [FLAGS]\n\n" +
		"    $ hekad from \"heka-tail -f access.log | heka-decode nginx | heka-out errors.heka\" > hekad.toml\n" +
		"    $ hekad run hekad.toml\n    $ hekad ps\n\n")
	for _, c := range root.Commands() {
		if !c.Hidden {
			fmt.Printf("    %-10s %s\n", c.Name(), c.Short)
		}
	}
	fmt.Print("\nhekad COMMAND --help tells more of each; man hekad of all.\n")
}

// unknown is the mistake of a first word that is no command.
func unknown(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		overview(root)
		return nil
	}
	var names []string
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	if slices.Contains([]string{"help", "version"}, args[0]) {
		overview(root)
		return nil
	}
	u := &stage.UsageError{Msg: fmt.Sprintf("no command %q", args[0]), Hint: "hekad --help lists them"}
	if n := near.Word(args[0], names); n != "" {
		u.Hint = "did you mean " + n + "?"
	}
	return u
}
