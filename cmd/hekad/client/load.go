package client

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/config"
	"heka/lib/sandbox"
)

// load is the command load.
type load struct {
	*base
	filter api.Filter
	values []string
	every  time.Duration
}

func newLoad(b *base) *cobra.Command {
	l := &load{base: b}
	c := &cobra.Command{
		Use:   "load FILE.lua --match EXPR [FLAGS]",
		Short: "add a Lua filter to the running daemon",
		Example: `hekad load slow.lua --match 'Type == "nginx.access"' --every 10s
hekad load slow.lua --match TRUE --replace --config threshold=2.5 --preserve
heka-filter lua slow.lua < some.heka                 # try it first`,
		Long: `It runs as a process of its own, within limits, and survives a restart of the daemon. The
file is compiled and the expression read before anything is sent. Status 65: the script is
wrong; 1: there is a node of that name.`,
		Args: words(1, "the file of a Lua script", "hekad load slow.lua --match TRUE"),
		RunE: l.run,
	}
	f, fs := &l.filter, c.Flags()
	fs.StringVar(&f.Match, "match", "", "the messages that `EXPR` selects are what it is given")
	fs.StringVar(&f.Name, "name", "", "`NAME` of the node; default: the file's")
	fs.DurationVar(&l.every, "every", 0, "call timer_event at this `TIME`'s distance")
	fs.StringArrayVar(&l.values, "config", nil,
		"`NAME=VALUE` that read_config finds; as often as needed")
	fs.BoolVar(&f.Preserve, "preserve", false, "keep its globals when it is stopped")
	fs.BoolVar(&f.TimerAtEnd, "timer-at-end", false, "call timer_event once more when it is stopped")
	fs.StringVar(&f.Memory, "memory", "", "what its process may take, in `BYTES`, as in 64MiB")
	fs.BoolVar(&f.Replace, "replace", false, "in place of one of that name that was loaded before")
	return c
}

func (l *load) run(c *cobra.Command, args []string) error {
	f := &l.filter
	var err error
	if f.Config, err = pairs(l.values); err != nil {
		return err
	}
	if c.Flags().Changed("every") {
		f.Every = l.every.String()
	}
	if err := readScript(args[0], f); err != nil {
		return err
	}
	client, err := l.dial()
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.Load(c.Context(), *f); err != nil {
		return err
	}
	_, err = fmt.Fprintf(l.Stdout, "loaded %s; hekad tap %s shows what it emits\n", f.Name, f.Name)
	return err
}

// pairs reads NAME=VALUEs.
func pairs(values []string) (map[string]string, error) {
	var all map[string]string
	for _, v := range values {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return nil, mistake("", "--config %s: want NAME=VALUE", v)
		}
		if all == nil {
			all = map[string]string{}
		}
		if _, twice := all[name]; twice {
			return nil, mistake("", "--config %s: there are two of %s", v, name)
		}
		all[name] = value
	}
	return all, nil
}

// readScript reads the file into f, and finds what mistakes can be found here.
func readScript(file string, f *api.Filter) error {
	if f.Name == "" {
		f.Name = strings.TrimSuffix(filepath.Base(file), ".lua")
		if msg, hint := config.Name(f.Name); msg != "" {
			return mistake(strings.TrimPrefix(hint+"; ", "; ")+"name it with --name", "%s", msg)
		}
	}
	if f.Match == "" {
		return mistake("--match TRUE gives it all",
			"want --match EXPR: the messages that it is given")
	}
	r, err := os.Open(file)
	if err != nil {
		return err
	}
	defer r.Close()
	source, err := io.ReadAll(io.LimitReader(r, api.MaxScript+1))
	if err != nil {
		return err
	}
	f.Script = string(source)
	if err := f.Check(); err != nil {
		var e *api.Error
		if errors.As(err, &e) {
			return mistake(e.Hint, "%s", e.Msg)
		}
		return err
	}
	if _, err := sandbox.Compile(filepath.Base(file), f.Script); err != nil {
		return &Exit{Code: exitData, Err: err}
	}
	return nil
}

func newUnload(b *base) *cobra.Command {
	return &cobra.Command{
		Use:     "unload NAME [FLAGS]",
		Short:   "take a filter away that was loaded",
		Example: `hekad unload slow`,
		Long:    `A node that stands in the configuration is taken out there: then hekad reload.`,
		Args:    words(1, "the name of a loaded filter", "hekad ps lists the nodes"),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := b.dial()
			if err != nil {
				return err
			}
			defer client.Close()
			if err := client.Unload(c.Context(), args[0]); err != nil {
				return err
			}
			_, err = fmt.Fprintf(b.Stdout, "unloaded %s\n", visible(args[0]))
			return err
		},
	}
}
