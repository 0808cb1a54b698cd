// Package oneliner reads pipelines as they are typed at a shell: words, quotes,
// pipes and redirections, and nothing beyond. What needs a shell (variables,
// substitutions, lists, ...) is an error that says so; patterns with * and ? stay
// as they are, for the program that gets them.
package oneliner

import (
	"errors"
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Command is one command of a pipeline.
type Command struct {
	Words  []string // program and arguments, unquoted
	In     string   // file that < names; empty: the pipe
	Out    string   // file that > or >> names; empty: the pipe
	Append bool     // it was >>
	Col    int      // where it stands in the line, from 1
}

// Error is a mistake in a line, and where.
type Error struct {
	Line string
	Col  int // from 1
	Msg  string

	// Shell says that the line may well be right, for a shell.
	Shell bool
}

// Error shows the line with a caret under the place.
func (e *Error) Error() string {
	line := strings.ReplaceAll(strings.ReplaceAll(e.Line, "\n", " "), "\t", " ")
	return fmt.Sprintf("%s\n  %s\n  %s^", e.Msg, line, strings.Repeat(" ", max(e.Col-1, 0)))
}

// Parse returns the commands of a pipeline. An error is an *Error.
func Parse(line string) ([]Command, error) {
	f, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(line), "")
	if err != nil {
		var pe syntax.ParseError
		if errors.As(err, &pe) {
			return nil, &Error{Line: line, Col: int(pe.Pos.Offset()) + 1, Msg: pe.Text}
		}
		return nil, &Error{Line: line, Col: 1, Msg: err.Error()}
	}
	p := parser{line: line}
	switch len(f.Stmts) {
	case 0:
		return nil, &Error{Line: line, Col: 1, Msg: "no command"}
	case 1:
	default:
		return nil, p.fail(f.Stmts[1].Pos(), "one pipeline is wanted, this is a second command")
	}
	if err := p.stmt(f.Stmts[0]); err != nil {
		return nil, err
	}
	return p.commands, nil
}

type parser struct {
	line     string
	commands []Command
}

func (p *parser) fail(at syntax.Pos, msg string) error {
	return &Error{Line: p.line, Col: int(at.Offset()) + 1, Msg: msg, Shell: true}
}

// stmt adds the commands of a statement.
func (p *parser) stmt(s *syntax.Stmt) error {
	if s.Negated || s.Background || s.Coprocess {
		return p.fail(s.Pos(), "! and & need a shell")
	}
	switch c := s.Cmd.(type) {
	case *syntax.BinaryCmd:
		if c.Op != syntax.Pipe {
			return p.fail(c.OpPos, c.Op.String()+" needs a shell; only pipes join commands here")
		}
		if err := p.stmt(c.X); err != nil {
			return err
		}
		return p.stmt(c.Y)
	case *syntax.CallExpr:
		return p.call(s, c)
	}
	return p.fail(s.Pos(), "this needs a shell; only words, quotes, pipes and redirections are read here")
}

// call adds one command.
func (p *parser) call(s *syntax.Stmt, c *syntax.CallExpr) error {
	cmd := Command{Col: int(s.Pos().Offset()) + 1}
	if len(c.Assigns) > 0 {
		return p.fail(c.Assigns[0].Pos(), "assignments need a shell")
	}
	for _, w := range c.Args {
		text, err := p.word(w)
		if err != nil {
			return err
		}
		cmd.Words = append(cmd.Words, text)
	}
	if len(cmd.Words) == 0 {
		return p.fail(s.Pos(), "no command")
	}
	for _, r := range s.Redirs {
		name, err := p.word(r.Word)
		if err != nil {
			return err
		}
		switch {
		case r.N != nil:
			return p.fail(r.Pos(), "only < and > without a number are read here")
		case r.Op == syntax.RdrIn:
			cmd.In = name
		case r.Op == syntax.RdrOut, r.Op == syntax.AppOut:
			cmd.Out, cmd.Append = name, r.Op == syntax.AppOut
		default:
			return p.fail(r.Pos(), r.Op.String()+" needs a shell")
		}
	}
	p.commands = append(p.commands, cmd)
	return nil
}

// word returns the text of a word that needs no expansion.
func (p *parser) word(w *syntax.Word) (string, error) {
	var b strings.Builder
	for _, part := range w.Parts {
		if err := p.part(&b, part, false); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

func (p *parser) part(b *strings.Builder, part syntax.WordPart, quoted bool) error {
	switch x := part.(type) {
	case *syntax.Lit:
		unescape(b, x.Value, quoted)
	case *syntax.SglQuoted:
		b.WriteString(x.Value)
	case *syntax.DblQuoted:
		for _, in := range x.Parts {
			if err := p.part(b, in, true); err != nil {
				return err
			}
		}
	default:
		return p.fail(part.Pos(), "variables and substitutions need a shell; quote a $ that is meant as it is")
	}
	return nil
}

// unescape writes a literal without its backslashes: each of them outside quotes,
// inside those before $ ` " \ and newline.
func unescape(b *strings.Builder, s string, quoted bool) {
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (!quoted || strings.IndexByte("$`\"\\\n", s[i+1]) >= 0) {
			if i++; s[i] == '\n' {
				continue
			}
		}
		b.WriteByte(s[i])
	}
}
