// Package verbs lists the kinds of heka-filter.
package verbs

import (
	_ "embed"

	"heka/heka-filter/anomaly"
	"heka/heka-filter/cbuf"
	"heka/heka-filter/cost"
	"heka/heka-filter/count"
	"heka/heka-filter/cut"
	"heka/heka-filter/dedupe"
	"heka/heka-filter/flight"
	"heka/heka-filter/head"
	"heka/heka-filter/heartbeat"
	"heka/heka-filter/hist"
	"heka/heka-filter/lua"
	"heka/heka-filter/pattern"
	"heka/heka-filter/rate"
	"heka/heka-filter/sample"
	"heka/heka-filter/set"
	"heka/heka-filter/statmetric"
	"heka/heka-filter/stats"
	"heka/heka-filter/tail"
	"heka/heka-filter/throttle"
	"heka/heka-filter/top"
	"heka/heka-filter/uniq"
	"heka/heka-filter/where"
	"heka/lib/stage"
)

// Doc is the manual page of heka-filter.
//
//go:embed README.md
var Doc string

// All are the kinds of heka-filter, in the order of its help: those that choose
// messages, those that change them, those that summarise them.
var All = []stage.Kind{
	where.Kind, head.Kind, tail.Kind, sample.Kind, throttle.Kind, dedupe.Kind, flight.Kind,
	cut.Kind, set.Kind,
	count.Kind, top.Kind, rate.Kind, stats.Kind, hist.Kind, uniq.Kind, cbuf.Kind, cost.Kind,
	statmetric.Kind, pattern.Kind,
	heartbeat.Kind, anomaly.Kind,
	lua.Kind,
}
