// Package asked is how a script is asked for on a command line: the flags that are
// the same wherever a script runs, and what they mean.
package asked

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"heka/lib/sandbox"
	"heka/lib/sandbox/host"
	"heka/lib/size"
	"heka/lib/stage"
)

// Flags are the flags, as typed.
type Flags struct {
	Values  []string
	Dirs    []string
	Memory  size.Value
	Steps   int
	Output  size.Value
	State   string
	Explain bool
	Name    string
}

// Declare declares the flags on fs.
func Declare(fs *pflag.FlagSet) *Flags {
	d := sandbox.DefaultLimits
	f := &Flags{
		Memory: size.Value{Bytes: int64(d.Memory)}, Output: size.Value{Bytes: int64(d.Output)},
	}
	fs.StringArrayVar(&f.Values, "config", nil, "`NAME=VALUE` that read_config finds; as often as needed")
	fs.StringArrayVar(&f.Dirs, "module-dir", nil, "`DIR` where require looks first; as often as needed")
	fs.Var(&f.Memory, "memory", "what the script's values may take, in `BYTES`; 0: any")
	fs.IntVar(&f.Steps, "instructions", d.Instructions, "instructions of one call, at most `N`; 0: any")
	fs.Var(&f.Output, "output", "longest message that the script makes, in `BYTES`; 0: any")
	fs.BoolVar(&f.Explain, "explain", false, "say at the end what of the limits was used, and where the time went")
	return f
}

// DeclareName declares --name on fs, of scripts whose name can be seen in messages.
func (f *Flags) DeclareName(fs *pflag.FlagSet) {
	fs.StringVar(&f.Name, "name", "", "`NAME` that stands in messages for the script; default: the file's")
}

// DeclareState declares --preserve on fs.
func (f *Flags) DeclareState(fs *pflag.FlagSet) {
	fs.StringVar(&f.State, "preserve", "", "keep the script's globals in `FILE`, with how far they have counted")
}

// Script loads the script of a use, and returns it with its configuration, but for
// where its messages go. All mistakes are returned, joined.
func (f *Flags) Script(env *stage.Env, use sandbox.Use, name string) (
	s *sandbox.Script, c sandbox.Config, errs []error,
) {
	s, err := sandbox.Load(name, use)
	if err != nil {
		errs = append(errs, &stage.UsageError{Msg: err.Error()})
	}
	c = sandbox.Config{
		Use: use, Name: f.plugin(name), Hostname: env.Hostname, Location: env.Location(),
		Limits: host.Limits{
			Instructions: f.Steps, Memory: int(f.Memory.Bytes), Output: int(f.Output.Bytes),
		},
		Values: map[string]any{}, Dirs: f.Dirs, Explain: f.Explain,
	}
	for _, text := range f.Values {
		key, value, ok := strings.Cut(text, "=")
		if !ok || key == "" {
			errs = append(errs, &stage.UsageError{
				Msg: "--config " + text + ": no value", Hint: "as in --config rows=1440"})
			continue
		}
		c.Values[key] = Value(value)
	}
	if zone, ok := c.Values["tz"].(string); ok && use == sandbox.Decoder {
		if c.Shift, err = time.LoadLocation(zone); err != nil {
			errs = append(errs, &stage.UsageError{
				Msg: "--config tz=" + zone + ": no such zone", Hint: "as in --config tz=Europe/Berlin"})
		}
	}
	for _, dir := range f.Dirs {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			errs = append(errs, &stage.UsageError{Msg: "--module-dir " + dir + ": no such folder"})
		}
	}
	if f.Steps < 0 {
		errs = append(errs, &stage.UsageError{Msg: fmt.Sprintf("--instructions %d: want a number from 0", f.Steps)})
	}
	return s, c, errs
}

// plugin returns the name of the plugin: that of the script unless given.
func (f *Flags) plugin(script string) string {
	if f.Name != "" {
		return f.Name
	}
	return strings.TrimSuffix(filepath.Base(script), ".lua")
}

// Value returns what a value is as it would be in a configuration file: a number, true
// or false, or else text, without the quotes if it stands in quotes.
func Value(text string) any {
	if n := len(text); n >= 2 && (text[0] == '"' || text[0] == '\'') && text[n-1] == text[0] {
		return text[1 : n-1]
	}
	if text == "true" || text == "false" {
		return text == "true"
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return f
	}
	return text
}
