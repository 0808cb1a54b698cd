// Package sinks lists the kinds of heka-out.
package sinks

import (
	"heka/heka-out/file"
	"heka/heka-out/heka"
	"heka/lib/stage"
)

// Doc is the manual page of heka-out: that of its first kind.
var Doc = file.Kind.Doc

// All are the kinds of heka-out, in the order in which help shows them.
var All = []stage.Kind{file.Kind, heka.Kind}
