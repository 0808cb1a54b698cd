package sandbox

import (
	lua "github.com/yuin/gopher-lua"

	"heka/lib/lpeg"
	"heka/lib/sandbox/host"
	"heka/lib/sandbox/internal/bloom"
	"heka/lib/sandbox/internal/circular"
	"heka/lib/sandbox/internal/cjson"
	"heka/lib/sandbox/internal/cuckoo"
	"heka/lib/sandbox/internal/hyperloglog"
	"heka/lib/sandbox/internal/stdlib"
	"heka/lib/sandbox/internal/structs"
)

// openBase puts Lua's base functions into the globals.
func (s *Sandbox) openBase() {
	o := stdlib.Options{Explain: s.explainError}
	if !s.config.Use.walled() {
		o.Coroutine, o.GC = true, true
	}
	stdlib.Base(s.state, o)
}

// openAPI puts Heka's functions into the globals: those that the use has.
func (s *Sandbox) openAPI() {
	set := func(name string, fn lua.LGFunction, uses ...Use) {
		if len(uses) == 0 {
			s.state.SetGlobal(name, s.state.NewFunction(fn))
		}
		for _, u := range uses {
			if u == s.config.Use {
				s.state.SetGlobal(name, s.state.NewFunction(fn))
			}
		}
	}
	set("require", s.require)
	set("module", s.library)
	set("read_config", s.readConfig)
	set("decode_message", s.decodeMessage)
	set("read_message", s.readMessage, Decoder, Filter, Encoder, Output)
	if fn, ok := s.state.GetGlobal("read_message").(*lua.LFunction); ok {
		s.meter.Quick(fn, s.quickRead)
	}
	set("read_next_field", s.readNextField, Decoder, Filter, Encoder, Output)
	set("write_message", s.writeMessage, Decoder, Encoder)
	set("inject_message", s.injectMessage, Input, Decoder, Filter, Encoder)
	set("inject_payload", s.injectPayload, Decoder, Filter, Encoder)
	set("add_to_payload", s.addToPayload, Decoder, Filter, Encoder)
}

// goModules are the modules that are written in Go.
var goModules = []host.Module{
	stdlib.String, stdlib.Table, stdlib.Math,
	lpeg.Module, lpeg.Re, cjson.Module, structs.Module,
	circular.Module, bloom.Module, hyperloglog.Module, cuckoo.Module,
}

// module returns the module in Go of a name.
func (s *Sandbox) module(name string) (host.Module, bool) {
	if name == "os" {
		if s.config.Use.walled() {
			return stdlib.Os, true
		}
		return stdlib.OsEnv, true
	}
	for _, m := range goModules {
		if m.Name == name {
			return m, true
		}
	}
	return host.Module{}, false
}
