package match

import (
	"testing"

	"heka/lib/msg"
)

func TestParseVar(t *testing.T) {
	v := view(t, sample())
	f := func(in, full, name, text string) {
		t.Helper()
		x, err := ParseVar(in)
		if err != nil {
			t.Error(err)
			return
		}
		if x.String() != full || x.Name() != name {
			t.Errorf("%s: %s, %s; want %s, %s", in, x, x.Name(), full, name)
		}
		if got := string(x.AppendText([]byte("+"), v)); got != "+"+text {
			t.Errorf("%s: text %q, want %q", in, got, text)
		}
		value, ok := x.Value(v)
		if string(AppendValue(nil, value)) != text && x.IsField() || ok != (x.IsField() && text != "") {
			t.Errorf("%s: value %v, %v", in, value, ok)
		}
		if h, ok := x.Header(); ok == x.IsField() || ok && HeaderVar(h) != x {
			t.Errorf("%s: header %v, %v", in, h, ok)
		}
	}
	f("Type", "Type", "Type", "nginx.access")
	f(" Uuid ", "Uuid", "Uuid", "123e4567-e89b-12d3-a456-420000000000")
	f("Timestamp", "Timestamp", "Timestamp", "2014-11-24T14:54:53.000000001Z")
	f("Severity", "Severity", "Severity", "7")
	f("Pid", "Pid", "Pid", "0")
	f("Logger", "Logger", "Logger", "")
	f(".request_time", "Fields[request_time]", "request_time", "0.043")
	f(".a.b-c", "Fields[a.b-c]", "a.b-c", "dotted")
	f("Fields[sp ace]", "Fields[sp ace]", "sp ace", "-3")
	f("Fields[tags]", "Fields[tags]", "tags", "a")
	f(".tags[0][2]", "Fields[tags][0][2]", "tags", "c")
	f(".tags[1]", "Fields[tags][1]", "tags", "d")
	f(".tags[1][0]", "Fields[tags][1]", "tags", "d")
	f(".tags[1][1]", "Fields[tags][1][1]", "tags", "")
	f(".x", "Fields[x]", "x", "")
	f(".ok", "Fields[ok]", "ok", "true")
	f(".bin", "Fields[bin]", "bin", "bytes")
	f(".nan", "Fields[nan]", "nan", "NaN")
}

func TestParseVarErrors(t *testing.T) {
	for _, s := range []string{"", "status", "type", "Type x", ".a == 1", ".a[x]", "Fields[a",
		"Fields[]", "..a"} {
		_, err := ParseVar(s)
		if err == nil {
			t.Errorf("%s: no error", s)
			continue
		}
		checkError(t, s, err)
	}
}

func TestFloatText(t *testing.T) {
	f := func(x float64, want string) {
		t.Helper()
		v := view(t, msg.Message{Fields: []msg.Field{{Name: "x", Value: x}}})
		value, _ := v.Field("x", 0)
		if got := string(AppendValue(nil, value)); got != want {
			t.Errorf("%g: %s, want %s", x, got, want)
		}
	}
	f(0, "0")
	f(1.5, "1.5")
	f(-1234567890123, "-1234567890123")
	f(0.000001, "0.000001")
	f(1e-7, "1e-07")
	f(1e300, "1e+300")
}
