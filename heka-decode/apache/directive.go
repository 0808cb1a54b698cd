package apache

import (
	"strings"
	"time"

	"heka/heka-decode/internal/logformat"
)

// endTime is the field of the time when a request ended.
const endTime = "time_end"

// letters has what the directives without an argument become.
var letters = map[string]logformat.Var{
	"a": {Field: "remote_addr", Rep: "ip"},
	"A": {Field: "server_addr", Rep: "ip"},
	"b": {Field: "body_bytes_sent", Kind: logformat.Int, Absent: logformat.Zero, Rep: "B"},
	"B": {Field: "body_bytes_sent", Kind: logformat.Int, Rep: "B"},
	"D": {Field: "request_time", Kind: logformat.Float, Scale: 6, Rep: "s"},
	"f": {Field: "request_filename"},
	"h": {Field: "remote_addr", Rep: "ip"},
	"H": {Field: "server_protocol"},
	"I": {Field: "request_length", Kind: logformat.Int, Rep: "B"},
	"k": {Field: "connection_requests", Kind: logformat.Int},
	"l": {Field: "remote_logname"},
	"L": {Field: "log_id"},
	"m": {Field: "request_method"},
	"O": {Field: "bytes_sent", Kind: logformat.Int, Rep: "B"},
	"p": {Field: "server_port", Kind: logformat.Int},
	"P": {Field: "pid", Kind: logformat.Int},
	"q": {Field: "query_string", Kind: logformat.Query},
	"r": {Field: "request", Kind: logformat.Request},
	"R": {Field: "handler"},
	"s": {Field: "status", Kind: logformat.Int},
	"S": {Field: "bytes_transferred", Kind: logformat.Int, Rep: "B"},
	"T": {Field: "request_time", Kind: logformat.Float, Rep: "s"},
	"u": {Field: "remote_user"},
	"U": {Field: "uri"},
	"v": {Field: "server_name"},
	"V": {Field: "host"},
	"X": {Field: "connection_status", Absent: logformat.Dash},
}

// prefixes has what stands before the argument of a directive in its field's name.
var prefixes = map[string]string{
	"i": "http_", "o": "sent_http_", "C": "cookie_", "e": "env_", "n": "note_",
	"^ti": "trailer_", "^to": "sent_trailer_",
}

// arguments has what a letter and an argument become, where that is not what
// the letter alone becomes.
var arguments = map[string]logformat.Var{
	"c a":         {Field: "realip_remote_addr", Rep: "ip"},
	"remote p":    {Field: "remote_port", Kind: logformat.Int},
	"canonical p": {Field: "server_port", Kind: logformat.Int},
	"local p":     {Field: "server_port", Kind: logformat.Int},
	"pid P":       {Field: "pid", Kind: logformat.Int},
	"tid P":       {Field: "tid", Kind: logformat.Int},
	"hextid P":    {Field: "tid"},
	"c h":         {Field: "realip_remote_addr", Rep: "ip"},
	"c L":         {Field: "connection_log_id"},
	"s T":         {Field: "request_time", Kind: logformat.Float, Rep: "s"},
	"ms T":        {Field: "request_time", Kind: logformat.Float, Scale: 3, Rep: "s"},
	"us T":        {Field: "request_time", Kind: logformat.Float, Scale: 6, Rep: "s"},
}

// variable returns what d becomes, and the literals that it writes itself before
// and behind its value.
func (d *directive) variable() (before string, v *logformat.Var, behind string, err error) {
	if d.letter == "t" {
		return d.time()
	}
	v = &logformat.Var{}
	prefix, named := prefixes[d.letter]
	switch {
	case named && d.arg != "":
		v.Field = prefix + fieldName(d.arg)
	case d.arg != "":
		known := false
		*v, known = arguments[d.arg+" "+d.letter]
		if !known {
			return "", nil, "", unknown(d.text)
		}
	default:
		known := false
		*v, known = letters[d.letter]
		if !known {
			return "", nil, "", unknown(d.text)
		}
	}
	v.Text = d.text
	return "", v, "", nil
}

// fieldName writes the name of a header as nginx does: in lower case, with
// underscores for what is no letter or digit.
func fieldName(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, s)
}

// time returns what %t or %{format}t becomes.
func (d *directive) time() (before string, v *logformat.Var, behind string, err error) {
	v = &logformat.Var{Text: d.text, Field: "time_local", Kind: logformat.Clock}
	layout, ends := strings.CutPrefix(d.arg, "end:")
	if ends {
		v.Field = endTime
	}
	layout = strings.TrimPrefix(layout, "begin:")
	switch layout {
	case "sec":
		v.Time = logformat.Epoch(time.Second)
	case "msec":
		v.Time = logformat.Epoch(time.Millisecond)
	case "usec":
		v.Time = logformat.Epoch(time.Microsecond)
	case "msec_frac":
		v.Time = logformat.Fraction(time.Millisecond)
	case "usec_frac":
		v.Time = logformat.Fraction(time.Microsecond)
	case "":
		before, layout, behind = "[", "%d/%b/%Y:%H:%M:%S %z", "]"
		fallthrough
	default:
		v.Time, err = logformat.Strftime(layout)
	}
	return before, v, behind, err
}
