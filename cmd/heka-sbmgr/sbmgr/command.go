// Package sbmgr is heka-sbmgr: it makes a signed command of its command line, sends it
// to a daemon, and tells what came of it.
package sbmgr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"heka/lib/control"
	"heka/lib/near"
	"heka/lib/prog"
	"heka/lib/stage"
)

// Args is what follows heka-sbmgr.
const Args = "load SCRIPT|unload NAME|list [FLAGS]"

// What is what heka-sbmgr does, in half a line.
const What = "load and unload filters of a running daemon, over the network"

// Main runs heka-sbmgr, which is called name, as this process, and returns the exit
// status.
func Main(name string, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, name, args, os.Stdout, os.Stderr)
}

// order is one run: a command, and where it goes.
type order struct {
	command control.Command
	client  control.Client
	json    bool
}

// run is heka-sbmgr.
func run(ctx context.Context, name string, args []string, out, errs io.Writer) int {
	o, err := parse(name, args, out)
	if err != nil {
		return prog.Report(name, err)
	}
	if o == nil {
		return prog.ExitOK
	}
	answer, err := o.client.Do(ctx, &o.command)
	if err != nil {
		return report(name, err, errs)
	}
	return o.tell(name, answer, out, errs)
}

// report says why there is no answer, and returns the exit status.
func report(name string, err error, errs io.Writer) int {
	var none *control.NoAnswer
	switch {
	case errors.As(err, &none):
		fmt.Fprintf(errs, "%s: %v; it may have been done: %s list tells\n", name, err, name)
		return prog.ExitUnavailable
	case errors.Is(err, control.ErrAnswer):
		fmt.Fprintf(errs, "%s: %v: something else than the daemon answers there\n", name, err)
		return prog.ExitData
	}
	fmt.Fprintf(errs, "%s: %v\n", name, err)
	return prog.ExitUnavailable
}

// tell writes the answer, and returns the exit status.
func (o *order) tell(name string, a control.Answer, out, errs io.Writer) int {
	text := strings.TrimRight(printable(a.Text), "\n")
	switch a.Result {
	case control.Done:
		if o.command.Action == control.List && !o.json {
			text = table(a.Text)
		}
		if text != "" {
			fmt.Fprintln(out, text)
		}
		return prog.ExitOK
	case control.Refused:
		fmt.Fprintf(errs, "%s: refused by %s: %s\n", name, printable(a.Hostname), text)
		return prog.ExitNo
	case control.Unverified:
		fmt.Fprintf(errs, "%s: refused: %s (the answer is not signed)\n", name, text)
		return prog.ExitNo
	}
	fmt.Fprintf(errs, "%s: failed at %s: %s\n", name, printable(a.Hostname), text)
	return prog.ExitIO
}

// printable returns text with its control characters escaped, but for newlines.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 {
			fmt.Fprintf(&b, `\x%02x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// verbs are the words that a command line starts with.
var verbs = []string{"load", "unload", "list"}

// parse reads a command line; the order is nil if help was asked for. It reads files,
// and connects to nothing. All mistakes are returned, joined.
func parse(name string, args []string, out io.Writer) (*order, error) {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return parseHeka(name, args, out)
	}
	verb := args[0]
	if verb == "help" {
		args = []string{"help", "--help"}
	} else if !slices.Contains(verbs, verb) {
		hint := "load, unload or list"
		if n := near.Word(verb, verbs); n != "" {
			hint = "did you mean " + n + "?"
		}
		return nil, &stage.UsageError{Msg: "no command " + verb, Hint: hint}
	}
	o := &order{}
	f := &flags{}
	fs := f.declare(verb)
	fs.Usage = func() { help(out, name, verb, fs) }
	if err := fs.Parse(args[1:]); err == pflag.ErrHelp {
		return nil, nil
	} else if err != nil {
		return nil, &stage.UsageError{Msg: err.Error()}
	}
	environment(fs)
	var errs []error
	o.json = f.json
	errs = append(errs, f.order(&o.command, verb, fs.Args()))
	errs = append(errs, f.server.client(&o.client, &o.command))
	return o, errors.Join(errs...)
}

// environment sets flags that were not given from the environment: --key-file from
// HEKA_KEY_FILE.
func environment(fs *pflag.FlagSet) {
	fs.VisitAll(func(f *pflag.Flag) {
		twin := "HEKA_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if v, ok := os.LookupEnv(twin); ok && !f.Changed && f.Name != "help" {
			fs.Set(f.Name, v)
		}
	})
}

// help writes the help text of a verb, or of all if it is "help".
func help(out io.Writer, name, verb string, fs *pflag.FlagSet) {
	switch verb {
	case "load":
		fmt.Fprintf(out, "%s load: load a Lua filter into a running daemon\n\n"+
			"usage: %s load SCRIPT --match EXPR --to HOST:PORT --signer NAME --key-file FILE [FLAGS]\n\n"+
			"    $ %s load slow.lua --match \"Type == 'nginx.access'\" --every 10s --server web1.toml\n\n",
			name, name, name)
	case "unload":
		fmt.Fprintf(out, "%s unload: take a filter away from a running daemon\n\n"+
			"usage: %s unload NAME --to HOST:PORT --signer NAME --key-file FILE [FLAGS]\n\n", name, name)
	case "list":
		fmt.Fprintf(out, "%s list: list the filters that are loaded into a running daemon\n\n"+
			"usage: %s list --to HOST:PORT --signer NAME --key-file FILE [FLAGS]\n\n", name, name)
	default:
		fmt.Fprintf(out, "%s: %s\n\nusage: %s %s\n"+
			"       %s --config sbmgr.toml --action load|unload [--script F --scriptconfig F | --filtername NAME]\n\n",
			name, What, name, Args, name)
		fmt.Fprintf(out, "    $ %s load slow.lua --match \"Type == 'nginx.access'\" --server web1.toml\n"+
			"    $ %s list --server web1.toml\n    $ %s unload slow --server web1.toml\n\n", name, name, name)
	}
	fmt.Fprintln(out, strings.TrimRight(fs.FlagUsages(), "\n"))
	fmt.Fprintln(out, "\nExit status: 0 done, 1 refused by the daemon, which says why. More: man heka-sbmgr")
}
