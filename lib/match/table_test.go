package match

import (
	"math"
	"testing"

	"heka/lib/msg"
)

// sample has a field of each kind, and headers that are unset.
func sample() msg.Message {
	m := access()
	m.Logger, m.EnvVersion, m.Payload, m.Pid, m.Severity = "", "", "a\nb", 0, msg.DefaultSeverity
	m.Fields = append(m.Fields,
		msg.Field{Name: "bin", Value: []byte("bytes")},
		msg.Field{Name: "no", Value: false},
		msg.Field{Name: "word", Value: "TRUE"},
		msg.Field{Name: "tags", Value: []any{"a", "b", "c"}},
		msg.Field{Name: "tags", Value: []any{"d"}},
		msg.Field{Name: "none", Value: []any{}},
		msg.Field{Name: "a.b-c", Value: "dotted"},
		msg.Field{Name: "sp ace", Value: -3},
		msg.Field{Name: "big", Value: int64(9007199254740993)},
		msg.Field{Name: "max", Value: int64(math.MaxInt64)},
		msg.Field{Name: "nan", Value: math.NaN()},
		msg.Field{Name: "took", Value: 1500, Rep: "ms"},
		msg.Field{Name: "wait", Value: 1.5},
		msg.Field{Name: "size", Value: 8, Rep: "KiB"},
		msg.Field{Name: "length", Value: 4096},
		msg.Field{Name: "hits", Value: 10, Rep: "count"},
	)
	return m
}

// checker returns a function that checks what an expression says of m, alone, negated
// and in the company of another that names the same fields.
func checker(t *testing.T, m msg.Message, now int64) func(expr string, want bool) {
	v := view(t, m)
	return func(expr string, want bool) {
		t.Helper()
		s := set(t, expr, "!("+expr+")", "("+expr+") && .ok == TRUE && .nothing == NIL && .status > 0")
		s.SetNow(now)
		for range 2 {
			s.Reset(v)
			for i, w := range []bool{want, !want, want, want} {
				if got := s.Match(v, i%3); got != w {
					t.Errorf("%s, form %d: %v, want %v", expr, i, got, w)
				}
			}
		}
		if e, _ := Parse(expr); naive(e.root, v, now) != want {
			t.Errorf("%s: the plain evaluation differs", expr)
		}
		one := MustCompile(expr)
		one.SetNow(now)
		if one.Match(v) != want || one.Clone().Match(v) != want {
			t.Errorf("%s: alone %v, want %v", expr, !want, want)
		}
	}
}

// Heka's table, line by line.
func TestHeka(t *testing.T) {
	f := checker(t, sample(), 0)
	// string relop: byte order
	f(`Type == "nginx.access"`, true)
	f("Type != 'nginx.access'", false)
	f("Type > 'nginx'", true)
	f("Type >= 'nginx.access'", true)
	f("Type < 'nginx.b'", true)
	f("Type <= 'nginx.acces'", false)
	f("Type > 'Z'", true)
	f("Fields[request_method] == 'GET'", true)
	f("Fields[request_method] != 'POST'", true)
	f("Fields[request_method] < 'GEU'", true)
	f("Fields[bin] == 'bytes'", true)
	f("Fields[bin] =~ /^byt/", true)
	// missing header string
	f("Logger == ''", true)
	f("EnvVersion != ''", false)
	// missing pid, severity
	f("Pid == 0", true)
	f("Severity == 7", true)
	// field, index or array index missing
	f("Fields[x] == 'a'", false)
	f("Fields[x] != 'a'", false)
	f("Fields[x] != 1", false)
	f("Fields[x] !~ /a/", false)
	f("Fields[x] == FALSE", false)
	f("Fields[tags][2] == 'a'", false)
	f("Fields[tags][2] == NIL", true)
	f("Fields[tags][0][3] == NIL", true)
	f("Fields[tags][0][3] != 'x'", false)
	f("Fields[status][0][1] == NIL", true)
	f("Fields[none] == NIL", true)
	f("Fields[x] == NIL", true)
	f("Fields[tags][1][0] == 'd'", true)
	f("Fields[tags][0][2] == 'c'", true)
	f("Fields[tags] == 'a'", true)
	// STRING or BYTES field and NUMBER
	for _, op := range []string{"==", "!=", "<", "<=", ">", ">="} {
		f("Fields[request_method] "+op+" 1", false)
		f("Fields[bin] "+op+" 1", false)
		f("Fields[status] "+op+" '502'", false)
		f("Fields[request_time] "+op+" '0.043'", false)
	}
	// numeric field and STRING or regex
	f("Fields[status] =~ /5/", false)
	f("Fields[status] !~ /4/", false)
	f("Fields[request_time] !~ /4/", false)
	// BOOL field
	f("Fields[ok] == TRUE", true)
	f("Fields[ok] == FALSE", false)
	f("Fields[no] == TRUE", false)
	f("Fields[no] == FALSE", true)
	f("Fields[ok] == 1", false)
	f("Fields[ok] == 'TRUE'", false)
	f("Fields[no] == 1", true)
	f("Fields[no] != 0", true)
	f("Fields[no] == 'x'", true)
	f("Fields[no] != 'x'", true)
	// STRING field == TRUE
	f("Fields[word] == TRUE", true)
	f("Fields[word] == FALSE", false)
	f("Fields[request_method] == TRUE", false)
	// != NIL
	f("Fields[status] != NIL", true)
	f("Fields[x] != NIL", false)
	f("Fields[ok] != NIL", true)
	// numbers, of which ours are exact
	f("Timestamp == 1416840893000000001", true)
	f("Timestamp == 1416840893000000000", false)
	f("Fields[status] >= 500", true)
	f("Fields[status] == 502.0", true)
	f("Fields[status] < .5e3", false)
	f("Fields[request_time] < 1", true)
	// Uuid
	f("Uuid == '123e4567-e89b-12d3-a456-420000000000'", true)
	f("Uuid == '123E4567-E89B-12D3-A456-420000000000'", false)
	f("Uuid =~ /^123e/", true)
	// constants and precedence
	f("TRUE", true)
	f("FALSE", false)
	f("TRUE || FALSE && FALSE", true)
	f("(TRUE || FALSE) && FALSE", false)
	f("FALSE && TRUE || TRUE", true)
}

// What goes beyond Heka.
func TestExtensions(t *testing.T) {
	const now = 1416840893000000001
	f := checker(t, sample(), now)
	f(".status == 502", true)
	f(".a.b-c == 'dotted'", true)
	f(".tags[1][0] == 'd' && .tags[0][1] == 'b'", true)
	f("Fields[sp ace] == -3", true)
	f("Fields[sp ace] < -2.5", true)
	f("Type in ('x', 'nginx.access')", true)
	f("Type in ('x')", false)
	f("Type in ('1','2','3','4','5','6','7','8','nginx.access')", true)
	f(".status in (404, 502)", true)
	f(".status in (404, '502')", false)
	f(".status in (404, 502.5, 5.02e2)", true)
	f(".request_time in (1, 0.043)", true)
	f(".request_method in (1, 'GET')", true)
	f(".ok in (1, 'TRUE')", false)
	f(".x in ('')", false)
	f(".nan in (0)", false)
	f("Severity in (6, 7)", true)
	f("Pid in (1)", false)
	f("Timestamp in ('2014-11-24T14:54:53.000000001Z')", true)
	f("Timestamp in (1, now)", true)
	f("!Type == 'x' && !(.status == 404)", true)
	f("!!TRUE", true)
	f("\n Type\n==\r\n\t'nginx.access'\n&&\nTRUE\n", true)
	// numbers
	f(".big == 9007199254740993", true)
	f(".big == 9007199254740992", false)
	f(".big > 9007199254740992", true)
	f(".big == 9.007199254740992e15", false)
	f(".max == 9223372036854775807", true)
	f(".max < 9223372036854775808", true)
	f(".max >= 9223372036854775808", false)
	f(".max < 1e30 && .max > -1e30", true)
	f(".big in (1, 9007199254740993)", true)
	f(".length == 4.096E3", true)
	f(".nan == 1 || .nan < 1 || .nan >= 1", false)
	f(".nan != 1", true)
	// units
	f(".took == 1.5s", true)
	f(".took > 1s && .took < 1m", true)
	f(".took == 1500ms", true)
	f(".wait == 1500ms", true)
	f(".request_time == 43ms", true)
	f(".size == 8192B", true)
	f(".size == 8KiB", true)
	f(".length == 4KiB", true)
	f(".length < 4.2kB", true)
	f(".hits == 10s && .hits == 10B", true)
	f(".took > 1B", false)
	f(".took != 1B", false)
	f(".size < 1d", false)
	f(".status in (1s, 502s)", true)
	f(".took in (1500B)", false)
	f(".request_method != 1s", false)
	f(".no == 1s", false)
	// time
	f("Timestamp > now - 10m", true)
	f("Timestamp >= now && Timestamp <= now", true)
	f("Timestamp < now + 1.5h", true)
	f("Timestamp > now + 1ns", false)
	f("Timestamp >= '2014-11-24T14:54:53Z'", true)
	f("Timestamp < '2014-11-24T15:54:53+01:00'", false)
	f("Timestamp < '2014-11-24T14:54:53.1Z'", true)
}

func TestUnsignedBeyondInt64(t *testing.T) {
	m := msg.Message{Fields: []msg.Field{{Name: "u", Value: int64(math.MaxInt64)}}}
	body := m.Append(nil)[msg.HeaderSize:]
	at := len(body) - 9
	if body[at] != 0xd3 {
		t.Fatal("the field isn't where it was expected")
	}
	body[at] = 0xcf
	for i := range 8 {
		body[at+1+i] = 0xff
	}
	v, err := msg.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	f := func(expr string, want bool) {
		t.Helper()
		if got := MustCompile(expr).Match(&v); got != want {
			t.Errorf("%s: %v, want %v", expr, got, want)
		}
	}
	f(".u == 18446744073709551615", true)
	f(".u == 9223372036854775807", false)
	f(".u > 18446744073709551614", true)
	f(".u > 1e19 && .u < 1e20", true)
	f(".u == 1.8446744073709551615e19", false)
	f(".u in (1, 18446744073709551615)", true)
	if x, _ := ParseVar(".u"); string(x.AppendText(nil, &v)) != "18446744073709551615" {
		t.Errorf("text %s", x.AppendText(nil, &v))
	}
}

func TestNow(t *testing.T) {
	v := view(t, msg.Message{Timestamp: 100e9})
	m := MustCompile("Timestamp > now - 10s")
	if !m.UsesNow() || MustCompile("Timestamp > 1").UsesNow() {
		t.Error("UsesNow")
	}
	f := func(want bool) {
		t.Helper()
		if got := m.Match(v); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
	f(false) // nobody said what time it is
	m.SetNow(105e9)
	f(true)
	m.SetNow(110e9)
	f(false)
	m.SetNow(math.MinInt64)
	f(true)
}

// A Set must not take what it knew of one message for the next.
func TestSetForgets(t *testing.T) {
	s := set(t, ".a == 1", ".b == 1 && .a == 1", "Logger == 'x' || .c == 1", "Pid == 1", ".a[1] == 2")
	full := view(t, msg.Message{Logger: "x", Pid: 1, Fields: []msg.Field{
		{Name: "a", Value: 1}, {Name: "b", Value: 1}, {Name: "a", Value: 2}}})
	empty := view(t, msg.Message{})
	for i := range 4 {
		v, want := full, true
		if i%2 == 1 {
			v, want = empty, false
		}
		s.Reset(v)
		for k := range s.Len() {
			if s.Match(v, k) != want {
				t.Errorf("round %d: expression %d: %v", i, k, !want)
			}
		}
	}
}
