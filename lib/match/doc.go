// Package match is Heka's message matcher: expressions such as
//
//	Type == 'nginx.access' && Fields[status] >= 500
//
// compiled once, and evaluated on an encoded message without allocating. The
// language is described in heka-match(5), which is the README of this folder.
//
// [Compile] makes a [Matcher] of one expression. Who asks many expressions of
// each message makes a [Set] of them, and has Set.Select tell which of them hold: a
// hundred that ask for different Types cost what one does. [Parse] gives an [Expr],
// which a program checks or prints. [ParseVar] reads a variable alone, for whatever
// takes a name where a matcher would have one.
//
// All errors are of type *[Error], and show the place. Expressions may come
// from anyone: their length, depth and the size of their regular expressions are
// bounded.
package match
