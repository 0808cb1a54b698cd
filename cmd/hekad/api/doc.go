// Package api is what hekad's control socket speaks: the values, a client, and the
// handler in front of a running daemon.
//
// A daemon calls [Serve], which listens on STATE/control.sock, and if asked to on a
// loopback address too. A command calls [Dial]. What a command prints and what a monitor
// reads come from the same [Status].
//
// Everything is HTTP with JSON under /v1:
//
//	GET    /v1/status                     Status: the daemon, and each node
//	GET    /v1/config                     Configuration: what runs, as TOML and as graphs
//	POST   /v1/reload                     Outcome; 422 if the new configuration was refused
//	POST   /v1/filters                    adds a filter: body is a Filter; 201
//	DELETE /v1/filters/NAME               takes a filter away that was added; 204
//	GET    /v1/tap?node=N&match=E&in=B    records of heka-frame(5), until the client leaves
//	POST   /v1/drain?timeout=T            ends the sources, and waits for delivery; 204
//	POST   /v1/stop                       the same, and ends the daemon; 202 at once
//
// An error is {"error": "what is wrong", "hint": "what to do"}, with one of these:
//
//	400  a mistake in the request; unknown parameters and members are mistakes
//	401  no token, or a wrong one (TCP alone)
//	403  a name of this host that it does not go by (TCP alone)
//	404  no such path, node or filter; the hint has the name that may have been meant
//	405  the path takes other methods: see the header Allow
//	409  a filter of that name is there, or the node stands in the configuration
//	413  the body is larger than 1 MiB
//	415  the body is not application/json
//	422  the new configuration, or what was sent, is refused for what it says
//	429  more than 50 requests a second, or 16 taps
//	503  the daemon is going down, could not do it in time, or has 128 connections
//
// In a tap's stream a 'G' record (a gap) stands wherever messages were left out, because
// the client was behind: its offset is how many that makes in all, its source is the
// node's name. The trailer Heka-Error is set if the stream ended for another reason than
// that the node is gone.
//
// Over TCP each request has the header "Authorization: Bearer TOKEN". Browsers are kept
// out: no page of another origin can read an answer or send a header, and Host must
// name the loopback interface, so that a name that leads here does not help either.
package api
