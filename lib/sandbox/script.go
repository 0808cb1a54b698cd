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
const maxSource = 1 << 20

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
	if line := tooMany(source); line > 0 {
		return nil, &Error{Text: fmt.Sprintf("%s:%d: constant table overflow", name, line)}
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
	chunk, functions := withConcat(chunk, end)
	proto, err = lua.Compile(chunk, name)
	if err != nil {
		return nil, syntaxError(name, err)
	}
	mendScopes(proto, functions)
	return proto, nil
}

// maxLevels is how deep brackets may nest.
const maxLevels = 2000

// tooDeep returns the line at which brackets nest too deep for the parser, which takes
// memory for each; 0 if they do not.
func tooDeep(source string) int {
	depth, line := 0, 1
	for i := 0; i < len(source); {
		n := 1
		switch c := source[i]; c {
		case '(', '{', '[':
			if n = longBracket(source[i:]); n == 0 {
				n = 1
				if depth++; depth > maxLevels {
					return line
				}
			}
		case ')', '}', ']':
			depth = max(depth-1, 0)
		case '"', '\'':
			n = quotedString(source[i:])
		case '-':
			if strings.HasPrefix(source[i:], "--") {
				n = comment(source[i:])
			}
		}
		line += strings.Count(source[i:i+n], "\n")
		i += n
	}
	return 0
}

// longBracket returns the length of the long string that s starts with; 0 if it starts
// with none.
func longBracket(s string) int {
	level := 1
	for level < len(s) && s[level] == '=' {
		level++
	}
	if s[0] != '[' || level >= len(s) || s[level] != '[' {
		return 0
	}
	end := "]" + s[1:level] + "]"
	if at := strings.Index(s[level+1:], end); at >= 0 {
		return level + 1 + at + len(end)
	}
	return len(s)
}

// quotedString returns the length of the string in quotes that s starts with.
func quotedString(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i + 1
		}
	}
	return len(s)
}

// comment returns the length of the comment that s starts with.
func comment(s string) int {
	if len(s) > 2 && s[2] == '[' {
		if n := longBracket(s[2:]); n > 0 {
			return 2 + n
		}
	}
	if at := strings.IndexByte(s, '\n'); at >= 0 {
		return at
	}
	return len(s)
}

// syntaxError puts what the parser says into Lua's form.
func syntaxError(name string, err error) error {
	var p *parse.Error
	var c *lua.CompileError
	switch {
	case errors.As(err, &p) && p.Pos.Line == parse.EOF:
		return &Error{Text: fmt.Sprintf("%s: syntax error near '<eof>'", name)}
	case errors.As(err, &p):
		what := strings.Replace(p.Message, "parse error", "syntax error", 1)
		return &Error{Text: fmt.Sprintf("%s:%d: %s near '%s'", name, p.Pos.Line, what, p.Token)}
	case errors.As(err, &c):
		return &Error{Text: fmt.Sprintf("%s:%d: %s", name, c.Line, c.Message)}
	}
	return &Error{Text: name + ": " + strings.TrimSpace(err.Error())}
}
