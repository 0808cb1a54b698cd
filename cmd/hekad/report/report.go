// Package report tells how a daemon stands, in every form that somebody reads it in:
// messages for the bus, Prometheus text, health, text for people.
//
// All of it is made of an [api.Status], so that no two of them disagree. The numbers of
// a node stand in one table (numbers.go), under the names that they have in each form.
// Nothing here asks a clock or keeps a goroutine: times are those of the Status.
//
// A daemon has a [Self], and gives it a Status each second. Self has a [Watch], which finds
// nodes that are stuck, and a [Changes], which makes messages of what has changed; every few
// seconds it sends an [AllReport], a [NodeReport] of each node, and a [MemStat]. What a Status
// does not show is told of when it happens: [Reloaded], [Terminated], [Lost].
// hekad(8) has a table of all messages.
package report

import (
	"heka/cmd/hekad/api"
	"heka/lib/msg"
	"heka/lib/oneliner"
)

// Logger of all messages that a daemon makes of itself.
const Logger = "hekad"

// Types of those messages.
const (
	TypeAllReport  = "heka.all-report"         // every Report seconds: all numbers, as JSON
	TypeNodeReport = "heka.node-report"        // with it: those of one node, as fields
	TypeMemStat    = "heka.memstat"            // with it: the memory of the daemon
	TypeNode       = "heka.node"               // a node is in another state, or was restarted
	TypeSandbox    = "heka.sandbox-terminated" // a Lua script broke a limit or failed
	TypeTerminated = "heka.terminated"         // a node that is no script ended for good
	TypeReload     = "heka.reload"             // a reload took, or was refused
	TypeStuck      = "heka.stuck"              // a node is stuck, or is no longer
	TypeSpoolFull  = "heka.spool-full"         // a spool has no room, or has room again
	TypeGap        = "heka.gap"                // bytes are known to be lost
)

// Severities of syslog(3) that the messages have.
const (
	severityError   = 3
	severityWarning = 4
	severityNotice  = 5
	severityInfo    = 6
)

// Role is what a node is in a pipeline: the list of heka.all-report that it stands in.
type Role string

// The roles, as Heka called them.
const (
	Input   Role = "inputs"   // makes messages: a source
	Decoder Role = "decoders" // consists of heka-decode alone
	Filter  Role = "filters"  // gets messages and emits messages
	Output  Role = "outputs"  // ends in heka-out
)

// RoleOf returns the role of n, as its command line has it. A line that can't be read is
// a filter's.
func RoleOf(n *api.Node) Role {
	if n.Match == "" && n.From == nil {
		return Input
	}
	commands, err := oneliner.Parse(n.Run)
	if err != nil || len(commands) == 0 {
		return Filter
	}
	if wing(commands[len(commands)-1]) == "heka-out" {
		return Output
	}
	for _, c := range commands {
		if wing(c) != "heka-decode" {
			return Filter
		}
	}
	return Decoder
}

// wing returns the program of a command: that of "heka out" is heka-out.
func wing(c oneliner.Command) string {
	switch {
	case len(c.Words) == 0:
		return ""
	case len(c.Words) > 1 && c.Words[0] == "heka":
		return "heka-" + c.Words[1]
	}
	return c.Words[0]
}

// start makes b a message of the daemon: its envelope, and no fields. The uuid is the
// caller's to set, as with stage.Collector.NewUuid.
func start(b *msg.Builder, st *api.Status, typ string, severity int64) {
	b.Reset()
	b.Timestamp = st.Now.UnixNano()
	b.Type, b.Logger = []byte(typ), []byte(Logger)
	b.Severity = severity
	b.Pid, b.Hostname = int64(st.Pid), []byte(st.Hostname)
}

// str, integer and texts add a field.
func str(b *msg.Builder, name, s string) {
	b.Name([]byte(name))
	b.String(s)
}

func integer(b *msg.Builder, name string, n int64, rep string) {
	b.Name([]byte(name))
	b.Int(n)
	if rep != "" {
		b.Rep(rep)
	}
}

// texts adds nothing where there are none.
func texts(b *msg.Builder, name string, all []string) {
	if len(all) == 0 {
		return
	}
	b.Name([]byte(name))
	b.Array(len(all))
	for _, s := range all {
		b.String(s)
	}
}
