// Command heka is all of heka's programs in one, and the front door to them.
package main

import (
	"context"
	_ "embed"
	"os"
	"os/signal"
	"syscall"

	"heka/cmd/heka-cat/cat"
	"heka/cmd/heka-flood/flood"
	"heka/cmd/heka-inject/inject"
	"heka/cmd/heka-replay/replay"
	"heka/cmd/heka-test/test"
	"heka/cmd/heka/demo"
	"heka/cmd/heka/script"
	"heka/heka-decode/decoders"
	"heka/heka-filter/verbs"
	"heka/heka-out/sinks"
	"heka/heka-route/routes"
	"heka/heka-tail/sources"
	"heka/lib/prog"
)

//go:embed README.md
var doc string

// front is heka's programs and commands.
var front = prog.Front{Doc: doc, Wings: []prog.Wing{
	prog.Tail(sources.All, sources.Doc),
	prog.Decode(decoders.All, decoders.Doc),
	prog.Route(routes.All, routes.Doc),
	prog.Filter(verbs.All, verbs.Doc),
	prog.Out(sinks.All, sinks.Doc),
	prog.Tool("heka-cat", cat.Kind, prog.Source),
	prog.Tool("heka-replay", replay.Kind, prog.Source),
	prog.Tool("heka-inject", inject.Kind, prog.Source),
	prog.Tool("heka-flood", flood.Kind, prog.Source),
}, Verbs: []prog.Verb{
	{Name: "demo", Args: demo.Args, Short: "write a log to try things on", Helps: true, Run: runDemo},
	{Name: "script", Args: script.Args, Short: "list and show the Lua scripts that are shipped", Run: runScript},
	{Name: "test", Args: test.Args, Short: test.What, Helps: true, Run: runTest},
}}

func runDemo(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	signal.Ignore(syscall.SIGPIPE)
	return prog.Report("heka demo", demo.Run(ctx, args, os.Stdout))
}

func runScript(args []string) int {
	signal.Ignore(syscall.SIGPIPE)
	return prog.Report("heka script", script.Run(args, os.Stdout))
}

// runTest runs sessions with this program as all of ours.
func runTest(args []string) int {
	self, err := os.Executable()
	if err != nil {
		return prog.Report("heka test", err)
	}
	return test.Main("heka test", args, self)
}

func main() { front.Main() }
