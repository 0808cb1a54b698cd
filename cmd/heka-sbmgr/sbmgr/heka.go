package sbmgr

import (
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"heka/lib/control"
	"heka/lib/stage"
)

// hekaFlags are those of Heka's heka-sbmgr, which are understood with one dash, too.
var hekaFlags = []string{"config", "action", "script", "scriptconfig", "filtername", "help"}

// parseHeka reads a command line as Heka's heka-sbmgr took it.
func parseHeka(name string, args []string, out io.Writer) (*order, error) {
	o := &order{}
	var script, config string
	s := &server{version: -1}
	fs := pflag.NewFlagSet("heka-sbmgr", pflag.ContinueOnError)
	fs.StringVar(&s.file, "config", "sbmgr.toml", "")
	fs.StringVar(&o.command.Action, "action", "", "")
	fs.StringVar(&script, "script", "", "")
	fs.StringVar(&config, "scriptconfig", "", "")
	fs.StringVar(&o.command.Name, "filtername", "", "")
	fs.Usage = func() { help(out, name, "help", new(flags).declare("help")) }
	if err := fs.Parse(twoDashes(args)); err == pflag.ErrHelp {
		return nil, nil
	} else if err != nil {
		return nil, &stage.UsageError{Msg: err.Error()}
	}
	s.timeout = control.DefaultWindow / 2
	var errs []error
	c := &o.command
	switch {
	case len(args) == 0:
		errs = append(errs, usage("load, unload or list", "no command is given"))
	case fs.NArg() > 0:
		errs = append(errs, usage("load, unload or list comes first",
			"%s: no word is wanted here", fs.Arg(0)))
	case c.Action == control.Load && (script == "" || config == ""):
		errs = append(errs, usage("", "--action load needs --script and --scriptconfig"))
	case c.Action == control.Load:
		errs = append(errs, readInto(&c.Script, script), readInto(&c.Config, config))
		c.Name = ""
	case c.Action == control.Unload && c.Name == "":
		errs = append(errs, usage("", "--action unload needs --filtername"))
	case c.Action != control.Unload && c.Action != control.List:
		errs = append(errs, usage("load, unload or list", "--action %q is not known", c.Action))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return o, s.client(&o.client, c)
}

// readInto reads a file.
func readInto(to *string, path string) error {
	text, err := os.ReadFile(path)
	*to = string(text)
	return err
}

// twoDashes makes -config of Heka's command lines --config.
func twoDashes(args []string) []string {
	all := make([]string, len(args))
	for i, a := range args {
		all[i] = a
		flag, _, _ := strings.Cut(a, "=")
		for _, name := range hekaFlags {
			if flag == "-"+name {
				all[i] = "-" + a
			}
		}
	}
	return all
}
