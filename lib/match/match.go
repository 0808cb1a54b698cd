package match

import "heka/lib/msg"

// Matcher is one compiled expression. It is for one goroutine; Clone gives
// another one its own.
type Matcher struct {
	set  *Set
	expr *Expr
}

// Compile reads and compiles an expression. Any error is an *Error.
func Compile(expr string) (*Matcher, error) {
	e, err := Parse(expr)
	if err != nil {
		return nil, err
	}
	return e.Compile(), nil
}

// MustCompile is Compile for expressions that are known to be right; it panics
// if one is not.
func MustCompile(expr string) *Matcher {
	m, err := Compile(expr)
	if err != nil {
		panic("match: " + err.Error())
	}
	return m
}

// Compile returns a matcher of e.
func (e *Expr) Compile() *Matcher {
	m := &Matcher{set: NewSet(e), expr: e}
	m.set.compile()
	return m
}

// Clone returns a matcher of the same expression, and the same now, for another
// goroutine. They share the program.
func (m *Matcher) Clone() *Matcher { return &Matcher{set: m.set.Clone(), expr: m.expr} }

// Match reports whether the expression selects the message of v. It does not
// allocate.
func (m *Matcher) Match(v *msg.View) bool {
	m.set.Reset(v)
	return m.set.Match(v, 0)
}

// String returns the expression, as Expr.String does.
func (m *Matcher) String() string { return m.expr.String() }

// UsesNow reports whether the expression is relative to now, so that SetNow must
// be called.
func (m *Matcher) UsesNow() bool { return m.set.UsesNow() }

// SetNow sets the time that now stands for; see Set.SetNow.
func (m *Matcher) SetNow(ns int64) { m.set.SetNow(ns) }
