package api_test

import (
	"strings"
	"testing"

	"heka/cmd/hekad/api"
)

func TestFilterCheck(t *testing.T) {
	f := func(change func(*api.Filter), want string) {
		t.Helper()
		x := api.Filter{Name: "a", Script: "x = 1", Match: "TRUE"}
		change(&x)
		got := ""
		if err := x.Check(); err != nil {
			got, _, _ = strings.Cut(err.Error(), "\n")
		}
		if got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
	f(func(x *api.Filter) {}, "")
	f(func(x *api.Filter) { x.Name, x.Every, x.Memory = "a-1_b", "1.5s", "64MiB" }, "")
	const rule = " is no name of a node: want a-z, 0-9, _ and -, and a letter or digit first"
	f(func(x *api.Filter) { x.Name = "-a" }, "-a"+rule+"; did you mean a?")
	f(func(x *api.Filter) { x.Name = "a/b" }, "a/b"+rule+"; did you mean a-b?")
	f(func(x *api.Filter) { x.Name = "A.lua" }, "A.lua"+rule+"; did you mean a-lua?")
	f(func(x *api.Filter) { x.Name = "é" }, "é"+rule)
	f(func(x *api.Filter) { x.Name = "hekad" }, "hekad is the section of the daemon itself; choose another name")
	f(func(x *api.Filter) { x.Name = strings.Repeat("a", 65) }, "a name has at most 64 characters, not 65")
	f(func(x *api.Filter) { x.Script = " \n" }, "the script is empty")
	f(func(x *api.Filter) { x.Script = "\xff" }, `the script is not UTF-8; write other bytes as "\255"`)
	f(func(x *api.Filter) { x.Match = "" },
		"no expression says which messages the filter is given; TRUE selects all")
	f(func(x *api.Filter) { x.Match = "Type =" }, "match: character 6: this is no operator")
	f(func(x *api.Filter) { x.Every = "10" }, `every "10": want a duration like 500ms, 10s or 1h`)
	f(func(x *api.Filter) { x.Every = "-1s" }, `every "-1s": want a duration like 500ms, 10s or 1h`)
	f(func(x *api.Filter) { x.Memory = "much" }, `memory "much": want a size like 8MiB`)
	f(func(x *api.Filter) { x.Config = map[string]string{"": "x"} }, `config: "" is no name for an entry`)
}
