// Package client is hekad's commands that ask or tell a running daemon: ps, top, tap,
// reload, load, unload, graph, to-shell, drain, stop and doctor.
//
// [Commands] makes them, for hekad's main to hang below its root, and [Report] says how
// one ended. What they talk to is [api]: each is one request and its answer, or one a
// second (top), or a stream (tap). graph and to-shell work on a file as well, doctor on
// what a daemon that is not running has left on disk.
//
//	command     asks                          exit status besides 0 and 69 (no daemon)
//	ps          GET /v1/status, twice         1 a node failed or is stuck
//	top         GET /v1/status, each second
//	tap         GET /v1/tap                   2 no such node, or the expression is wrong
//	reload      POST /v1/reload               78 refused; what ran before runs on
//	load        POST /v1/filters              1 there is one of that name, 2, 65 the script is wrong
//	unload      DELETE /v1/filters/NAME       1 it stands in the configuration
//	graph       GET /v1/config                78 the file of --config is wrong
//	to-shell    GET /v1/config                the same
//	drain       POST /v1/drain                75 not all was delivered in time
//	stop        POST /v1/stop                 75 it runs still
//	doctor      GET /v1/status                1 something is bad
//
// All text that comes from a daemon is shown by encode.AppendVisible: no name or error
// acts on the terminal.
package client
