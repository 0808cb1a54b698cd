package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"

	"heka/lib/near"
	"heka/lib/sandbox/scripts"
)

// Script is a compiled script. Any number of sandboxes may be made of one.
type Script struct {
	Name  string // of the file, as errors have it: "http_status.lua"
	Path  string // of the file; empty: the script is shipped
	proto *lua.FunctionProto
}

// maxSource is the longest source that is compiled, in bytes.
const maxSource = 4 << 20

// Load reads and compiles the script of a file. A name without a file, such as
// http_status or http_status.lua, is one of those that are shipped for use.
func Load(name string, use Use) (*Script, error) {
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) && !strings.ContainsRune(name, filepath.Separator) {
		short := strings.TrimSuffix(name, ".lua")
		if source, ok := scripts.Find(use.String(), short); ok {
			return Compile(short+".lua", source)
		}
		known := scripts.Names(use.String())
		hint := "shipped are " + strings.Join(known, ", ")
		if n := near.Word(short, known); n != "" {
			hint = "did you mean " + n + "?"
		}
		return nil, fmt.Errorf("no file %s, and no %s of that name is shipped; %s", name, use, hint)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	source, err := io.ReadAll(io.LimitReader(f, maxSource+1))
	if err != nil {
		return nil, err
	}
	s, err := Compile(name, string(source))
	if err == nil {
		s.Path = name
	}
	return s, err
}

// Compile compiles source; name stands for it in the texts of errors.
func Compile(name, source string) (*Script, error) {
	proto, err := compile(name, source)
	if err != nil {
		return nil, err
	}
	return &Script{Name: name, proto: proto}, nil
}

// compile returns the chunk that, called with the function that concatenates, returns
// the function that source is.
func compile(name, source string) (proto *lua.FunctionProto, err error) {
	switch {
	case len(source) > maxSource:
		return nil, &Error{Text: fmt.Sprintf("%s: longer than %d bytes", name, maxSource)}
	case strings.HasPrefix(source, "\x1b"):
		return nil, &Error{Text: name + ": compiled Lua is refused: give the source"}
	}
	if strings.HasPrefix(source, "#") { // the first line of an executable script
		source = "--" + source
	}
	if line := tooDeep(source); line > 0 {
		return nil, &Error{Text: fmt.Sprintf("%s:%d: chunk has too many syntax levels", name, line)}
	}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Error:
			err = &Error{Text: name + ":" + r.Text}
		default:
			err = &Error{Text: fmt.Sprintf("%s: can't be compiled: %v", name, r)}
		}
	}()
	chunk, err := parse.Parse(bytes.NewReader([]byte(source)), name)
	if err != nil {
		return nil, syntaxError(name, err)
	}
	end := 1 + strings.Count(source, "\n")
	proto, err = lua.Compile(withConcat(chunk, end), name)
	if err != nil {
		return nil, syntaxError(name, err)
	}
	return proto, nil
}

// maxLevels is how deep brackets and blocks may nest, as in Lua 5.1.
const maxLevels = 200

// tooDeep returns the line at which brackets nest too deep for the parser; 0 if they
// do not. It looks at no more than it must: brackets in strings count too.
func tooDeep(source string) int {
	depth, line := 0, 1
	for i := 0; i < len(source); i++ {
		switch source[i] {
		case '\n':
			line++
		case '(', '{', '[':
			if depth++; depth > 10*maxLevels {
				return line
			}
		case ')', '}', ']':
			depth = max(depth-1, 0)
		}
	}
	return 0
}

// syntaxError puts what the parser says into Lua's form.
func syntaxError(name string, err error) error {
	var p *parse.Error
	var c *lua.CompileError
	switch {
	case errors.As(err, &p) && p.Pos.Line == parse.EOF:
		return &Error{Text: fmt.Sprintf("%s: syntax error near '<eof>'", name)}
	case errors.As(err, &p):
		return &Error{Text: fmt.Sprintf("%s:%d: %s near '%s'", name, p.Pos.Line, p.Message, p.Token)}
	case errors.As(err, &c):
		return &Error{Text: fmt.Sprintf("%s:%d: %s", name, c.Line, c.Message)}
	}
	return &Error{Text: name + ": " + strings.TrimSpace(err.Error())}
}
