// Command heka-cat looks into captures: prints, follows, counts and checks them.
package main

import (
	"heka/cmd/heka-cat/cat"
	"heka/lib/prog"
)

func main() { prog.Main(prog.Tool("heka-cat", cat.Kind, prog.Source)) }
