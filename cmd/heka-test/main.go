// Command heka-test runs golden sessions: files that read as a terminal does.
package main

import (
	"os"

	"heka/cmd/heka-test/test"
)

func main() { os.Exit(test.Main("heka-test", os.Args[1:], "")) }
