// Package config reads hekad.toml: hekad.toml(5).
//
// Load is what to call first: it reads a file or a folder and says all that is wrong with
// it, each with its place. What it returns is complete and checked; TOML, Mermaid, Dot
// and ToShell show it, and Diff tells two of them apart. From makes a file of a one-liner,
// Schema one for editors; package convert makes one of a configuration of Heka 0.10.
//
// A value goes this way, and each step keeps where its bytes came from, so that a mistake
// in a matcher or a command line is shown in the file:
//
//	bytes ── parser ──> string ── ${...} ──> text ── checks ──> Config
//	      <── trace ───        <── trace ───     <── column
//
// In values, ${NAME} and ${NAME:-default} stand for what is in the environment, and
// ${file:/path} for what is in a file that not everybody can read; $$ is a dollar. They
// are expanded in every string but match and allow, where a dollar belongs to regular
// expressions, and within run not between single quotes. In run, what comes is one piece
// of a word, whatever is in it. People are shown the references, never the values:
// Written, TOML, Mermaid, Dot, ToShell; Redact does so for texts of others.
package config

import "time"

// Config is a whole configuration: of one file, or of all *.toml in a folder.
type Config struct {
	Path   string // the file or folder it came from
	Hekad  Global
	Nodes  []Node   // in the order of the files' names and of the lines
	Source []string // the files

	secrets []secret
}

// Redact returns text with the secrets that came from files replaced by what stands for
// them in the configuration.
func (c *Config) Redact(text string) string { return redact(text, c.secrets) }

// Node returns the node of this name; nil if there is none.
func (c *Config) Node(name string) *Node {
	for i := range c.Nodes {
		if c.Nodes[i].Name == name {
			return &c.Nodes[i]
		}
	}
	return nil
}

// Global is the section [hekad].
type Global struct {
	State      string        // folder of positions, spools, dead letters, the control socket
	Listen     string        // loopback TCP address of the control API, besides the socket; empty: none
	TokenFile  string        // has the token that TCP clients send
	Hostname   string        // of messages that name no other; empty: the machine's
	Grace      time.Duration // how long a stop may take to deliver what was read; 10 s
	Report     time.Duration // between heka.all-report messages; 5 s; 0: none
	MaxLoops   int           // how often a chain of nodes may make messages of a message; 4
	Queue      int64         // bytes in front of a node that says nothing else; 16 MiB
	Isolate    bool          // every node is its own process: isolate = "all"
	Keys       string        // file with the keys of signers
	MaxFilters int           // filters that may be loaded; 16
	Allow      string        // expression that bounds what loaded filters are given; empty: all
	ModuleDirs []string      // where scripts look for modules
	Memory     int64         // of a loaded filter's process, bytes
	OldHmac    []string      // "sha1", "md5": also taken for control messages
	Control    string        // signer whose control messages are taken; empty: none are

	// ControlListen is the TCP address at which they are taken from connections; empty:
	// none are. ControlCert is a file with a certificate and its key: connections are of
	// TLS then; beyond loopback they must be.
	ControlListen, ControlCert string

	raw map[string]string // what was written where something was expanded, by key
}

// Full says what is done with messages that a full queue or spool has no room for.
type Full string

// The policies.
const (
	Block   Full = "block" // who emits them waits
	DropNew Full = "drop-new"
	DropOld Full = "drop-old"
)

// Node is a section: a pipeline, and where it gets its messages from.
type Node struct {
	Name string
	Run  string   // command line, expanded: for people, see Written
	From []string // nodes whose messages it is offered; nil: all
	// Match is the expression that selects them; empty with From: all of theirs. Neither:
	// the node is a source.
	Match string

	Every    time.Duration     // ticks of a Lua filter; 0: as its command line says
	Config   map[string]string // what a Lua script reads with read_config, as text
	Preserve bool              // keep a Lua script's state
	Queue    int64             // bytes in memory; 0: Global.Queue
	Spool    int64             // bytes on disk; 0: no spool
	Full     Full
	Sync     time.Duration // longest time that a spool gathers before it syncs; 0: group commit
	Retain   time.Duration // how long a spool keeps what was delivered
	Signer   string        // takes only messages that this signer signed
	Isolate  bool          // runs as a process of its own
	Memory   int64         // limits of that process: bytes; 0: none
	CPU      float64       // cores
	Files    int           // open files
	Tasks    int           // processes and threads
	Feed     string        // what commands that are not ours read: json, heka, text
	Restarts int           // of a node that fails again and again without doing anything; 0: no end

	File      string // where the section stands
	Line, Col int    // of its name, from 1

	// Loaded is set for filters that were added to the running daemon.
	Loaded bool

	// Lua says that a Lua script runs in it, Foreign that a command does which is not
	// ours, so that it has processes. Options.Check sets them right.
	Lua, Foreign bool

	// Vouches is set if its run is one heka-tail of heka:// and nothing else: what its
	// messages say of who signed them was verified, and nobody came in between. Nodes with
	// a Signer take from no others. Options.Check sets it right.
	Vouches bool

	raw map[string]string // what was written where something was expanded, by key
}

// Written returns the command line as it was written: without what came from the
// environment or from secrets.
func (n *Node) Written() string {
	if raw, ok := n.raw["run"]; ok {
		return raw
	}
	return n.Run
}

// Source reports whether the node makes messages of its own.
func (n *Node) Source() bool { return n.Match == "" && n.From == nil }
