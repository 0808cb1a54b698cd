// Command heka-sbmgr loads filters into a running daemon, and unloads them, over the network.
package main

import (
	"os"

	"heka/cmd/heka-sbmgr/sbmgr"
)

func main() { os.Exit(sbmgr.Main("heka-sbmgr", os.Args[1:])) }
