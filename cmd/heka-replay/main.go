// Command heka-replay plays captures at the speed at which they were made.
package main

import (
	"heka/cmd/heka-replay/replay"
	"heka/lib/prog"
)

func main() { prog.Main(prog.Tool("heka-replay", replay.Kind, prog.Source)) }
