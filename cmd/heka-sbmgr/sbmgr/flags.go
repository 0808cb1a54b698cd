package sbmgr

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/pflag"

	"heka/lib/control"
	"heka/lib/match"
	"heka/lib/sandbox"
	"heka/lib/sandbox/asked"
	"heka/lib/sandbox/scripts"
	"heka/lib/stage"
)

// flags are those of load, unload and list.
type flags struct {
	server
	name, match, every, memory string
	values                     []string
	preserve, replace, atEnd   bool
	json                       bool
}

// declare returns the flags of a verb, which set f.
func (f *flags) declare(verb string) *pflag.FlagSet {
	fs := pflag.NewFlagSet("heka-sbmgr", pflag.ContinueOnError)
	fs.SortFlags = false
	if verb == "load" || verb == "help" {
		fs.StringVar(&f.match, "match", "", "`EXPR` that selects the messages which the filter is given")
		fs.StringVar(&f.every, "every", "", "call timer_event at each multiple of a `DURATION`, as in 10s")
		fs.StringArrayVar(&f.values, "config", nil, "`NAME=VALUE` that read_config finds; as often as needed")
		fs.StringVar(&f.name, "name", "", "`NAME` of the filter; default: the script's")
		fs.BoolVar(&f.preserve, "preserve", false, "keep the script's globals when the daemon is started anew")
		fs.StringVar(&f.memory, "memory", "", "what the script's values may take, in `BYTES`")
		fs.BoolVar(&f.atEnd, "timer-at-end", false, "call timer_event once more when the filter is stopped")
		fs.BoolVar(&f.replace, "replace", false, "take the place of the filter of that name, and go on with its state")
	}
	if verb == "list" || verb == "help" {
		fs.BoolVar(&f.json, "json", false, "a line of JSON for each filter")
	}
	f.server.declare(fs)
	return fs
}

// order makes the command that the flags and words ask for.
func (f *flags) order(c *control.Command, verb string, words []string) error {
	c.Action = verb
	want := map[string]int{"load": 1, "unload": 1, "list": 0}[verb]
	if len(words) != want {
		hint := map[string]string{
			"load": "one script", "unload": "the name of one filter", "list": "no words",
		}[verb]
		return usage("want "+hint, "%s: %d words", verb, len(words))
	}
	switch verb {
	case "unload":
		c.Name = words[0]
	case "load":
		if f.replace {
			c.Action = control.Replace
		}
		return f.load(c, words[0])
	}
	return nil
}

func usage(hint, format string, args ...any) error {
	return &stage.UsageError{Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// option is a section of the TOML that a filter is described with.
type option struct {
	Type       string         `toml:"type"`
	Match      string         `toml:"message_matcher"`
	Every      string         `toml:"every,omitempty"`
	Preserve   bool           `toml:"preserve_data,omitempty"`
	TimerAtEnd bool           `toml:"timer_event_on_shutdown,omitempty"`
	Memory     string         `toml:"memory_limit,omitempty"`
	Config     map[string]any `toml:"config,omitempty"`
}

var noWord = regexp.MustCompile(`\W`)

// load puts the filter into c. What the daemon would refuse is found here, as far as it
// can be known.
func (f *flags) load(c *control.Command, script string) error {
	var errs []error
	source, err := read(script)
	if err != nil {
		errs = append(errs, err)
	} else if _, err := sandbox.Compile(script, source); err != nil {
		errs = append(errs, usage("", "%v", err))
	}
	if f.match == "" {
		errs = append(errs, usage("--match TRUE gives it all",
			"--match is missing: which messages is the filter given?"))
	} else if _, err := match.Parse(f.match); err != nil {
		errs = append(errs, usage("", "--match: %v", err))
	}
	if d, err := time.ParseDuration(f.every); f.every != "" && (err != nil || d < 0) {
		errs = append(errs, usage("as in 10s", "--every %s: want a duration", f.every))
	}
	o := option{
		Type: "SandboxFilter", Match: f.match, Every: f.every, Preserve: f.preserve,
		TimerAtEnd: f.atEnd, Memory: f.memory, Config: map[string]any{},
	}
	for _, text := range f.values {
		key, value, ok := strings.Cut(text, "=")
		if !ok || key == "" {
			errs = append(errs, usage("as in --config rows=1440", "--config %s: no value", text))
			continue
		}
		o.Config[key] = asked.Value(value)
	}
	name := f.name
	if name == "" {
		name = noWord.ReplaceAllString(strings.TrimSuffix(filepath.Base(script), ".lua"), "_")
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	text, err := toml.Marshal(map[string]option{name: o})
	c.Config, c.Script = string(text), source
	return err
}

// read returns the source of a script: of a file, or of one that is shipped.
func read(name string) (string, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) && !strings.ContainsRune(name, filepath.Separator) {
		if source, ok := scripts.Find("filter", strings.TrimSuffix(name, ".lua")); ok {
			return source, nil
		}
	}
	if err == nil && len(text) > control.MaxScript {
		return "", usage("", "%s: %d bytes, at most %d are taken", name, len(text), control.MaxScript)
	}
	return string(text), err
}

// table returns what a list says, for a person.
func table(lines string) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	d := json.NewDecoder(strings.NewReader(lines))
	for n := 0; d.More(); n++ {
		var f struct {
			Name, Match, Every, Problem string
			Since                       time.Time
		}
		if err := d.Decode(&f); err != nil {
			return strings.TrimRight(printable(lines), "\n")
		}
		if n == 0 {
			fmt.Fprintln(w, "NAME\tLOADED\tEVERY\tMATCH")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", printable(f.Name), f.Since.UTC().Format(time.RFC3339),
			printable(f.Every), printable(f.Match))
		if f.Problem != "" {
			fmt.Fprintf(w, "\tnot started: %s\n", printable(f.Problem))
		}
	}
	w.Flush()
	return strings.TrimRight(b.String(), "\n")
}
