package dynamic

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"heka/cmd/hekad/api"
	"heka/lib/match"
	"heka/lib/sandbox"
	"heka/lib/size"
	"heka/lib/stage"
)

// Limits of a loaded filter.
const (
	MaxScript   = 1 << 20  // bytes of Lua
	MaxName     = 64       // bytes
	MaxMatch    = 16 << 10 // bytes of its expression
	MaxConfig   = 64 << 10 // bytes of all names and values
	maxEntries  = 1000     // of Config
	maxEntry    = 256      // bytes of the name of one
	minInterval = 10 * time.Millisecond
	maxMemory   = 1 << 30
)

// Name returns what a filter is called here: in its name each character that is no
// letter of ASCII, digit or _ becomes _, as Heka had it. So it is good as the name of a
// node and of files.
func Name(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}

// Check returns all mistakes in f, each a *stage.UsageError. It compiles the script, and
// runs nothing of it.
func Check(f api.Filter) error {
	var errs []error
	add := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	add(checkName(f.Name))
	add(checkScript(Name(f.Name), f.Script))
	add(checkMatch(f.Match))
	add(checkEvery(f.Every))
	add(checkMemory(f.Memory))
	add(checkConfig(f.Config))
	return errors.Join(errs...)
}

func mistake(hint, format string, args ...any) error {
	return &stage.UsageError{Msg: fmt.Sprintf(format, args...), Hint: hint}
}

func checkName(name string) error {
	switch {
	case name == "":
		return mistake("letters, digits and _", "the filter has no name")
	case len(name) > MaxName:
		return mistake("", "name: %d bytes, at most %d are taken", len(name), MaxName)
	}
	return nil
}

func checkScript(name, script string) error {
	if len(script) > MaxScript {
		return mistake("", "script: %d bytes, at most %d are taken", len(script), MaxScript)
	}
	if strings.TrimSpace(script) == "" {
		return mistake("", "script: it is empty")
	}
	if _, err := sandbox.Compile(name+".lua", script); err != nil {
		return mistake("heka-filter lua tries it on a file of messages", "script: %v", err)
	}
	return nil
}

func checkMatch(expr string) error {
	if strings.TrimSpace(expr) == "" {
		return mistake("TRUE selects all", "match: no expression says which messages it is given")
	}
	if len(expr) > MaxMatch {
		return mistake("", "match: %d bytes, at most %d are taken", len(expr), MaxMatch)
	}
	if !utf8.ValidString(expr) {
		return mistake("", "match: the expression is not UTF-8")
	}
	if _, err := match.Parse(expr); err != nil {
		return mistake("", "match: %v", err)
	}
	return nil
}

func checkEvery(text string) error {
	if text == "" {
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d != 0 && d < minInterval {
		return mistake("", "every: %.40q is no interval from %v on: write 10s or 1m", text, minInterval)
	}
	return nil
}

func checkMemory(text string) error {
	if text == "" {
		return nil
	}
	if n, ok := size.Parse(text); !ok || n < 1 || n > maxMemory {
		return mistake("", "memory: %.40q is no size up to %s: write 8MiB", text, size.Format(maxMemory))
	}
	return nil
}

func checkConfig(c map[string]string) error {
	if len(c) > maxEntries {
		return mistake("", "config: %d entries, at most %d are taken", len(c), maxEntries)
	}
	all := 0
	for name, value := range c {
		all += len(name) + len(value)
		switch {
		case name == "" || len(name) > maxEntry || strings.ContainsAny(name, "=\x00\n"),
			!utf8.ValidString(name):
			return mistake("", "config: %.40q is no name of an entry", name)
		case strings.ContainsRune(value, 0) || !utf8.ValidString(value):
			return mistake("", "config %s: the value is no text", name)
		}
	}
	if all > MaxConfig {
		return mistake("", "config: %d bytes, at most %d are taken", all, MaxConfig)
	}
	return nil
}

// Join returns the expression that is true where both allow and expr are. Each is read
// by itself, and written anew from what was read; so there is no text of expr that
// reaches beyond its parentheses. allow may be empty.
func Join(allow, expr string) (string, error) {
	e, err := match.Parse(expr)
	if err != nil {
		return "", err
	}
	if allow == "" {
		return e.String(), nil
	}
	a, err := match.Parse(allow)
	if err != nil {
		return "", fmt.Errorf("allow: %w", err)
	}
	both, err := match.Parse("(" + a.String() + ") && (" + e.String() + ")")
	if err != nil {
		return "", err
	}
	return both.String(), nil
}
