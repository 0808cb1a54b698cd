// Package sources lists the kinds of heka-tail.
package sources

import (
	_ "embed"

	"heka/heka-tail/file"
	"heka/heka-tail/heka"
	"heka/lib/stage"
)

// Doc is the manual page of heka-tail.
//
//go:embed README.md
var Doc string

// All are the kinds of heka-tail.
var All = []stage.Kind{
	file.Kind,
	heka.Kind,
}
