// Package target writes batches of records or text to where they are to go:
// files, captures, commands and sockets.
//
// [Parse] makes a [Target] of what a person typed. A [File] is the part below
// those that are files, for who needs more of it: permissions, rotation, fsync. A
// [Packed] gathers what goes to a File into compressed units.
//
// Nothing here is opened before there is something to write, so that a pipeline
// that does not start leaves no trace; and what is written is whole records: a
// write that fails half way, on a full disk, is cut back to the last of them.
package target
