// Command heka-filter makes new messages of messages: counts, tops, rates, statistics.
package main

import (
	"heka/heka-filter/verbs"
	"heka/lib/prog"
)

func main() { prog.Main(prog.Filter(verbs.All, verbs.Doc)) }
