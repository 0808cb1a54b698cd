package match

import (
	"strings"
	"testing"
	"time"
)

// complaints has expressions that are wrong: the part of them that the caret points at, a
// part of the message, and of the hint.
var complaints = []struct{ expr, at, msg, hint string }{
	{"", "", "empty", "TRUE"},
	{" \n", "", "empty", "TRUE"},
	{"Type = 'x'", "= 'x'", "no operator", "use == for equality"},
	{"Type === 'x'", "===", "no operator", "use == for equality"},
	{"Type <> 'x'", "<>", "no operator", "!="},
	{"Type ~ /x/", "~", "no operator", "=~"},
	{"type == 'x'", "type", "no variable type", "did you mean Type?"},
	{"Tpye == 'x'", "Tpye", "no variable", "did you mean Type?"},
	{"hostname == 'x'", "hostname", "no variable", "did you mean Hostname?"},
	{"env_version == 'x'", "env_v", "no variable", "did you mean EnvVersion?"},
	{"status == 200", "status", "no variable", "did you mean Fields[status], or .status?"},
	{"Field[status] == 200", "Field", "no variable", "did you mean Fields[status]?"},
	{"fields['status'] == 200", "fields", "no variable", "did you mean Fields[status]?"},
	{"Fields.status == 200", "Fields", "no variable", "did you mean Fields[status]?"},
	{"Type == nginx.access", "nginx", "no value", "quote it: 'nginx.access'"},
	{"Type == 5", "5", "text", "quote it: '5'"},
	{"Pid == '5'", "'5'", "number", "without quotes"},
	{"Pid == 5s", "5s", "no unit", ""},
	{"Pid =~ /5/", "=~", "number", ""},
	{"Type == /x/", "/x/", "regular expression", "=~"},
	{"Type =~ 'x'", "'x'", "string", "/.../"},
	{"Type =~ x", "x", "missing", "/"},
	{"Type", "", "comparison is missing", "such as Type == 'x'"},
	{".status", "", "comparison is missing", "Fields[status] != NIL"},
	{"(.status) && TRUE", ") &&", "comparison is missing", "NIL"},
	{".x == Type", "Type", "no value", "left alone"},
	{"'x' == Type", "'x'", "starts with a variable", "such as"},
	{"TRUE FALSE", "FALSE", "ends before", "&& or ||"},
	{"Type == 'a' Type == 'b'", "Type == 'b'", "ends before", "&& or ||"},
	{".x == 6-1", "-1", "ends before", "&& or ||"},
	{"TRUE and TRUE", "and", "no operator", "&&"},
	{"TRUE & TRUE", "& ", "no operator", "use &&"},
	{"TRUE or TRUE", "or", "no operator", "||"},
	{"not TRUE", "not", "no variable", "use !"},
	{"true", "true", "no variable", "did you mean TRUE?"},
	{".x == nil", "nil", "no value", "did you mean NIL?"},
	{".x == null", "null", "no value", "did you mean NIL?"},
	{".x == true", "true", "no value", "did you mean TRUE?"},
	{".x != TRUE", "TRUE", "== alone", "write == FALSE"},
	{".x > FALSE", "FALSE", "== alone", ""},
	{".x > NIL", "NIL", "NIL", ""},
	{"Type == NIL", "NIL", "only fields", "''"},
	{"Type == TRUE", "TRUE", "text", ""},
	{".x in ()", ")", "missing", ""},
	{".x in ('a' 'b')", "'b'", "commas", ""},
	{".x in ('a', 'b'", "('a'", "not closed", ""},
	{".x in (TRUE)", "TRUE", "list", "=="},
	{".x in 'a'", "'a'", "needs a list", "such as"},
	{".x not in (1)", "not", "no operator", "write !(Fields[x] in (...))"},
	{".x IN (1)", "IN", "no operator", "did you mean in?"},
	{"(TRUE", "(TRUE", "not closed", ""},
	{"TRUE)", ")", "closes nothing", ""},
	{"TRUE &&", "", "missing", "such as"},
	{"Type == 'x", "'x", "not closed", ""},
	{`Type == 'x\'`, "'x", "not closed", "backslash"},
	{"Type =~ /x", "/x", "not closed", ""},
	{"Type =~ /a(b/", "a(b", "missing closing )", ""},
	{"Type =~ /\\/(x{500}){500}/", "{500}", "invalid repeat", ""},
	{"Type =~ /(.{500}){2}(.{1000})(.{1000})" + strings.Repeat("\\pL{900}", 9) + "/", "/", "large",
		"fewer"},
	{"Fields[x", "[x", "not closed", ""},
	{"Fields[] == 1", "]", "name is missing", "Fields[name]"},
	{". == 1", ". ", "name is missing", ".name"},
	{".x[a] == 1", "a]", "index", ""},
	{".x[99999999999] == 1", "9999", "index", ""},
	{".x == 1e999", "1e999", "too large", ""},
	{".x == 5sec", "sec", "no such unit", "units are"},
	{".x == -", "-", "number is missing", ""},
	{".x > now", "now", "only Timestamp", ""},
	{"Timestamp > 10m", "10m", "point in time", "did you mean now - 10m?"},
	{"Timestamp > now - 10", "10", "no duration", "now - 10m"},
	{"Timestamp > now - 10KiB", "10KiB", "no duration", "now - 10m"},
	{"Timestamp > now - 200000d", "200000d", "292", ""},
	{"Timestamp > 'yesterday'", "'yes", "no time", "2026"},
	{"Timestamp > '1500-01-01T00:00:00Z'", "'1500", "no time", ""},
	{".x =~ /a/ =~ /b/", "=~ /b/", "ends before", "join"},
	{"Type == 'x' \x1b[31m", "\x1b", "ends before", ""},
}

func TestErrors(t *testing.T) {
	for _, c := range complaints {
		_, err := Parse(c.expr)
		if err == nil {
			t.Errorf("%s: no error", c.expr)
			continue
		}
		checkError(t, c.expr, err)
		e := err.(*Error)
		rest := e.Expr[e.Pos:]
		if !strings.HasPrefix(rest, c.at) || c.at == "" && strings.TrimSpace(rest) != "" ||
			!strings.Contains(e.Msg, c.msg) || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("want %q, %q, %q:\n%v", c.at, c.msg, c.hint, err)
		}
	}
}

func TestErrorText(t *testing.T) {
	f := func(expr, want string) {
		t.Helper()
		_, err := Parse(expr)
		if err == nil || err.Error() != want {
			t.Errorf("got:\n%v\nwant:\n%s", err, want)
		}
	}
	f("Type = 'x'", "character 6: this is no operator\n"+
		"    Type = 'x'\n"+
		"         ^ use == for equality")
	f("Type\n== x\t", "character 9: this is no value\n"+
		`    Type\n== x\t`+"\n"+
		"             ^ quote it: 'x'")
	f("Type == 'é\xff' é", "character 14: an expression ends before this\n"+
		`    Type == 'é\xff' é`+"\n"+
		"                    ^ join expressions with && or ||")
	long := strings.Repeat("Type == 'abcdef' || ", 10) + "Type = 'x' || " +
		strings.Repeat("TRUE || ", 20)
	f(long, "character 206: this is no operator\n"+
		"    ...bcdef' || Type == 'abcdef' || Type = 'x' || TRUE || TRUE || TRUE || TRU...\n"+
		strings.Repeat(" ", 4+38)+"^ use == for equality")
}

func TestBounds(t *testing.T) {
	bad := func(expr, msg string) {
		t.Helper()
		_, err := Parse(expr)
		if err == nil || !strings.Contains(err.Error(), msg) {
			t.Errorf("want %s: %.300v", msg, err)
		}
	}
	nest := func(open string, n int, close string) string {
		return strings.Repeat(open, n) + "TRUE" + strings.Repeat(close, n)
	}
	roundTrip(t, nest("(", MaxDepth, ")"))
	roundTrip(t, nest("!(", MaxDepth, ")"))
	roundTrip(t, nest("!", MaxDepth, ""))
	roundTrip(t, nest("!(.a == 1 && ", MaxDepth, ")"))
	roundTrip(t, nest("(.a == 1 || TRUE && ", MaxDepth-1, ")")+" && !.a == 1")
	bad(nest("(", MaxDepth+1, ")"), "deeper")
	bad(nest("!", MaxDepth+1, ""), "deeper")
	bad(strings.Repeat("(", MaxLength), "deeper")
	bad(strings.Repeat(" ", MaxLength+1), "at most 65536 bytes")
	if _, err := ParseVar("." + strings.Repeat("x", MaxLength)); err == nil {
		t.Error("a long variable")
	}

	start := time.Now()
	for _, part := range []string{".a == 1 || ", ".a in (1e-300s) || ", "Type =~ /a.b/ || ",
		"!(Type == 'x') && "} {
		e := roundTrip(t, strings.Repeat(part, MaxLength/len(part)-1)+"TRUE")
		e.Compile().Match(view(t, access()))
	}
	var names strings.Builder
	for i := 0; names.Len() < MaxLength-20; i++ {
		names.WriteString("." + strings.Repeat("x", i%7) + string(rune('a'+i%26)) +
			strings.Repeat("y", i%31) + "==1||")
	}
	MustCompile(names.String() + "TRUE").Match(view(t, access()))
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("the longest expressions took %v", d)
	}
}
