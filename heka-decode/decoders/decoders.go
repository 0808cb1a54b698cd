// Package decoders lists the kinds of heka-decode.
package decoders

import (
	_ "embed"

	"heka/heka-decode/apache"
	"heka/heka-decode/auto"
	"heka/heka-decode/csv"
	"heka/heka-decode/grok"
	"heka/heka-decode/json"
	"heka/heka-decode/logfmt"
	"heka/heka-decode/lua"
	"heka/heka-decode/nginx"
	"heka/heka-decode/regex"
	"heka/heka-decode/syslog"
	"heka/lib/stage"
)

// Doc is the manual page of heka-decode.
//
//go:embed README.md
var Doc string

// formats are the kinds that auto chooses from.
var formats = []stage.Kind{
	nginx.Kind, apache.Kind, json.Kind, logfmt.Kind, syslog.Kind, csv.Kind, csv.TSV,
}

// All are the kinds of heka-decode, in the order of its help.
var All = append(formats[:len(formats):len(formats)],
	regex.Kind, grok.Kind, lua.Kind, auto.Kind(formats))
