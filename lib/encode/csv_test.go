package encode

import (
	"encoding/csv"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"heka/lib/msg"
)

func TestCSV(t *testing.T) {
	f := func(o CSVOptions, want string, dropped int64, all ...msg.Message) {
		t.Helper()
		e, err := NewCSV(o)
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		for _, m := range all {
			got = e.Append(got, view(m))
		}
		if string(got) != want || e.Dropped() != dropped {
			t.Errorf("got\n%s(%d dropped)\nwant\n%s(%d dropped)", got, e.Dropped(), want, dropped)
		}
	}
	one := msg.Message{Type: "T", Pid: 3, Fields: []msg.Field{
		{Name: "a", Value: `x"y`}, {Name: "b", Value: int64(2)}, {Name: "a", Value: "again"},
	}}
	two := msg.Message{Type: "U,V", Fields: []msg.Field{
		{Name: "b", Value: []any{int64(1), int64(2)}}, {Name: "c", Value: "=1+1"},
		{Name: "a", Value: "\n"},
	}}
	f(CSVOptions{}, "Timestamp,Type,a,b\n"+
		"1970-01-01T00:00:00Z,T,\"x\"\"y\",2\n"+
		"1970-01-01T00:00:00Z,\"U,V\",\"\n\",\"1,2\"\n", 2, one, two)
	f(CSVOptions{NoHeader: true, Comma: '\t'}, "1970-01-01T00:00:00Z\tT\t\"x\"\"y\"\t2\n"+
		"1970-01-01T00:00:00Z\tU,V\t\"\n\"\t1,2\n", 2, one, two)
	f(CSVOptions{Columns: []string{"c", "Pid", "Fields[a][1]", "Fields[b][0][1]", ".a", "a"}},
		"c,Pid,Fields[a][1],Fields[b][0][1],.a,a\n"+
			",3,again,,\"x\"\"y\",\"x\"\"y\"\n"+
			"=1+1,0,,2,\"\n\",\"\n\"\n", 0, one, two)
	f(CSVOptions{Columns: []string{"Uuid"}, NoHeader: true},
		"00000000-0000-0000-0000-000000000000\n", 3, one)
	f(CSVOptions{Columns: []string{"none"}}, "none\n\"\"\n", 3, one)
}

func TestCSVErrors(t *testing.T) {
	f := func(o CSVOptions, want string) {
		t.Helper()
		if _, err := NewCSV(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	f(CSVOptions{Columns: []string{"a", ""}}, `column ""`)
	f(CSVOptions{Columns: []string{"Fields[a"}}, `column "Fields[a"`)
	f(CSVOptions{Columns: []string{"Fields[a]x"}}, `Fields[name][i][j]`)
	f(CSVOptions{Columns: []string{"Fields[a][-1]"}}, `Fields[name][i][j]`)
	f(CSVOptions{Columns: []string{"Fields[a][1][2][3]"}}, `Fields[name][i][j]`)
	f(CSVOptions{Comma: '"'}, "can't separate")
	f(CSVOptions{Comma: '\n'}, "can't separate")
	f(CSVOptions{Comma: 0xe9}, "can't separate")
}

// TestCSVReadsBack reads random rows with encoding/csv.
func TestCSVReadsBack(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	e, err := NewCSV(CSVOptions{Columns: []string{"a", "b", "c"}})
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	want := [][]string{{"a", "b", "c"}}
	for range 2000 {
		row := make([]string, 3)
		var m msg.Message
		for _, k := range r.Perm(3) {
			if r.IntN(5) == 0 {
				continue
			}
			s := randomText(r, 8) + []string{"", "\"", ",", "\n", "\"\"", " "}[r.IntN(6)]
			row[k] = strings.ReplaceAll(s, "\r", "")
			m.Fields = append(m.Fields, msg.Field{Name: string(rune('a' + k)), Value: row[k]})
		}
		want = append(want, row)
		out = e.Append(out, view(m))
	}
	got, err := csv.NewReader(strings.NewReader(string(out))).ReadAll()
	if err != nil || !reflect.DeepEqual(got, want) || e.Dropped() != 0 {
		t.Fatalf("rows differ: %v", err)
	}
}

// TestCSVManyFields holds that a wide first message makes no more columns than
// the bound, and that what is beyond is counted.
func TestCSVManyFields(t *testing.T) {
	var m msg.Message
	for i := range maxColumns + 10 {
		name := strings.Repeat("n", 1+i/100) + string(rune('!'+i%100))
		m.Fields = append(m.Fields, msg.Field{Name: name, Value: int64(i)})
	}
	e, _ := NewCSV(CSVOptions{})
	out := e.Append(nil, view(m))
	rows, err := csv.NewReader(strings.NewReader(string(out))).ReadAll()
	if err != nil || len(rows) != 2 || len(rows[1]) != maxColumns || e.Dropped() != 12 {
		t.Fatalf("%d rows, %d dropped: %v", len(rows), e.Dropped(), err)
	}
}
