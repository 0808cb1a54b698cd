package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heka/lib/msg"
)

// TestLibraries has modules as they were written for Lua 5.1.
func TestLibraries(t *testing.T) {
	dir := t.TempDir()
	write := func(name, source string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("shapes.lua", "local error = error\nmodule(...)\nsides = 4\nfunction area(a) if not a then error('no side') end return a * a end")
	write("shapes/solid.lua", "module('shapes.solid', function(m) m.seen = true end)\nfunction name() return _NAME .. _PACKAGE end")
	write("plain.lua", "answer = 42")
	write("value.lua", "return 43")
	write("clash.lua", "clash = 1\nmodule(...)")

	f := func(expression, want string) {
		t.Helper()
		b := open(t, Filter, `require "string" require "shapes" require "shapes.solid" require "plain" v = require "value"
			local ok, text = pcall(require, "clash")
			function process_message() error(tostring(`+expression+`), 0) end
			function failure() return text end`, Config{Dirs: []string{dir}})
		_, err := b.Process(view(msg.Message{}))
		if err == nil || err.Error() != "process_message() "+want {
			t.Errorf("%s\n got %v\nwant %s", expression, err, want)
		}
	}
	f("shapes.area(3)", "9")
	f("shapes.sides", "4")
	f("sides", "nil")
	f("shapes == require 'shapes'", "true")
	f("shapes.solid.name()", "shapes.solidshapes.")
	f("shapes.solid.seen", "true")
	f("require 'shapes.solid' == shapes.solid", "true")
	f("answer", "42")
	f("v + value", "86")
	f("string.find(failure(), \"name conflict for module 'clash'\", 1, true) ~= nil", "true")
}

// TestLibrariesAreNotKept has a state without the tables of libraries.
func TestLibrariesAreNotKept(t *testing.T) {
	b := open(t, Filter, `(function() local a = _G a.module("lib.inner") end)()
		kept = 1
		function process_message() return 0 end`, Config{})
	b.libs["other"] = b.libs["lib.inner"]
	state, err := b.Save(nil)
	if err != nil || strings.Contains(string(state), "_NAME") {
		t.Errorf("%s, %v", state, err)
	}
}
