package match

import (
	"fmt"
	"strings"

	"heka/lib/msg"
	"heka/lib/near"
)

func (p *parser) fail(pos int, what, hint string) error {
	return &Error{Expr: p.src, Pos: pos, Msg: what, Hint: hint}
}

func (p *parser) tooLong() error {
	return p.fail(MaxLength, fmt.Sprintf("an expression has at most %d bytes", MaxLength), "")
}

func (p *parser) tooDeep() error {
	return p.fail(p.pos, fmt.Sprintf("parentheses nest deeper than %d", MaxDepth), "")
}

// show returns s for a hint: on one line, and short.
func show(s string) string {
	all := cells(s[:min(len(s), 4*maxShown)])
	if len(all) > maxShown {
		return strings.Join(all[:maxShown], "") + "..."
	}
	return strings.Join(all, "")
}

const maxShown = 40

// trailing complains of what stands where an expression is complete.
func (p *parser) trailing() error {
	at := p.pos
	switch c := p.peek(); c {
	case ')':
		return p.fail(at, "this parenthesis closes nothing", "")
	case '&', '|':
		return p.fail(at, "this is no operator", "use "+string(c)+string(c))
	case '=', '<', '>', '!', '~':
		return p.fail(at, "a comparison ends before this", "join comparisons with && or ||")
	}
	switch w := p.word(); strings.ToLower(w) {
	case "and":
		return p.fail(at, "this is no operator", "use && for "+w)
	case "or":
		return p.fail(at, "this is no operator", "use || for "+w)
	}
	return p.fail(at, "an expression ends before this", "join expressions with && or ||")
}

// noVariable complains of what stands where a variable should.
func (p *parser) noVariable() error {
	at := p.pos
	c := p.peek()
	w := p.word()
	switch {
	case isDigit(c), c == '"', c == '\'', c == '-', c == '/':
		return p.fail(at, "a comparison starts with a variable", "such as Type == 'x'")
	case w == "":
		return p.fail(at, "an expression is missing", "such as Type == 'x'")
	}
	return p.fail(at, fmt.Sprintf("there is no variable %s", show(w)), p.meant(w))
}

// meant guesses the variable that w, which stands before pos, was to be.
func (p *parser) meant(w string) string {
	low := strings.ToLower(w)
	switch low {
	case "fields", "field":
		name := "name"
		if c := p.peek(); c == '[' || c == '.' || c == '(' || c == '{' {
			p.pos++
			p.take("'")
			p.take(`"`)
			if s := p.dotted(); s != "" {
				name = s
			}
		}
		return "did you mean Fields[" + show(name) + "]?"
	case "true", "false":
		return "did you mean " + strings.ToUpper(w) + "?"
	case "not":
		return "use ! for not"
	}
	if name := near.Word(strings.ReplaceAll(low, "_", ""), msg.HeaderNames()); name != "" {
		return "did you mean " + name + "?"
	}
	switch low {
	case "host":
		return "did you mean Hostname?"
	case "time":
		return "did you mean Timestamp?"
	}
	return fmt.Sprintf("did you mean Fields[%s], or .%s?", show(w), show(w))
}

// noOperator complains of what stands where v, which ends at behind, should be
// compared.
func (p *parser) noOperator(v Var, behind int) error {
	at := p.pos
	const what = "an operator is missing"
	const hint = "one of == != < <= > >= =~ !~ in"
	switch c := p.peek(); {
	case p.take("<>"):
		return p.fail(at, "this is no operator", "use != for inequality")
	case p.take("=<"), p.take("=>"):
		return p.fail(at, "this is no operator", "use <= or >=")
	case c == '=':
		return p.fail(at, "this is no operator", "use == for equality")
	case c == '~':
		return p.fail(at, "this is no operator", "use =~ for a regular expression")
	case p.end() || c == ')' || c == '&' || c == '|':
		return p.fail(behind, "a comparison is missing", p.alone(v))
	}
	switch w := strings.ToLower(p.word()); w {
	case "":
		return p.fail(at, what, hint)
	case "in":
		return p.fail(at, "this is no operator", "did you mean in?")
	case "not":
		return p.fail(at, "this is no operator", "write !("+show(v.String())+" in (...))")
	case "is", "eq", "equals":
		return p.fail(at, "this is no operator", "use == for equality")
	case "contains", "matches", "like", "regex":
		return p.fail(at, "this is no operator", "use =~ /.../")
	}
	return p.fail(at, what, hint)
}

// alone says what to do with a variable that isn't compared with anything.
func (p *parser) alone(v Var) string {
	if v.name != "" {
		return "to ask whether it exists, write " + show(v.String()) + " != NIL"
	}
	return "such as " + v.Name() + either(v.isText(), " == 'x'", " > 0")
}

// noValue complains of what stands where a value to compare v with should.
func (p *parser) noValue(v Var) error {
	at := p.pos
	const what = "a value is missing"
	switch p.peek() {
	case '/':
		return p.fail(at, "this is a regular expression", "match it with =~ or !~")
	case '.':
		return p.fail(at, what, "variables stand on the left alone")
	case '(':
		return p.fail(at, what, "for one of several, write in (...)")
	}
	w := p.word()
	switch low := strings.ToLower(w); low {
	case "":
		if v.isTimestamp() {
			return p.fail(at, what, "such as now - 10m, or '2026-10-01T00:00:00Z'")
		}
		return p.fail(at, what, either(v.name == "" && !v.isText(), "a number", "such as 'x'"))
	case "true", "false", "nil":
		if w != strings.ToUpper(w) {
			return p.fail(at, "this is no value", "did you mean "+strings.ToUpper(w)+"?")
		}
		return p.fail(at, w+" can't stand in a list", "compare it with ==")
	case "null", "none":
		return p.fail(at, "this is no value", "did you mean NIL?")
	case "now":
		return p.fail(at, "only Timestamp compares with now", "")
	case "fields":
		return p.fail(at, "this is no value", "variables stand on the left alone")
	}
	if _, ok := msg.HeaderNamed(w); ok {
		return p.fail(at, "this is no value",
			"variables stand on the left alone; if it is a text, quote it: '"+w+"'")
	}
	p.pos = at
	return p.fail(at, "this is no value", "quote it: '"+show(p.dotted())+"'")
}

// noRegexp complains of what stands behind =~.
func (p *parser) noRegexp() error {
	if c := p.peek(); c == '\'' || c == '"' {
		return p.fail(p.pos, "this is a string", "a regular expression is written /.../")
	}
	return p.fail(p.pos, "a regular expression is missing", "such as /^GET /")
}

// checkBool complains of a comparison with TRUE or FALSE, at at, that the
// grammar has not.
func (p *parser) checkBool(v Var, r rel, truth bool, at int) error {
	switch {
	case v.name == "":
		return p.fail(at, v.Name()+" is "+either(v.isText(), "text", "a number"), "")
	case r == notEqual:
		return p.fail(at, "TRUE and FALSE compare with == alone", "write == "+truthText(!truth))
	case r != equal:
		return p.fail(at, "TRUE and FALSE compare with == alone", "")
	}
	return nil
}

// checkNil is checkBool for NIL.
func (p *parser) checkNil(v Var, r rel, at int) error {
	switch {
	case v.name == "":
		return p.fail(at, "only fields can be NIL", either(v.isText(), "if unset it is ''", ""))
	case r != equal && r != notEqual:
		return p.fail(at, "NIL compares with == and != alone", "")
	}
	return nil
}

// checkNumber complains of a number, from at to pos, that v can't be compared with.
func (p *parser) checkNumber(v Var, lit *literal, at int) error {
	text := show(p.src[at:p.pos])
	switch {
	case v.isText():
		return p.fail(at, v.Name()+" is text", "quote it: '"+text+"'")
	case v.name != "" || lit.kind == numberLiteral:
		return nil
	case v.isTimestamp():
		return p.fail(at, "Timestamp is a point in time", "did you mean now - "+text+"?")
	}
	return p.fail(at, v.Name()+" has no unit", "")
}
