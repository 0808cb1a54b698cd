// Package scripts holds the Lua scripts that are shipped: found by name where a
// script is asked for and no file of that name is there.
//
// The folders are the uses: filter, encoder, decoder. Each script NAME.lua has a
// golden session NAME.session beside it, which heka-test runs.
package scripts

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed filter/*.lua encoder/*.lua decoder/*.lua
var files embed.FS

// Find returns the source of the script of a use and name, as in "filter",
// "http_status".
func Find(use, name string) (source string, ok bool) {
	b, err := fs.ReadFile(files, use+"/"+name+".lua")
	return string(b), err == nil
}

// Names returns the names of the scripts of a use, sorted.
func Names(use string) []string {
	var names []string
	entries, _ := fs.ReadDir(files, use)
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".lua"); ok {
			names = append(names, name)
		}
	}
	return names
}
