// Command heka-decode turns raw messages into structured messages.
package main

import (
	"heka/heka-decode/decoders"
	"heka/lib/prog"
)

func main() { prog.Main(prog.Decode(decoders.All, decoders.Doc)) }
