package nginx

import (
	"strings"
	"time"

	"heka/heka-decode/internal/logformat"
)

// integers are the variables that nginx writes as integers.
var integers = words(`status body_bytes_sent bytes_sent bytes_received request_length
	content_length connection connection_requests connections_active connections_reading
	connections_writing connections_waiting pid limit_rate server_port remote_port
	realip_remote_port proxy_port proxy_protocol_port proxy_protocol_server_port
	tcpinfo_rtt tcpinfo_rttvar tcpinfo_snd_cwnd tcpinfo_rcv_space`)

// seconds are the variables that are seconds and their decimal fractions.
var seconds = words(`request_time connection_time session_time`)

// upstream are the variables that are lists: an element for each server that a
// request was passed on to.
var upstream = map[string]logformat.Kind{
	"upstream_addr":            logformat.String,
	"upstream_status":          logformat.Int,
	"upstream_response_length": logformat.Int,
	"upstream_bytes_received":  logformat.Int,
	"upstream_bytes_sent":      logformat.Int,
	"upstream_queue_time":      logformat.Float,
	"upstream_connect_time":    logformat.Float,
	"upstream_header_time":     logformat.Float,
	"upstream_response_time":   logformat.Float,
	"upstream_first_byte_time": logformat.Float,
	"upstream_session_time":    logformat.Float,
}

func words(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// variable returns what the variable of this name is; a string if it is not known.
func variable(name string) *logformat.Var {
	v := &logformat.Var{Text: "$" + name, Field: name, Rep: representation(name)}
	kind, list := upstream[name]
	switch {
	case list:
		v.Kind, v.List = kind, true
	case integers[name]:
		v.Kind = logformat.Int
	case seconds[name], name == "gzip_ratio":
		v.Kind = logformat.Float
	case name == "request":
		v.Kind = logformat.Request
	default:
		if t := timeOf(name); t != nil {
			v.Kind, v.Time = logformat.Clock, t
		}
	}
	return v
}

// timeOf returns what time the variable tells; nil if none.
func timeOf(name string) *logformat.Time {
	layout := ""
	switch name {
	case "time_local":
		layout = "%d/%b/%Y:%H:%M:%S %z"
	case "time_iso8601":
		layout = "%Y-%m-%dT%H:%M:%S%z"
	case "msec":
		return logformat.Epoch(time.Second)
	default:
		return nil
	}
	t, err := logformat.Strftime(layout)
	if err != nil {
		panic(err) // both are ours
	}
	return t
}

func representation(name string) string {
	switch {
	case name == "remote_addr", name == "realip_remote_addr", name == "server_addr",
		name == "proxy_protocol_addr":
		return "ip"
	case seconds[name], strings.HasPrefix(name, "upstream_") && strings.HasSuffix(name, "_time"):
		return "s"
	case strings.HasSuffix(name, "bytes_sent"), strings.HasSuffix(name, "bytes_received"),
		name == "request_length", name == "content_length", name == "upstream_response_length":
		return "B"
	}
	return ""
}
