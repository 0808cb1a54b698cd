// Package routes lists the kinds of heka-route.
package routes

import (
	"heka/heka-route/route"
	"heka/lib/stage"
)

// Doc is the manual page of heka-route: that of its only kind.
var Doc = route.Kind.Doc

// All are the kinds of heka-route, of which there is one.
var All = []stage.Kind{route.Kind}
