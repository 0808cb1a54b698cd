package nginx

import (
	"strings"

	"heka/heka-decode/internal/logformat"
	"heka/lib/stage"
)

// formats are the formats that have a name: the one that is built into nginx, the
// one in the configuration that it is packaged with, and combined with the time.
var formats = map[string]string{
	"combined": `$remote_addr - $remote_user [$time_local] ` +
		`"$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"`,
	"main": `$remote_addr - $remote_user [$time_local] "$request" ` +
		`$status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for"`,
	"timed": `$remote_addr - $remote_user [$time_local] "$request" ` +
		`$status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time`,
}

// usual returns the formats that are tried where none is named: combined, and
// combined with what most configurations that go beyond it put behind.
func usual() []string {
	var all []string
	for _, base := range []string{formats["combined"], formats["main"]} {
		all = append(all, base, base+" $request_time", base+" $request_time $upstream_response_time")
	}
	return all
}

// format is a log_format: its string, and how it escapes.
type format struct {
	text   string
	escape string // "", "default", "json" or "none"
}

// parts splits a format string into literals and variables, $name or ${name}.
func parts(s string) ([]logformat.Part, error) {
	var all []logformat.Part
	for s != "" {
		i := strings.IndexByte(s, '$')
		if i < 0 {
			i = len(s)
		}
		if i > 0 {
			all = append(all, logformat.Part{Literal: s[:i]})
		}
		if s = s[i:]; s == "" {
			break
		}
		name, rest, err := variableName(s[1:])
		if err != nil {
			return nil, err
		}
		all = append(all, logformat.Part{Var: variable(name)})
		s = rest
	}
	keepBestTime(all)
	return all, nil
}

// variableName splits what stands behind a $ into the variable's name and the rest.
func variableName(s string) (name, rest string, err error) {
	brace := strings.HasPrefix(s, "{")
	if brace {
		s = s[1:]
	}
	n := 0
	for n < len(s) && isNameByte(s[n]) {
		n++
	}
	name, rest = s[:n], s[n:]
	if brace {
		if !strings.HasPrefix(rest, "}") {
			return "", "", &stage.UsageError{
				Msg: "the brace of ${" + name + " is not closed in the format"}
		}
		rest = rest[1:]
	}
	if name == "" {
		return "", "", &stage.UsageError{
			Msg:  "a $ without the name of a variable in the format",
			Hint: "in double quotes the shell replaces $names: put the format in single quotes",
		}
	}
	return name, rest, nil
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// keepBestTime leaves of several variables that tell the time only the one that
// tells it best.
func keepBestTime(all []logformat.Part) {
	best := ""
	for _, p := range all {
		if p.Var != nil && timeRank(p.Var.Field) > timeRank(best) {
			best = p.Var.Field
		}
	}
	for _, p := range all {
		if p.Var != nil && p.Var.Kind == logformat.Clock && p.Var.Field != best {
			p.Var.Kind = logformat.Skip
		}
	}
}

func timeRank(name string) int {
	switch name {
	case "time_local":
		return 1
	case "time_iso8601":
		return 2
	case "msec":
		return 3
	}
	return 0
}
