package report

import "heka/cmd/hekad/api"

// number is one number of a node, or of the daemon, under the names that it has in each
// form. Exactly one of whole and real is set.
type number[T any] struct {
	heka    string // in heka.all-report; empty: the role says, hekaName
	field   string // in heka.node-report
	metric  string // behind hekad_node_ or hekad_; counters end in _total, units are base units
	rep     string // representation: B, s, count
	counter bool
	help    string
	whole   func(*T) int64
	real    func(*T) float64
}

// value returns the number as a float, which holds whole numbers up to 2^53.
func (n *number[T]) value(t *T) float64 {
	if n.whole != nil {
		return float64(n.whole(t))
	}
	return n.real(t)
}

type node = api.Node

// nodeNumbers are those of a node, in the order in which they are told.
var nodeNumbers = []number[node]{
	{field: "in", metric: "in_total", rep: "count", counter: true,
		help: "Messages the node was given.", whole: func(n *node) int64 { return n.In }},
	{heka: "InBytes", field: "in_bytes", metric: "in_bytes_total", rep: "B", counter: true,
		help:  "Bytes of the messages the node was given.",
		whole: func(n *node) int64 { return n.InBytes }},
	{field: "out", metric: "out_total", rep: "count", counter: true,
		help:  "Messages the node emitted or delivered.",
		whole: func(n *node) int64 { return n.Out }},
	{heka: "OutBytes", field: "out_bytes", metric: "out_bytes_total", rep: "B", counter: true,
		help:  "Bytes the node emitted or delivered.",
		whole: func(n *node) int64 { return n.OutBytes }},
	{heka: "ProcessMessageFailures", field: "errors", metric: "errors_total", rep: "count",
		counter: true,
		help:    "Messages that could not be processed.",
		whole:   func(n *node) int64 { return n.Errors }},
	{heka: "DropMessageCount", field: "dropped", metric: "dropped_total", rep: "count",
		counter: true,
		help:    "Messages given up by policy: full queue or spool.",
		whole:   func(n *node) int64 { return n.Dropped }},
	{heka: "LoopMessageCount", field: "looped", metric: "looped_total", rep: "count", counter: true,
		help:  "Messages given up since their chain was too long.",
		whole: func(n *node) int64 { return n.Looped }},
	{heka: "DeadMessageCount", field: "dead", metric: "dead_messages", rep: "count",
		help:  "Messages in the dead letters of the node.",
		whole: func(n *node) int64 { return n.Dead }},
	{heka: "SkipMessageCount", field: "skipped", metric: "skipped_total", rep: "count",
		counter: true,
		help:    "Messages the node had before a restart and was not given again.",
		whole:   func(n *node) int64 { return n.Skipped }},
	{heka: "Restarts", field: "restarts", metric: "restarts_total", rep: "count", counter: true,
		help: "Restarts of the node.", whole: func(n *node) int64 { return n.Restarts }},
	{heka: "InChanCapacity", field: "queue_max", metric: "queue_max_bytes", rep: "B",
		help: "Bound of the queue in memory.", whole: func(n *node) int64 { return n.QueueMax }},
	{heka: "InChanLength", field: "queue", metric: "queue_bytes", rep: "B",
		help:  "Bytes in memory that wait or are not acknowledged.",
		whole: func(n *node) int64 { return n.Queue }},
	{heka: "SpoolCapacity", field: "spool_max", metric: "spool_max_bytes", rep: "B",
		help:  "Bound of the spool; 0 if there is none.",
		whole: func(n *node) int64 { return n.SpoolMax }},
	{heka: "SpoolLength", field: "spool", metric: "spool_bytes", rep: "B",
		help:  "Bytes in the spool that are not acknowledged.",
		whole: func(n *node) int64 { return n.Spool }},
	{heka: "SpoolAge", field: "spool_age", metric: "spool_age_seconds", rep: "s",
		help: "Age of the oldest message in the spool.",
		real: func(n *node) float64 { return n.SpoolAge }},
	{heka: "SpoolDamage", field: "damaged", metric: "spool_damaged_total", rep: "count",
		counter: true,
		help:    "Places where the spool was damaged.",
		whole:   func(n *node) int64 { return n.Damaged }},
	{heka: "Lag", field: "lag", metric: "lag_bytes", rep: "B",
		help: "Bytes that a source has not read yet.", whole: func(n *node) int64 { return n.Lag }},
	{heka: "Gaps", field: "gaps", metric: "gaps_total", rep: "count", counter: true,
		help: "Places where a source lost bytes.", whole: func(n *node) int64 { return n.Gaps }},
	{heka: "GapBytes", field: "gap_bytes", metric: "gap_bytes_total", rep: "B", counter: true,
		help: "Bytes that a source lost.", whole: func(n *node) int64 { return n.GapBytes }},
	{heka: "Blocked", field: "blocked", metric: "blocked", rep: "count",
		help:  "1 while the node waits for a consumer.",
		whole: func(n *node) int64 { return truth(n.Blocked) }},
	{heka: "BlockedDuration", field: "blocked_s", metric: "blocked_seconds_total", rep: "s",
		counter: true,
		help:    "Time the node has waited for consumers.",
		real:    func(n *node) float64 { return n.BlockedS }},
	{heka: "BlocksDuration", field: "blocks_s", metric: "blocks_seconds_total", rep: "s",
		counter: true,
		help:    "Time others have waited for the node.",
		real:    func(n *node) float64 { return n.Blocks }},
	{heka: "CPU", field: "cpu", metric: "cpu_seconds_total", rep: "s", counter: true,
		help: "Processor time of the processes of an isolated node.",
		real: func(n *node) float64 { return n.CPU }},
	{heka: "Memory", field: "memory", metric: "memory_bytes", rep: "B",
		help:  "Resident memory of the processes of an isolated node.",
		whole: func(n *node) int64 { return n.Memory }},
}

// daemonNumbers are those of the daemon.
var daemonNumbers = []number[api.Status]{
	{heka: "Uptime", field: "uptime", metric: "uptime_seconds", rep: "s",
		help: "Time since the daemon started.",
		real: func(s *api.Status) float64 { return max(0, s.Now.Sub(s.Started).Seconds()) }},
	{heka: "Memory", field: "memory", metric: "memory_bytes", rep: "B",
		help:  "Resident memory of the daemon.",
		whole: func(s *api.Status) int64 { return s.Memory }},
	{heka: "CPU", field: "cpu", metric: "cpu_seconds_total", rep: "s", counter: true,
		help: "Processor time of the daemon.", real: func(s *api.Status) float64 { return s.CPU }},
	{heka: "Goroutines", field: "goroutines", metric: "goroutines", rep: "count",
		help:  "Goroutines of the daemon.",
		whole: func(s *api.Status) int64 { return int64(s.Goroutine) }},
	{heka: "Reloads", field: "reloads", metric: "reloads_total", rep: "count", counter: true,
		help: "Reloads that took.", whole: func(s *api.Status) int64 { return s.Reloads }},
	{heka: "RefusedReloads", field: "refused", metric: "reloads_refused_total", rep: "count",
		counter: true,
		help:    "Reloads that failed and changed nothing.",
		whole:   func(s *api.Status) int64 { return s.Refused }},
	{heka: "Draining", field: "draining", metric: "draining", rep: "count",
		help:  "1 while sources are ended and what was read is delivered.",
		whole: func(s *api.Status) int64 { return truth(s.Draining) }},
	{heka: "Ready", field: "ready", metric: "ready", rep: "count",
		help:  "1 while all nodes run and none is stuck.",
		whole: func(s *api.Status) int64 { return truth(s.Ready) }},
	{heka: "Nodes", field: "nodes", metric: "nodes", rep: "count",
		help:  "Nodes of the daemon.",
		whole: func(s *api.Status) int64 { return int64(len(s.Nodes)) }},
	{heka: "StuckNodes", field: "stuck", metric: "stuck_nodes", rep: "count",
		help:  "Nodes that are stuck.",
		whole: func(s *api.Status) int64 { return int64(len(s.Stuck)) }},
}

func truth(t bool) int64 {
	if t {
		return 1
	}
	return 0
}

// hekaName returns the name of a number in heka.all-report. Of the messages that went
// in and came out, Heka's name depends on what the node is: an input has processed what
// it made, an output has sent it.
func hekaName(n *number[node], r Role) string {
	switch {
	case n.heka != "":
		return n.heka
	case n.field == "out" && r == Input, n.field == "in" && r != Input:
		return "ProcessMessageCount"
	case n.field == "out" && r == Output:
		return "SentMessageCount"
	case n.field == "out":
		return "InjectMessageCount"
	}
	return "ReadMessageCount"
}
