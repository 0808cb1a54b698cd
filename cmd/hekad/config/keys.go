package config

import (
	"time"

	"heka/lib/size"
)

// key is one key of a section of type T: what reads, writes and describes it.
type key[T any] struct {
	name  string
	doc   string
	field func(*T) any // pointer to what it sets, whose type says what values it takes

	min, max int64    // of sizes, durations and whole numbers
	zero     bool     // 0 is taken as well, whatever min is
	choices  []string // of a string, or the items of a list; of a bool: its two names
	literal  bool     // nothing is expanded in it
	shell    bool     // it is a command line
}

const (
	kib = int64(1) << 10
	mib = int64(1) << 20
	gib = int64(1) << 30

	second = int64(time.Second)
	day    = 24 * int64(time.Hour)
)

// nodeKeys are the keys of a node, in the order in which they are written.
var nodeKeys = []key[Node]{
	{name: "run", shell: true, field: func(n *Node) any { return &n.Run },
		doc: "What runs: a line as at the shell, of heka-tail, heka-decode, heka-route, heka-filter, heka-out " +
			"and other commands, joined by pipes."},
	{name: "match", literal: true, field: func(n *Node) any { return &n.Match },
		doc: "Which messages the node is given: an expression, as of heka-match(5). Without match and from the " +
			"node is a source."},
	{name: "from", field: func(n *Node) any { return &n.From },
		doc: "The nodes whose messages it is offered: a name, or a list of names. Without it, those of all."},
	{name: "every", min: int64(10 * time.Millisecond), max: 7 * day,
		field: func(n *Node) any { return &n.Every },
		doc:   "How often timer_event of the Lua script is called, like 10s."},
	{name: "preserve", field: func(n *Node) any { return &n.Preserve },
		doc: "Keep the globals of the Lua script over restarts."},
	{name: "queue", min: 64 * kib, max: 64 * gib, field: func(n *Node) any { return &n.Queue },
		doc: "How much may wait in memory in front of the node, like 16MiB."},
	{name: "spool", min: mib, max: size.Max, field: func(n *Node) any { return &n.Spool },
		doc: "How much may wait on disk in front of the node, like 1GiB."},
	{name: "full", choices: []string{"block", "drop-new", "drop-old"},
		field: func(n *Node) any { return &n.Full },
		doc:   "What happens when the queue or spool is full: those who emit wait, or messages are dropped and counted."},
	{name: "sync", zero: true, min: int64(time.Millisecond), max: 60 * second,
		field: func(n *Node) any { return &n.Sync },
		doc:   "How long the spool may gather before it writes to the disk for good; 0: as soon as the disk is idle."},
	{name: "retain", zero: true, min: second, max: 3660 * day,
		field: func(n *Node) any { return &n.Retain },
		doc:   "How long the spool keeps what was delivered, to be replayed, like 24h."},
	{name: "signer", field: func(n *Node) any { return &n.Signer },
		doc: "Take only messages that this signer has signed."},
	{name: "isolate", field: func(n *Node) any { return &n.Isolate },
		doc: "Run the node as a process of its own."},
	{name: "memory", min: 16 * mib, max: size.Max, field: func(n *Node) any { return &n.Memory },
		doc: "How much memory its processes may take, like 256MiB."},
	{name: "cpu", min: 0, max: 1024, field: func(n *Node) any { return &n.CPU },
		doc: "How many cores its processes may use, like 0.5."},
	{name: "files", min: 16, max: 1 << 20, field: func(n *Node) any { return &n.Files },
		doc: "How many files each of its processes may have open."},
	{name: "tasks", min: 8, max: 1 << 20, field: func(n *Node) any { return &n.Tasks },
		doc: "How many processes and threads it may have."},
	{name: "feed", choices: []string{"json", "heka", "text"},
		field: func(n *Node) any { return &n.Feed },
		doc:   "What commands that are not heka's read: a JSON object a line, records, or payloads."},
	{name: "restarts", zero: true, min: 1, max: 1 << 20,
		field: func(n *Node) any { return &n.Restarts },
		doc:   "How often the node is started again when it fails without having done anything; 0: without end."},
	{name: "config", field: func(n *Node) any { return &n.Config },
		doc: "What the Lua script reads with read_config."},
}

// hekadKeys are the keys of [hekad], in the order in which they are written.
var hekadKeys = []key[Global]{
	{name: "state", field: func(g *Global) any { return &g.State },
		doc: "Folder of positions, spools, dead letters and the control socket."},
	{name: "hostname", field: func(g *Global) any { return &g.Hostname },
		doc: "Hostname of messages that have none; the machine's if not set."},
	{name: "grace", zero: true, min: int64(100 * time.Millisecond), max: day,
		field: func(g *Global) any { return &g.Grace },
		doc:   "How long a stop may take to deliver what was read, like 10s."},
	{name: "report", zero: true, min: second, max: day,
		field: func(g *Global) any { return &g.Report },
		doc:   "How often hekad reports on itself in a message, like 5s; 0: never."},
	{name: "max_loops", min: 1, max: 100, field: func(g *Global) any { return &g.MaxLoops },
		doc: "How often a chain of nodes may make messages of a message."},
	{name: "queue", min: 64 * kib, max: 64 * gib, field: func(g *Global) any { return &g.Queue },
		doc: "How much may wait in memory in front of a node that has no queue of its own, like 16MiB."},
	{name: "isolate", choices: []string{"all", "none"},
		field: func(g *Global) any { return &g.Isolate },
		doc:   "all: every node runs as a process of its own."},
	{name: "listen", field: func(g *Global) any { return &g.Listen },
		doc: "Loopback address at which the control API is to be had besides its socket, like 127.0.0.1:5567."},
	{name: "token_file", field: func(g *Global) any { return &g.TokenFile },
		doc: "File with the token that clients of listen send."},
	{name: "keys", field: func(g *Global) any { return &g.Keys },
		doc: "File with the keys of signers."},
	{name: "control", field: func(g *Global) any { return &g.Control },
		doc: "Signer whose control messages are taken; none are if not set."},
	{name: "control_listen", field: func(g *Global) any { return &g.ControlListen },
		doc: "Address at which heka-sbmgr's connections are taken, like 127.0.0.1:5566; others than loopback need " +
			"control_cert."},
	{name: "control_cert", field: func(g *Global) any { return &g.ControlCert },
		doc: "PEM file with the certificate and the key that control_listen shows: connections are of TLS then."},
	{name: "old_hmac", choices: []string{"sha1", "md5"},
		field: func(g *Global) any { return &g.OldHmac },
		doc:   "Old kinds of signatures that are taken besides SHA-256."},
	{name: "max_filters", zero: true, min: 1, max: 10_000,
		field: func(g *Global) any { return &g.MaxFilters },
		doc:   "How many filters may be loaded into the running daemon; 0: none."},
	{name: "allow", literal: true, field: func(g *Global) any { return &g.Allow },
		doc: "Expression that bounds which messages loaded filters are given."},
	{name: "memory", min: 16 * mib, max: size.Max, field: func(g *Global) any { return &g.Memory },
		doc: "How much memory the process of a loaded filter may take, like 256MiB."},
	{name: "module_dirs", field: func(g *Global) any { return &g.ModuleDirs },
		doc: "Folders in which Lua scripts find modules."},
}

// oldKeys are those that tell a section of Heka's.
var oldKeys = []string{"type", "encoder", "decoder", "splitter", "log_directory", "file_match", "stat_accum_name"}

// meant has the names that other programs have for keys of ours, old Heka's among them.
var meant = map[string]string{
	"matcher": "match", "message_matcher": "match", "filter": "match", "where": "match",
	"ticker_interval": "every", "interval": "every", "tick": "every",
	"command": "run", "cmd": "run", "exec": "run", "pipeline": "run",
	"source": "from", "sources": "from", "input": "from", "inputs": "from", "upstream": "from",
	"buffer": "spool", "disk": "spool", "use_buffering": "spool", "buffering": "spool",
	"full_action": "full", "on_full": "full", "overflow": "full", "policy": "full",
	"preserve_data": "preserve", "message_signer": "signer", "memory_limit": "memory",
	"nofile": "files", "format": "feed", "retention": "retain", "fsync": "sync",
	"base_dir": "state", "state_dir": "state", "dir": "state", "max_message_loops": "max_loops",
	"address": "listen", "token": "token_file", "module_directory": "module_dirs",
	"timeout": "grace", "shutdown_timeout": "grace",
}
