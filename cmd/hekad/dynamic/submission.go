package dynamic

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"heka/cmd/hekad/api"
	"heka/lib/near"
	"heka/lib/sandbox/asked"
	"heka/lib/size"
)

// maxTOML is the longest configuration of a submission that is read, in bytes.
const maxTOML = 64 << 10

// section is a section of Heka's configuration of a SandboxFilter, with what Heka's
// manager took from it, and what is ours.
type section struct {
	Type       string         `toml:"type"`
	Match      string         `toml:"message_matcher"`
	Ticker     any            `toml:"ticker_interval"`
	Preserve   bool           `toml:"preserve_data"`
	CanExit    bool           `toml:"can_exit"`
	TimerAtEnd bool           `toml:"timer_event_on_shutdown"`
	Memory     any            `toml:"memory_limit"`
	Config     map[string]any `toml:"config"`
	Every      string         `toml:"every"` // ours: an interval below a second can be had

	// ScriptType must be lua. In Heka it went into the path of a file.
	ScriptType string `toml:"script_type"`

	// These were the manager's to decide in Heka, and are ours here: no path of a
	// submission is looked at.
	Filename     any `toml:"filename"`
	ModuleDir    any `toml:"module_directory"`
	Instructions any `toml:"instruction_limit"`
	Output       any `toml:"output_limit"`

	// Signer can't be had: to leave it out silently would give the filter more than was
	// asked for.
	Signer string `toml:"message_signer"`
}

// Submission reads a filter that is loaded by a message: text is the TOML of one
// section, script its Lua source. An error is a *stage.UsageError; the filter is not
// checked beyond that.
func Submission(text, script string) (api.Filter, error) {
	sections, err := sectionsOf(text)
	if err != nil {
		return api.Filter{}, err
	}
	var names []string
	for name := range sections {
		names = append(names, name)
	}
	switch {
	case len(names) == 0:
		return api.Filter{}, mistake("write [NAME], and its options below",
			"config: no section describes the filter")
	case len(names) > 1:
		return api.Filter{}, mistake("send one at a time",
			"config: there are %d sections: %.200s", len(names), listed(names))
	}
	s := sections[names[0]]
	if err := s.check(); err != nil {
		return api.Filter{}, err
	}
	f := api.Filter{
		Name: names[0], Script: script, Match: s.Match, Preserve: s.Preserve, TimerAtEnd: s.TimerAtEnd,
	}
	if f.Every, err = s.interval(); err != nil {
		return api.Filter{}, err
	}
	if f.Memory, err = s.memory(); err != nil {
		return api.Filter{}, err
	}
	f.Config, err = s.values()
	return f, err
}

// sectionsOf reads the TOML.
func sectionsOf(text string) (map[string]section, error) {
	if len(text) > maxTOML {
		return nil, mistake("", "config: %d bytes, at most %d are taken", len(text), maxTOML)
	}
	sections := map[string]section{}
	d := toml.NewDecoder(bytes.NewReader([]byte(text))).DisallowUnknownFields()
	err := d.Decode(&sections)
	var unknown *toml.StrictMissingError
	var wrong *toml.DecodeError
	switch {
	case errors.As(err, &unknown) && len(unknown.Errors) > 0:
		e := unknown.Errors[0]
		row, col := e.Position()
		name := strings.Join(e.Key(), ".")
		return nil, mistake(optionHint(e.Key()),
			"config:%d:%d: %.100q is no option of a loaded filter", row, col, name)
	case errors.As(err, &wrong):
		row, col := wrong.Position()
		return nil, mistake("", "config:%d:%d: %.300s", row, col,
			strings.TrimPrefix(wrong.Error(), "toml: "))
	case err != nil:
		return nil, mistake("", "config: %.300s", strings.TrimPrefix(err.Error(), "toml: "))
	}
	return sections, nil
}

// options are those that a section may have.
var options = []string{
	"type", "message_matcher", "ticker_interval", "every", "preserve_data", "can_exit",
	"timer_event_on_shutdown", "memory_limit", "config", "script_type", "filename",
	"module_directory", "instruction_limit", "output_limit",
}

// optionHint says which option was meant by a key that is none.
func optionHint(key []string) string {
	if len(key) == 0 {
		return ""
	}
	if n := near.Word(key[len(key)-1], options); n != "" {
		return "did you mean " + n + "?"
	}
	return "what the script reads with read_config stands in [NAME.config]"
}

// check looks at what must be as it is.
func (s *section) check() error {
	switch {
	case s.Type != "SandboxFilter":
		return mistake(`type = "SandboxFilter"`, "Plugin must be a SandboxFilter, received %.64q", s.Type)
	case s.ScriptType != "" && s.ScriptType != "lua":
		return mistake("", "script_type: %.64q is not known: lua is", s.ScriptType)
	case s.Signer != "":
		return mistake("leave it out, or add the filter to hekad.toml",
			"message_signer: a loaded filter can't be given the messages of one signer alone")
	}
	return nil
}

// interval returns what is between two calls of timer_event. Heka's ticker_interval is
// in seconds.
func (s *section) interval() (string, error) {
	switch n := s.Ticker.(type) {
	case nil:
		return s.Every, nil
	case int64:
		if s.Every == "" && n >= 0 && n < int64(math.MaxInt64/time.Second) {
			return (time.Duration(n) * time.Second).String(), nil
		}
	case float64:
		if s.Every == "" && n >= 0 && n < 1e9 {
			return time.Duration(n * float64(time.Second)).String(), nil
		}
	}
	if s.Every != "" {
		return "", mistake("leave one out", "every and ticker_interval say the same")
	}
	return "", mistake("", "ticker_interval: want a number of seconds")
}

// memory returns the limit as it is typed.
func (s *section) memory() (string, error) {
	switch n := s.Memory.(type) {
	case nil:
		return "", nil
	case int64:
		if n > 0 && n <= size.Max {
			return strconv.FormatInt(n, 10), nil
		}
	case string:
		return n, nil
	}
	return "", mistake("as in 8388608", "memory_limit: want a number of bytes")
}

// values returns what the script reads with read_config, as it is typed on a command
// line: a text that looks like something else stands in quotes.
func (s *section) values() (map[string]string, error) {
	if len(s.Config) == 0 {
		return nil, nil
	}
	all := make(map[string]string, len(s.Config))
	for name, v := range s.Config {
		switch v := v.(type) {
		case string:
			all[name] = typed(v)
		case int64:
			all[name] = strconv.FormatInt(v, 10)
		case float64:
			all[name] = strconv.FormatFloat(v, 'g', -1, 64)
		case bool:
			all[name] = strconv.FormatBool(v)
		default:
			return nil, mistake("read_config returns texts, numbers, true and false",
				"config.%.100s: a script can't read a %s", name, kindOf(v))
		}
	}
	return all, nil
}

// typed returns text as it is typed to be text.
func typed(text string) string {
	if v, ok := asked.Value(text).(string); ok && v == text {
		return text
	}
	return `"` + text + `"`
}

func kindOf(v any) string {
	switch v.(type) {
	case []any:
		return "list"
	case map[string]any:
		return "table"
	}
	return "time"
}
