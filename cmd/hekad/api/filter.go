package api

import (
	"strings"
	"time"
	"unicode/utf8"

	"heka/cmd/hekad/config"
	"heka/lib/match"
	"heka/lib/size"
)

// Limits of a Filter.
const (
	maxBody   = 1 << 20   // bytes of a request: the script and all else
	maxConfig = 1000      // entries of Config
	MaxScript = 960 << 10 // bytes of a script, which leaves room for the rest
)

// Check returns the first mistake in f that can be seen without a daemon, as an [Error];
// the script itself is not compiled.
func (f *Filter) Check() error {
	if msg, hint := config.Name(f.Name); msg != "" {
		return &Error{Status: 400, Msg: msg, Hint: hint}
	}
	switch {
	case strings.TrimSpace(f.Script) == "":
		return mistake("the script is empty")
	case len(f.Script) > MaxScript:
		return &Error{Status: 413, Msg: "the script is of " + size.Format(int64(len(f.Script))),
			Hint: "960KiB are taken"}
	case !utf8.ValidString(f.Script):
		return &Error{Status: 400, Msg: "the script is not UTF-8",
			Hint: `write other bytes as "\255"`}
	case f.Match == "":
		return &Error{Status: 400, Msg: "no expression says which messages the filter is given",
			Hint: "TRUE selects all"}
	case len(f.Config) > maxConfig:
		return mistake("%d entries of config: want %d at most", len(f.Config), maxConfig)
	}
	if _, err := match.Parse(f.Match); err != nil {
		return mistake("match: %v", err)
	}
	if f.Every != "" {
		if d, err := time.ParseDuration(f.Every); err != nil || d <= 0 {
			return mistake("every %s: want a duration like 500ms, 10s or 1h", quote(f.Every))
		}
	}
	if f.Memory != "" {
		if n, ok := size.Parse(f.Memory); !ok || n == 0 {
			return mistake("memory %s: want a size like 8MiB", quote(f.Memory))
		}
	}
	for k := range f.Config {
		if k == "" || len(k) > 256 || strings.ContainsAny(k, "\x00\n") {
			return mistake("config: %s is no name for an entry", quote(k))
		}
	}
	return nil
}
