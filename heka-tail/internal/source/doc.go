// Package source is a file as a source of lines: what it is known by, how far
// it was read, and how its bytes become batches.
//
// Call [Stat] to learn what a name refers to, and [NewFile] for a file that is
// followed: its Read gives what was appended, and notices when the content is no
// longer the one that was read. [Stream] is for what is read once, from start to
// end: a file, a pipe, or what was compressed. Both put lines into batches with a
// [Framer], which is where a source of another sort, such as a socket, comes in
// as well.
//
// A place in a source is an offset into its (unpacked) bytes under an [Identity];
// both stand in each record's uuid, and each batch's Ack says from where to where
// it goes. Whoever keeps positions starts from there.
package source
