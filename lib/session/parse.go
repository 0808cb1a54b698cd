package session

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// Parse reads a session. Its errors say name and line, all of them at once. It keeps
// text, which must not change.
func Parse(name string, text []byte) (*Session, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("%s: more than %d bytes are no session", name, MaxSize)
	}
	p := &parser{Session: &Session{Name: name, text: text}, names: map[string]bool{}}
	p.commands()
	p.files()
	if len(p.Commands) == 0 && p.errs == nil {
		p.num = 1
		p.fail("there is no command: a command starts with \"$ \"")
	}
	if err := errors.Join(p.errs...); err != nil {
		return nil, err
	}
	return p.Session, nil
}

// parser is at a line of a session.
type parser struct {
	*Session
	at    int // where the next line begins
	num   int // of the line read last
	names map[string]bool
	errs  []error
}

func (p *parser) fail(format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("%s:%d: %s", p.Name, p.num, fmt.Sprintf(format, args...)))
}

// peek returns the next line without its newline; false at the end.
func (p *parser) peek() (string, bool) {
	if p.at >= len(p.text) {
		return "", false
	}
	line, _, _ := bytes.Cut(p.text[p.at:], []byte("\n"))
	return string(line), true
}

// skip goes on behind the line that peek returned.
func (p *parser) skip(line string) {
	p.at = min(p.at+len(line)+1, len(p.text))
	p.num++
}

// commands reads up to the first file.
func (p *parser) commands() {
	for {
		line, ok := p.peek()
		if !ok || fileName(line) != "" {
			return
		}
		p.skip(line)
		cmd, ok := strings.CutPrefix(line, "$ ")
		switch {
		case ok:
			p.command(cmd)
		case !isComment(line) && len(p.errs) == 0:
			p.fail("%q stands in front of the first command: comments start with #", cut(line, 40))
		}
	}
}

// command reads the rest of a command and what is wanted of it.
func (p *parser) command(first string) {
	c := Command{Line: p.num, Text: first}
	for strings.HasSuffix(c.Text, `\`) {
		line, _ := p.peek()
		more, ok := strings.CutPrefix(line, "> ")
		if !ok {
			p.fail("the command ends in a backslash: it goes on in a line that starts with \"> \"")
			break
		}
		p.skip(line)
		c.Text += "\n" + more
	}
	switch {
	case strings.TrimSpace(c.Text) == "":
		p.fail("there is no command behind the $")
	case strings.Contains(c.Text, "\r"):
		p.fail("the line ends in CR LF: want LF alone")
	case strings.Contains(c.Text, "\x00"):
		p.fail("there is a NUL in the command")
	}
	p.output(&c)
	p.Commands = append(p.Commands, c)
}

// output reads what c is to write.
func (p *parser) output(c *Command) {
	c.from, c.to = p.at, p.at
	var lines []string
	n := 0 // how many of them are output
	for {
		line, ok := p.peek()
		if !ok || strings.HasPrefix(line, "$ ") || fileName(line) != "" {
			break
		}
		p.skip(line)
		if lines = append(lines, line); !isComment(line) {
			n, c.to = len(lines), p.at
		}
	}
	if lines = lines[:n]; n > 0 {
		var ok bool
		if c.Status, ok = parseStatus(lines[n-1]); ok {
			lines = lines[:n-1]
		} else {
			c.Status = 0
		}
	}
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(strings.TrimPrefix(l, `\`))
		b.WriteByte('\n')
	}
	c.Want = b.String()
}

// files reads the files.
func (p *parser) files() {
	for {
		line, ok := p.peek()
		if !ok {
			return
		}
		p.skip(line)
		name := fileName(line)
		p.checkName(name)
		from := p.at
		for {
			if line, ok = p.peek(); !ok || fileName(line) != "" {
				break
			}
			p.skip(line)
		}
		p.Files = append(p.Files, File{Name: name, Data: p.text[from:p.at]})
	}
}

// checkName finds mistakes in the name of a file.
func (p *parser) checkName(name string) {
	switch {
	case !filepath.IsLocal(filepath.FromSlash(name)) || path.Clean(name) != name || name == "." ||
		strings.ContainsAny(name, "\x00\r"):
		p.fail("%q is no name of a file below the session's folder", cut(name, 80))
	case p.names[name]:
		p.fail("there are two files %q", cut(name, 80))
	}
	p.names[name] = true
}

// cut shortens s to n bytes.
func cut(s string, n int) string {
	if len(s) > n {
		return s[:n] + "..."
	}
	return s
}
