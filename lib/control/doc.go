// Package control carries commands to a running daemon over the network: signed,
// taken once, and answered.
//
// A command is a message of Type heka.control.sandbox, in Heka's framing over TCP. Heka
// signed the bytes of a message and no more, so that whoever had seen one could send it
// again, to any daemon that knew the key. Here a command says for which daemon it is and
// until when it holds, has a nonce, and all of that is signed with what is asked:
//
//	action      load, replace, unload, list
//	name        of a filter, to unload it
//	config      TOML of one filter, to load it; its Lua source is the Payload
//	control.signer, control.key_version     whose key it is
//	control.target    name of the daemon it is for
//	control.nonce     32 hex digits, never the same twice
//	control.expires   nanoseconds since 1970 UTC, as Timestamp, when it was made
//	control.mac       HMAC-SHA-256 over all of these and the Type, 64 hex digits
//
// A [Gate] admits commands: it looks at the signature first, then at who signed, target
// and time, and last it puts the nonce on disk ([Nonces]), before anything is done. So
// nobody without a key can make it forget or remember anything, and a command that was
// seen before is refused by a daemon that has been started anew, too. A [Server] reads
// commands from connections, has a [Handler] carry out what the Gate admits, and writes
// the answer, signed with the same key, to the connection. [Client] is the other end.
//
// Commands of old clients of Heka have no such fields; their signature, by SHA-1 or
// MD5, is in the framing. They are taken only where the Gate is told to, within Heka's
// five seconds, and once.
package control
