package dynamic

import (
	"slices"
	"strings"

	"heka/lib/near"
)

// nearest returns the name that a misspelt one was meant to be; empty if none is.
func nearest(name string, names []string) string {
	slices.Sort(names)
	return near.Word(name, names)
}

// listed returns some names for a text.
func listed(names []string) string {
	const most = 10
	slices.Sort(names)
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", ..."
	}
	return strings.Join(names, ", ")
}
