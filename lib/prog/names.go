package prog

import (
	"strings"

	"heka/lib/stage"
)

// names lists the names of the kinds.
func (w Wing) names() string {
	return strings.Join(kindNames(w.Kinds), ", ")
}

func kindNames(kinds []stage.Kind) []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.Name)
	}
	return names
}
