package sandbox

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/internal/stdlib"
	"heka/lib/sandbox/modules"
)

// require is require(name): a module of the directories, then one that is built in.
// As with Lua 5.1's module libraries, the global of that name is set to it.
func (s *Sandbox) require(L *lua.LState) int {
	name := host.String(L, 1, "require")
	if v, ok := s.libs[name]; ok {
		if v == nil {
			L.RaiseError("loop or previous error loading module '%s'", name)
		}
		L.Push(v)
		return 1
	}
	s.libs[name] = nil
	v := s.load(L, name)
	s.libs[name] = v
	if v != lua.LTrue {
		L.G.Global.RawSetString(name, v)
	}
	L.Push(v)
	return 1
}

// load finds and runs a module. What fails leaves no trace, so that it can be tried
// again.
func (s *Sandbox) load(L *lua.LState, name string) lua.LValue {
	done := false
	defer func() {
		if !done {
			delete(s.libs, name)
		}
	}()
	var v lua.LValue
	source, file, err := s.find(name)
	if err != nil {
		L.RaiseError("error loading module '%s': %s", name, err)
	}
	m, isGo := s.module(name)
	switch {
	case file != "":
		v = s.runModule(L, name, file, source)
	case isGo:
		v = m.Open(L)
	default:
		L.RaiseError("module '%s' not found:%s", name, s.tried(name))
	}
	done = true
	return v
}

// runModule runs the source of a module and returns what it returns, or the global
// that it has set.
func (s *Sandbox) runModule(L *lua.LState, name, file, source string) lua.LValue {
	proto, err := compile(file, source)
	if err != nil {
		L.RaiseError("error loading module '%s' from file '%s':\n\t%s", name, file, err)
	}
	s.meter.Constants(proto)
	L.Push(L.NewFunctionFromProto(proto))
	L.Push(L.NewFunction(stdlib.Concat))
	L.Call(1, 1)
	L.Push(lua.LString(name))
	L.Call(1, 1)
	v := L.Get(-1)
	L.Pop(1)
	if v != lua.LNil {
		return v
	}
	if v = s.libs[name]; v != nil { // the table of module(name)
		return v
	}
	if v = L.G.Global.RawGetString(name); v != lua.LNil {
		return v
	}
	return lua.LTrue
}

// find returns the source of a module in Lua; an empty file if there is none.
func (s *Sandbox) find(name string) (source, file string, err error) {
	if !moduleName(name) {
		return "", "", nil
	}
	path := strings.ReplaceAll(name, ".", "/") + ".lua"
	for _, dir := range s.config.Dirs {
		source, err = readUnder(dir, path)
		if err == nil {
			return source, filepath.Join(dir, path), nil
		}
		if !os.IsNotExist(err) {
			return "", "", err
		}
	}
	source, file, _ = modules.Find(name)
	return source, file, nil
}

// readUnder reads a file below dir. Nothing leads out of it: neither dots nor links.
func readUnder(dir, path string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	f, err := root.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s: not a regular file", path)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSource+1))
	return string(b), err
}

// moduleName reports whether name can be that of a file.
func moduleName(name string) bool {
	if name == "" || len(name) > 128 || strings.Contains(name, "..") || name[0] == '.' {
		return false
	}
	for _, c := range []byte(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c == '.':
		default:
			return false
		}
	}
	return true
}

// tried says where a module was looked for.
func (s *Sandbox) tried(name string) string {
	path := strings.ReplaceAll(name, ".", "/")
	var b strings.Builder
	dirs := s.config.Dirs
	if len(dirs) == 0 {
		dirs = []string{""}
	}
	for _, ending := range []string{".lua", ".so"} {
		for _, dir := range dirs {
			b.WriteString("\n\tno file '" + filepath.Join(dir, path) + ending + "'")
		}
	}
	return b.String()
}
