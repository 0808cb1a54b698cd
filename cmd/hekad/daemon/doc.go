// Package daemon runs a configuration: it makes nodes of its sections, starts them, starts
// them again when they fail, and changes them while the others go on.
//
// A [Daemon] has a lib/bus and a node for each section. A node is a goroutine that runs
// one pipeline after the other, until it is told to stop:
//
//	Load ── config.Config ──> nodes ── prog.Job ──> stages ── stage.Run
//	                                       └─ isolated: supervise.Remote ──> Child
//
// What a node is made of is worked out anew for each run, from its command line; what has
// to outlive a pipeline is the node's port on the bus and its spool. A reload keeps the
// nodes whose sections are the same, so that these do not notice, and gives a changed one's
// port to its successor.
//
// The state folder:
//
//	lock, pid        of the daemon that has it
//	control.sock     the control API
//	marks            how far nodes were given what others publish
//	positions/NODE   of the node's source
//	spool/NODE       what waits for the node
//	dead/NODE.heka   messages that the node gave up: a capture
//	lua/NODE.data    what the node's script keeps
//	loaded/          filters that were loaded
package daemon
