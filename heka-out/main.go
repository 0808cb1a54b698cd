// Command heka-out delivers messages: to files, in blocks or rendered as text.
package main

import (
	"heka/heka-out/sinks"
	"heka/lib/prog"
)

func main() { prog.Main(prog.Out(sinks.All, sinks.Doc)) }
