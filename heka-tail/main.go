// Command heka-tail turns files and other sources into messages.
package main

import (
	"heka/heka-tail/sources"
	"heka/lib/prog"
)

func main() { prog.Main(prog.Tail(sources.All, sources.Doc)) }
