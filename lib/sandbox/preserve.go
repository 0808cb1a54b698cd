package sandbox

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/internal/stdlib"
)

// versionName is the global that a script sets to say which form its state has.
const versionName = "_PRESERVATION_VERSION"

// Save appends the script's state to dst in Heka's form: a Lua program that sets the
// globals which are no functions and no libraries, and what they hold. An error names
// what can't be kept.
func (s *Sandbox) Save(dst []byte) ([]byte, error) {
	w := saver{s: s, dst: dst, most: maxState, paths: map[*lua.LTable]string{}}
	if memory := s.config.Limits.Memory; memory > 0 {
		w.most = min(minMost+textPerByte*memory, maxState)
	}
	version := 0.0
	if n, ok := s.state.G.Global.RawGetString(versionName).(lua.LNumber); ok {
		version = float64(n)
	}
	w.dst = fmt.Appendf(w.dst, "if %s and %s ~= %s then return end\n", versionName, versionName, numeral(version))
	host.Each(s.state.G.Global, func(k, v lua.LValue) bool {
		w.global(k, v)
		return w.err == nil
	})
	return w.dst, w.err
}

// saver writes assignments.
type saver struct {
	s     *Sandbox
	dst   []byte
	most  int                    // length that dst may have
	paths map[*lua.LTable]string // where each table that was written stands
	depth int
	err   error
}

// A text that many variables share is written for each, and so is the path of a table
// for each of its keys: a state may be longer than what it is of, but not much.
const (
	textPerByte = 6
	minMost     = 1 << 20
)

// maxSaved is how deep tables may nest in what is kept.
const maxSaved = 200

func (w *saver) global(k, v lua.LValue) {
	name, ok := k.(lua.LString)
	if !ok || w.isLibrary(string(name), v) {
		return
	}
	w.assign("_G["+quoted(string(name))+"]", v)
}

// isLibrary reports whether a global is none of the script's own.
func (w *saver) isLibrary(name string, v lua.LValue) bool {
	if name == "_G" || name == "_VERSION" {
		return true
	}
	if t, ok := v.(*lua.LTable); ok {
		for _, lib := range w.s.libs {
			if lib == t {
				return true
			}
		}
		return slices.Contains(w.s.shelves, t)
	}
	return false
}

// assign writes what makes path v.
func (w *saver) assign(path string, v lua.LValue) {
	switch v := v.(type) {
	case lua.LNumber:
		w.put(path, numeral(float64(v)))
	case lua.LBool:
		w.put(path, v.String())
	case lua.LString:
		w.put(path, quoted(string(v)))
	case *lua.LTable:
		w.table(path, v)
	case *lua.LUserData:
		if k, ok := v.Value.(host.Keeper); ok {
			w.dst = k.AppendState(w.dst, path)
		}
	}
	if len(w.dst) > w.most && w.err == nil {
		w.err = fmt.Errorf("serialize_data: more than %d bytes", w.most)
	}
}

func (w *saver) put(path, value string) {
	w.dst = append(w.dst, path...)
	w.dst = append(w.dst, " = "...)
	w.dst = append(w.dst, value...)
	w.dst = append(w.dst, '\n')
}

// table writes a table that was not written yet, or where it was. Those with a
// metatable are objects of libraries, and passed over.
func (w *saver) table(path string, t *lua.LTable) {
	if t.Metatable != lua.LNil && t.Metatable != nil {
		return
	}
	if at, ok := w.paths[t]; ok {
		w.put(path, at)
		return
	}
	if w.depth++; w.depth > maxSaved {
		w.err = fmt.Errorf("serialize_data: tables nest deeper than %d", maxSaved)
		return
	}
	defer func() { w.depth-- }()
	w.paths[t] = path
	w.put(path, "{}")
	host.Each(t, func(k, v lua.LValue) bool {
		key := ""
		switch k := k.(type) {
		case lua.LString:
			key = quoted(string(k))
		case lua.LNumber:
			key = numeral(float64(k))
		case lua.LBool:
			key = k.String()
		default:
			w.err = fmt.Errorf("serialize_data cannot preserve type '%s'", k.Type())
			return false
		}
		w.assign(path+"["+key+"]", v)
		return w.err == nil
	})
}

// numeral returns what reads back as f.
func numeral(f float64) string {
	switch {
	case f != f:
		return "0/0"
	case math.IsInf(f, 1):
		return "1/0"
	case math.IsInf(f, -1):
		return "-1/0"
	case f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'g', 17, 64)
}

// quoted returns s as Lua's %q does.
func quoted(s string) string {
	b := make([]byte, 0, len(s)+2)
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\', '\n':
			b = append(b, '\\', c)
		case '\r':
			b = append(b, `\r`...)
		case 0:
			b = append(b, `\000`...)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

// Restored reports whether the state that the sandbox was given was taken over: false
// if there was none, or it was of another _PRESERVATION_VERSION.
func (s *Sandbox) Restored() bool { return s.restored }

// restore runs state, what Save has written. Without limits: it is ours.
func (s *Sandbox) restore(state []byte) error {
	text := string(state)
	if strings.TrimSpace(text) == "" {
		return nil
	}
	first, rest, _ := strings.Cut(text, "\n")
	if !strings.HasPrefix(first, "if "+versionName) {
		first, rest = "", text
	}
	kept, err := s.runState(first + "\nreturn true")
	if err != nil || !kept {
		return err
	}
	s.restored = true
	for rest != "" {
		var chunk string
		chunk, rest = cutStatements(rest)
		if _, err := s.runState(chunk + "\nreturn true"); err != nil {
			return err
		}
	}
	return nil
}

// chunkLines is how many lines of a state are compiled at once: the compiler looks
// through all constants of a chunk for each, and a chunk has a bounded
// number of constants.
const chunkLines = 200

// cutStatements cuts some whole statements off a state. A statement starts on a line
// of its own, and a line that ends in the middle of a string ends with a backslash.
func cutStatements(text string) (chunk, rest string) {
	at := 0
	for range chunkLines {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return text, ""
		}
		at += i + 1
	}
	for {
		next := text[at:]
		whole := !strings.HasSuffix(text[:at], "\\\n")
		if whole && (strings.HasPrefix(next, "_G[") || strings.HasPrefix(next, "if _G[")) {
			return text[:at], next
		}
		i := strings.IndexByte(next, '\n')
		if i < 0 {
			return text, ""
		}
		at += i + 1
	}
}

// runState runs a piece of a state, and reports whether it ran to its end.
func (s *Sandbox) runState(source string) (bool, error) {
	proto, err := compile("state", source)
	if err != nil {
		return false, err
	}
	L := s.state
	s.meter.Begin()
	s.meter.Constants(proto)
	L.Push(L.NewFunctionFromProto(proto))
	L.Push(L.NewFunction(stdlib.Concat))
	if err := s.call(1, 1); err != nil {
		return false, s.failure("", err)
	}
	f := L.Get(-1)
	L.Pop(1)
	L.Push(f)
	if err := s.call(0, 1); err != nil {
		return false, s.failure("", err)
	}
	done := L.Get(-1) == lua.LTrue
	L.Pop(1)
	return done, nil
}
