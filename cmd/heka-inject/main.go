// Command heka-inject makes messages by hand.
package main

import (
	"heka/cmd/heka-inject/inject"
	"heka/lib/prog"
)

func main() { prog.Main(prog.Tool("heka-inject", inject.Kind, prog.Source)) }
