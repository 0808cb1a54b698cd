package csv

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"heka/heka-decode/internal/kindtest"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// lines returns the messages that kind makes of lines, one a line of text.
func lines(t *testing.T, kind stage.Kind, words []string, in ...string) string {
	t.Helper()
	env := &stage.Env{Lanes: 2}
	st := func() stage.Stage { return kindtest.Stage(t, env, kind, words...) }
	var out []string
	for _, m := range stagetest.Lines(t, env, st, in...) {
		out = append(out, kindtest.Show(m))
	}
	return strings.Join(out, "\n")
}

func TestHeader(t *testing.T) {
	f := func(kind stage.Kind, in, want string, words ...string) {
		t.Helper()
		if got := lines(t, kind, words, strings.Split(in, "/")...); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
	f(Kind, "a,b/1,x/2,y", "a=int64:1 b=string:x\na=int64:2 b=string:y")
	f(Kind, "/\ufeffa,b\r//1,x\r/a,b\r/2,", "a=int64:1 b=string:x\na=int64:2 b=string:")
	f(Kind, `"a b", ,c/"1",0.5,007`, "a b=string:1 column2=float64:0.5 c=string:007")
	f(Kind, `a;b/1;"x;""y"""`, `a=int64:1 b=string:x;"y"`, "--delimiter=semicolon")
	f(Kind, `a,b/1,2`, "a=string:1 b=string:2", "--types=string")
	f(Kind, `1,2/a,b/3,4`, "a=int64:1 b=int64:2\na=int64:3 b=int64:4", "--header=a,b")
	f(Kind, `a|b/"1|2`, `a=string:"1 b=int64:2`, "--delimiter=|", "--no-quotes")
	f(TSV, "a\tb/1,5\tx y", "a=string:1,5 b=string:x y")
	f(Kind, `a,b`, "")
	f(Kind, ``, "")
}

func TestErrors(t *testing.T) {
	f := func(row, want string) {
		t.Helper()
		m := kindtest.Line(t, Kind, row, "--header=a,b")
		if m.Payload != row || kindtest.Bad(m) != want {
			t.Errorf("%q: %s, want %s", row, kindtest.Show(m), want)
		}
	}
	f("1", "1 values for 2 columns")
	f("1,2,3", "3 values for 2 columns")
	f(`1,"2`, errOpen.Error())
	f(`1,"2"x`, errBehind.Error())
	env := &stage.Env{}
	_, err := stagetest.RunErr(env, kindtest.Stage(t, env, Kind), 1, stagetest.Payloads(`a,"b`)...)
	if err == nil || !strings.Contains(err.Error(), "csv: header: a quote that is not closed") {
		t.Errorf("header: %v", err)
	}
}

func TestUsage(t *testing.T) {
	f := func(want string, words ...string) {
		t.Helper()
		_, err := kindtest.Make(t, &stage.Env{}, Kind, words...)
		if _, ok := err.(*stage.UsageError); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", words, err, want)
		}
	}
	f("takes no words", "a,b")
	f("it is auto or string", "--types=int")
	f("it is one ASCII character", "--delimiter=ab")
	f("it is one ASCII character", "--delimiter=\"")
	f("names no format", "--time-format=x")
}

func TestEnvelope(t *testing.T) {
	m := kindtest.Line(t, Kind, "2026-11-22T00:00:00Z,error,5", "--header=time,level,n", "--type=t")
	if m.Timestamp != 1795305600e9 || m.Severity != 3 || m.Type != "t" || m.Payload != "" ||
		kindtest.Show(m) != "level=string:error n=int64:5" {
		t.Errorf("%+v", m)
	}
	m = kindtest.Line(t, Kind, "soon,5", "--header=when,n", "--time-field=when")
	if kindtest.Bad(m) == "" {
		t.Errorf("%+v", m)
	}
}

// TestOrder wants rows in their order, however many lanes decode them.
func TestOrder(t *testing.T) {
	in := []string{"n,text"}
	for i := range 500 {
		in = append(in, fmt.Sprintf("%d,x", i))
	}
	env := &stage.Env{Lanes: 4}
	got, err := stagetest.RunErr(env, kindtest.Stage(t, env, Kind), 7, stagetest.Payloads(in...)...)
	if err != nil || len(got) != 500 {
		t.Fatalf("%d messages, %v", len(got), err)
	}
	for i, m := range got {
		if m.Fields[0].Value != int64(i) {
			t.Fatalf("row %d is %s", i, kindtest.Show(m))
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`a,"b ""c""",`)
	f.Add(`"`)
	f.Add("1,2,3")
	f.Fuzz(func(t *testing.T, row string) {
		r := csv.NewReader(strings.NewReader(row))
		want, err := r.Read()
		if err != nil || strings.ContainsAny(row, "\r\n") || strings.HasPrefix(row, string(bom)) {
			kindtest.Line(t, Kind, row+"x", "--header=a")
			return
		}
		names := make([]string, len(want))
		for i := range names {
			names[i] = fmt.Sprintf("n%d", i)
		}
		columns := "--header=" + strings.Join(names, ",")
		if row == strings.Join(names, ",") {
			return
		}
		m := kindtest.Line(t, Kind, row, columns, "--types=string")
		if len(m.Fields) != len(want) {
			t.Fatalf("%q: %s, want %q", row, kindtest.Show(m), want)
		}
		for i, w := range want {
			if m.Fields[i].Value != w {
				t.Errorf("%q: %v, want %q", row, m.Fields[i].Value, w)
			}
		}
	})
}

const (
	row     = `2026-11-22T10:15:32Z,192.0.2.17,POST,/api/v2/orders,201,18234,0.042,"Mozilla/5.0 (X11)"`
	columns = "--header=time,remote,method,path,status,bytes,took,agent"
)

func TestAllocs(t *testing.T) {
	kindtest.Allocs(t, Kind, 0, row, columns)
	kindtest.Allocs(t, Kind, 0, `"a ""b""",x`, "--header=c,d")
}

func BenchmarkDecode(b *testing.B) { kindtest.Bench(b, Kind, row, columns) }
