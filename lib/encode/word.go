package encode

import "unsafe"

// load and store access the eight bytes at p+i, which the caller knows to be
// there. They stand only in plain, which checks once a string what the compiler
// would check twice a word: a tenth to a fifth of the time that a message takes.
func load(p unsafe.Pointer, i int) uint64 { return *(*uint64)(unsafe.Add(p, i)) }

func store(p unsafe.Pointer, i int, x uint64) { *(*uint64)(unsafe.Add(p, i)) = x }
