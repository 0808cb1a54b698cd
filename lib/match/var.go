package match

import (
	"strconv"
	"strings"

	"heka/lib/msg"
)

// Var is a variable: a header of a message, or a field. Vars are comparable;
// the zero Var is Uuid.
type Var struct {
	header msg.Header
	name   string // of a field; empty for a header
	index  int32  // among the fields of this name
	elem   int32  // within its value, if that is an array
}

// ParseVar reads a variable as it stands in expressions: Type, Fields[name],
// Fields[name][1][0], .name, .name[1]. White space around it is ignored.
func ParseVar(s string) (Var, error) {
	p := parser{src: s}
	if len(s) > MaxLength {
		return Var{}, p.tooLong()
	}
	p.space()
	if p.end() {
		return Var{}, p.fail(p.pos, "a variable is missing", "such as Type, Fields[name] or .name")
	}
	v, err := p.variable()
	if err != nil {
		return Var{}, err
	}
	if p.space(); !p.end() {
		return Var{}, p.fail(p.pos, "a variable ends before this", "")
	}
	return v, nil
}

// HeaderVar returns the variable of a header.
func HeaderVar(h msg.Header) Var { return Var{header: h} }

// IsField reports whether v is a field.
func (v Var) IsField() bool { return v.name != "" }

// Header returns the header that v is; false if v is a field.
func (v Var) Header() (msg.Header, bool) { return v.header, v.name == "" }

// Name returns the name alone: of the header, or of the field without indices.
func (v Var) Name() string {
	if v.name == "" {
		return v.header.String()
	}
	return v.name
}

// String returns v as Heka writes it, such as Type or Fields[name][1][0]. An
// index that is 0 is left out where nothing follows it.
func (v Var) String() string {
	if v.name == "" {
		return v.header.String()
	}
	var b strings.Builder
	b.WriteString("Fields[" + v.name + "]")
	if v.index != 0 || v.elem != 0 {
		b.WriteString("[" + strconv.Itoa(int(v.index)) + "]")
	}
	if v.elem != 0 {
		b.WriteString("[" + strconv.Itoa(int(v.elem)) + "]")
	}
	return b.String()
}

// isText reports whether v is a header whose values are text.
func (v Var) isText() bool {
	return v.name == "" && v.header != msg.Timestamp && v.header != msg.Severity &&
		v.header != msg.Pid
}

func (v Var) isTimestamp() bool { return v == Var{header: msg.Timestamp} }
