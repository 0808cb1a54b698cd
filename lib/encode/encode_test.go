package encode

import (
	"strings"
	"testing"

	"heka/lib/msg"
)

func TestNew(t *testing.T) {
	f := func(format string, o Options, want string) {
		t.Helper()
		newEncoder, err := New(format, o)
		if err != nil {
			t.Errorf("%s: %v", format, err)
			return
		}
		m := msg.Message{Severity: 7, Type: "t", Fields: []msg.Field{{Name: "a", Value: int64(1)}}}
		for range 2 { // each is made anew
			if got := string(newEncoder().Append(nil, view(m))); got != want {
				t.Errorf("%s: %q, not %q", format, got, want)
			}
		}
	}
	f("json", Options{}, `{"Timestamp":"1970-01-01T00:00:00Z","Type":"t","Fields":{"a":1}}`+"\n")
	f("json", Options{Flat: true}, `{"a":1}`+"\n")
	f("logfmt", Options{Flat: true}, "a=1\n")
	f("csv", Options{Columns: []string{"Type", "a"}, Comma: ';'}, "Type;a\nt;1\n")
	f("tsv", Options{}, "Timestamp\tType\ta\n1970-01-01T00:00:00Z\tt\t1\n")
	f("tsv", Options{NoHeader: true, Columns: []string{"a"}}, "1\n")
	f("text", Options{}, "a=1\n")
	f("template", Options{Template: "%{a}"}, "1\n")
	f("template", Options{Template: `%{a}\n`}, "1\n")
	for _, x := range Formats() {
		if _, err := New(x.Name, Options{Template: "x"}); err != nil || x.Doc == "" {
			t.Errorf("%s: %v", x.Name, err)
		}
		if want := strings.HasSuffix(x.Name, "sv"); x.Ordered != want || Ordered(x.Name) != want {
			t.Errorf("%s: ordered is not %v", x.Name, want)
		}
	}
}

func TestNewErrors(t *testing.T) {
	f := func(format string, o Options, want string) {
		t.Helper()
		if _, err := New(format, o); err == nil || err.Error() != want {
			t.Errorf("%s: %v", format, err)
		}
	}
	const all = "there are json, logfmt, csv, tsv, text, payload, template, protobuf"
	f("jsno", Options{}, `unknown format "jsno" (did you mean "json"?); `+all)
	f("JSON", Options{}, `unknown format "JSON" (did you mean "json"?); `+all)
	f("avro", Options{}, `unknown format "avro"; `+all)
	f("", Options{}, `unknown format ""; `+all)
	f(strings.Repeat("x", 99), Options{}, `unknown format "`+strings.Repeat("x", 99)+`"; `+all)
	f("template", Options{}, "template: the text is empty")
	f("template", Options{Template: "%"}, "template: column 1: a percent sign at the end; "+
		"write %% for one\n    %\n    ^")
	f("csv", Options{Comma: '"'}, `csv: '"' can't separate columns`)
}

func TestText(t *testing.T) {
	f := func(m msg.Message, want string) {
		t.Helper()
		if got := string(NewText().Append([]byte("\n"), view(m))); got != "\n"+want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	f(msg.Message{Payload: "a\x1bb"}, "a\x1bb\n")
	f(msg.Message{Payload: "a\n"}, "a\n")
	f(msg.Message{Payload: "p", Fields: []msg.Field{{Name: "a", Value: "b"}}}, "p\n")
	f(msg.Message{Fields: []msg.Field{{Name: "a", Value: "b c"}}}, "a=\"b c\"\n")
	f(msg.Message{}, "\n")
}
