package route

import "testing"

// FuzzParseRule wants that a rule that is taken is taken again from its parts.
func FuzzParseRule(f *testing.F) {
	for _, s := range []string{"TRUE => x", "=>", "Type == '=>' => |a => b", "TRUE", "Type=='a'=>", "a => b => c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		expr, spec, err := parseRule(text)
		if err != nil {
			return
		}
		typeOf(expr)
		again, spec2, err := parseRule(expr.String() + " => " + spec)
		if err == nil && (again.String() != expr.String() || spec2 != spec) {
			t.Errorf("%q: %s => %q, then %s => %q", text, expr, spec, again, spec2)
		}
	})
}
