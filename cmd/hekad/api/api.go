package api

import (
	"context"
	"time"
)

// Version is that of the API, the first element of all its paths.
const Version = "v1"

// Daemon is what the control socket controls. Its methods may be called by any number
// of goroutines.
type Daemon interface {
	// Status says how things stand now.
	Status() Status

	// Reload reads the configuration again and makes it run. It returns when that has
	// taken or failed; while one runs, others wait for the next, which serves them all.
	Reload(ctx context.Context) (Outcome, error)

	// Load adds a filter, Unload takes one away. An error that is the caller's is a
	// *stage.UsageError.
	Load(ctx context.Context, f Filter) error
	Unload(ctx context.Context, name string) error

	// Tap begins to show what a node emits. The node never waits for it.
	Tap(ctx context.Context, t TapRequest) (Tap, error)

	// Drain ends the sources and waits until what was read is delivered, or ctx ends;
	// the daemon stays. Stop does so too, and ends the daemon.
	Drain(ctx context.Context) error
	Stop()

	// Configuration returns what runs, as TOML, without secrets, and as a graph.
	Configuration() Configuration
}

// Status is how a daemon stands.
type Status struct {
	Pid       int       `json:"pid"`
	Version   string    `json:"version"`
	Hostname  string    `json:"hostname"`
	State     string    `json:"state"`  // its folder
	Config    string    `json:"config"` // file or folder
	Started   time.Time `json:"started"`
	Now       time.Time `json:"now"`
	Memory    int64     `json:"memory"` // bytes resident
	CPU       float64   `json:"cpu"`    // seconds used
	Goroutine int       `json:"goroutines"`
	Reloads   int64     `json:"reloads"`  // that took
	Refused   int64     `json:"refused"`  // reloads that failed
	Draining  bool      `json:"draining"` // sources have been ended
	Ready     bool      `json:"ready"`    // all nodes run, and none is stuck
	Stuck     []string  `json:"stuck"`    // nodes that leave their input alone for 30 s
	Nodes     []Node    `json:"nodes"`    // in the order of the configuration
}

// NodeState is what a node does.
type NodeState string

// The states.
const (
	Starting NodeState = "starting"
	Running  NodeState = "running"
	Waiting  NodeState = "waiting" // failed, and will be started again
	Failed   NodeState = "failed"  // a restart can't help
	Ended    NodeState = "ended"   // its source has come to its end
	Stopping NodeState = "stopping"
)

// Node is how a node stands. Counts are since the daemon started; a restart or reload
// of the node keeps them.
type Node struct {
	Name      string    `json:"name"`
	State     NodeState `json:"state"`
	Why       string    `json:"why,omitempty"` // it does not run: the last error
	Run       string    `json:"run"`
	Match     string    `json:"match,omitempty"`
	From      []string  `json:"from,omitempty"`
	Loaded    bool      `json:"loaded,omitempty"` // added to the running daemon
	Isolated  bool      `json:"isolated,omitempty"`
	Pids      []int     `json:"pids,omitempty"` // of its processes
	Since     time.Time `json:"since"`          // when it got into its state
	In        int64     `json:"in"`             // messages it was given
	InBytes   int64     `json:"in_bytes"`
	Out       int64     `json:"out"` // messages it emitted or delivered
	OutBytes  int64     `json:"out_bytes"`
	Errors    int64     `json:"errors"`  // messages that could not be processed
	Dropped   int64     `json:"dropped"` // messages given up by policy: full queue or spool
	Looped    int64     `json:"looped"`  // messages given up since their chain was too long
	Dead      int64     `json:"dead"`    // messages in its dead letters
	Skipped   int64     `json:"skipped"` // messages that it had before a restart and was not given again
	Restarts  int64     `json:"restarts"`
	Queue     int64     `json:"queue"`      // bytes waiting or not acknowledged yet
	QueueMax  int64     `json:"queue_max"`  // bytes
	Spool     int64     `json:"spool"`      // bytes on disk not acknowledged
	SpoolMax  int64     `json:"spool_max"`  // bytes; 0: no spool
	SpoolAge  float64   `json:"spool_age"`  // seconds since the oldest of them came
	Damaged   int64     `json:"damaged"`    // places where the spool was damaged
	Lag       int64     `json:"lag"`        // bytes that a source has not read yet
	Gaps      int64     `json:"gaps"`       // places where a source lost bytes
	GapBytes  int64     `json:"gap_bytes"`  //
	Blocked   bool      `json:"blocked"`    // waits for a consumer now
	BlockedBy string    `json:"blocked_by"` // which
	BlockedS  float64   `json:"blocked_s"`  // seconds it has waited, in all
	Blocks    float64   `json:"blocks_s"`   // seconds others have waited for it, in all
	Progress  time.Time `json:"progress"`   // when it did something last
	CPU       float64   `json:"cpu"`        // seconds its processes used; fused nodes: 0
	Memory    int64     `json:"memory"`     // bytes resident of its processes; fused nodes: 0
}

// Outcome is what a reload did.
type Outcome struct {
	Took    bool     `json:"took"`
	Added   []string `json:"added,omitempty"`
	Changed []string `json:"changed,omitempty"`
	Removed []string `json:"removed,omitempty"`
	Errors  []string `json:"errors,omitempty"` // why it did not take
	Millis  float64  `json:"ms"`
}

// Filter is a Lua filter to be loaded.
type Filter struct {
	Name     string            `json:"name"`
	Script   string            `json:"script"` // the Lua source
	Match    string            `json:"match"`
	Every    string            `json:"every,omitempty"`  // between calls of timer_event, as typed
	Config   map[string]string `json:"config,omitempty"` // what read_config reads
	Preserve bool              `json:"preserve,omitempty"`
	Memory   string            `json:"memory,omitempty"` // limits, as typed; empty: the daemon's
	Replace  bool              `json:"replace,omitempty"`

	// TimerAtEnd calls timer_event once more when the filter is stopped.
	TimerAtEnd bool `json:"timer_at_end,omitempty"`

	// Signer is who sent it; empty: somebody with the control socket. It is set by the
	// daemon, never taken from outside.
	Signer string `json:"-"`
}

// TapRequest says what is to be shown.
type TapRequest struct {
	Node  string // whose messages
	Match string // expression; empty: all
	In    bool   // what the node is given, not what it emits
}

// Tap is a bounded view of a stream. It is for one goroutine.
type Tap interface {
	// Read appends whole records to buf and returns it, and how many messages were
	// left out since the last call, because the reader was behind. It waits until there
	// are some or ctx ends; io.EOF when the node is gone.
	Read(ctx context.Context, buf []byte) (records []byte, skipped int64, err error)
	Close()
}

// Configuration is what runs.
type Configuration struct {
	TOML    string `json:"toml"`
	Mermaid string `json:"mermaid"`
	Dot     string `json:"dot"`

	// Shell has each node as lines for a shell, by name: config.Config.ToShell.
	Shell map[string]string `json:"shell,omitempty"`
}
