package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"heka/cmd/hekad/client"
	"heka/cmd/hekad/config"
	"heka/cmd/hekad/config/convert"
	"heka/cmd/hekad/daemon"
	"heka/cmd/hekad/service"
	"heka/lib/position"
	"heka/lib/prog"
	"heka/lib/stage"
)

// defaultConfig is what run and check read if no file is named.
const defaultConfig = "/etc/hekad.toml"

// serving returns the commands that need no running daemon.
func serving(wings []prog.Wing) []*cobra.Command {
	all := []*cobra.Command{newRun(wings), newCheck(wings), newFrom(wings), newConvert(), newSchema()}
	for _, c := range all {
		client.Dress(c)
	}
	return all
}

func newRun(wings []prog.Wing) *cobra.Command {
	o := daemon.Options{Wings: wings, Default: client.DefaultState()}
	c := &cobra.Command{
		Use:   "run [FLAGS] [FILE|FOLDER]",
		Short: "run a configuration",
		Example: `hekad run hekad.toml
hekad run --state /var/lib/hekad /etc/hekad.d
hekad run --until-done replay.toml`,
		Long: `Without a file or folder it is ` + defaultConfig + `. INT and TERM end the sources, deliver what
was read, and end the daemon: status 0, or 75 if some of it has to be delivered the next time.
A second one ends it at once. HUP reads the configuration again; USR1 tells how things stand.`,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneFile(args, &o.Path); err != nil {
				return err
			}
			return runDaemon(o)
		},
	}
	c.Flags().StringVar(&o.State, "state", "", "state folder `DIR` ("+o.Default+")")
	c.Flags().BoolVar(&o.UntilDone, "until-done", false, "end when all sources have come to their end")
	return c
}

// oneFile takes the file or folder of the configuration from args.
func oneFile(args []string, path *string) error {
	switch len(args) {
	case 0:
		*path = defaultConfig
	case 1:
		*path = args[0]
	default:
		return &stage.UsageError{Msg: "one file or folder is wanted", Hint: "put several files into a folder, and name that"}
	}
	return nil
}

// runDaemon runs a daemon as this process.
func runDaemon(o daemon.Options) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(100)
	}
	stop, err := prog.Profile()
	if err != nil {
		return err
	}
	defer stop()
	color := term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("NO_COLOR") == ""
	log, err := service.NewLog("hekad", os.Stderr, color)
	if err != nil {
		return err
	}
	defer log.Flush(time.Time{})
	o.Log, o.Flush = log.Logger, log.Flush
	if o.Notify, err = service.NewNotifier(); err != nil {
		log.Warn("the service manager is not told how things stand", "err", err)
	}
	defer o.Notify.Close()
	if o.Sockets, err = service.Inherit(); err != nil {
		log.Warn("not all sockets of the service manager are of use", "err", err)
	}
	defer o.Sockets.Close()
	o.Signals = service.Listen()
	defer o.Signals.Close()
	if err = daemon.Run(o); errors.Is(err, daemon.ErrUnfinished) {
		log.Warn(err.Error())
		return &client.Exit{Code: prog.ExitUnfinished}
	}
	var busy *position.BusyError
	if errors.As(err, &busy) {
		return &client.Exit{Code: prog.ExitUnfinished, Err: err}
	}
	return ended(err)
}

// ended gives an error of the daemon its exit status: of what can't be opened as it is, and
// of an address that can't be listened on, so that a service manager tries it again.
func ended(err error) error {
	var permanent stage.Permanent
	var network *net.OpError
	switch {
	case errors.As(err, &permanent):
		return &client.Exit{Code: prog.ExitConfig, Err: err}
	case errors.As(err, &network):
		return &client.Exit{Code: prog.ExitUnavailable, Err: err}
	}
	return err
}

func newCheck(wings []prog.Wing) *cobra.Command {
	var path, state string
	c := &cobra.Command{
		Use:   "check [FLAGS] [FILE|FOLDER]",
		Short: "say what is wrong with a configuration, all at once",
		Example: `hekad check hekad.toml
hekad check /etc/hekad.d && hekad reload`,
		Long: `It runs what run runs before it starts anything. Status 78: there are mistakes.`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneFile(args, &path); err != nil {
				return err
			}
			conf, err := daemon.CheckAll(wings, path, state, client.DefaultState())
			if err != nil {
				return ended(err)
			}
			fmt.Fprintf(c.OutOrStdout(), "%s is right: %s\n", path, count(len(conf.Nodes), "node"))
			return nil
		},
	}
	c.Flags().StringVar(&state, "state", "", "state folder `DIR` that it will run with")
	return c
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func newFrom(wings []prog.Wing) *cobra.Command {
	return &cobra.Command{
		Use:     "from 'ONE-LINER'",
		Short:   "write the configuration that does what a pipeline does",
		Example: `hekad from "heka-tail -f access.log | heka-decode nginx | heka-out errors.heka" > hekad.toml`,
		Args:    client.Words(1, "a pipeline, as one word", "quote it"),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := config.From(args[0])
			if err != nil {
				return err
			}
			_, err = io.WriteString(c.OutOrStdout(), text)
			return err
		},
	}
}

func newConvert() *cobra.Command {
	return &cobra.Command{
		Use:     "convert FILE",
		Short:   "turn a configuration of Heka 0.10 into one of ours",
		Example: `hekad convert /etc/heka/hekad.toml > hekad.toml`,
		Long:    `What it could not turn into anything is said on stderr, option by option.`,
		Args:    client.Words(1, "a file", ""),
		RunE: func(c *cobra.Command, args []string) error {
			src, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			text, notes, err := convert.Convert(src)
			if err != nil {
				return err
			}
			for _, n := range notes {
				fmt.Fprintf(c.ErrOrStderr(), "hekad: %s:%s\n", args[0], n)
			}
			_, err = io.WriteString(c.OutOrStdout(), text)
			return err
		},
	}
}

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "write the JSON schema of hekad.toml, for editors",
		Example: `hekad schema > hekad.schema.json`,
		Args:    client.Words(0, "", ""),
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := c.OutOrStdout().Write(config.Schema())
			return err
		},
	}
}
