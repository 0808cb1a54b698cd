// Command heka-route lets some messages through, and sends them here and there.
package main

import (
	"heka/heka-route/routes"
	"heka/lib/prog"
)

func main() { prog.Main(prog.Route(routes.All, routes.Doc)) }
