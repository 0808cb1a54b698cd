// Command heka-flood makes messages in bulk: load for tests.
package main

import (
	"heka/cmd/heka-flood/flood"
	"heka/lib/prog"
)

func main() { prog.Main(prog.Tool("heka-flood", flood.Kind, prog.Source)) }
