package where

import (
	"testing"

	"heka/heka-filter/internal/verbtest"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

var in = []string{"t=100 status=200", "t=200 status=404 Type=nginx", "t=300 status=500"}

func TestWhere(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Run(t, Kind, words, in, want)
	}
	f("'.status >= 400'", "nginx@200 status=404", "@300 status=500")
	f(".status == 200", "@100 status=200")
	f("'Fields[status] == 404 && Type == \"nginx\"'", "nginx@200 status=404")
	f("TRUE", "@100 status=200", "nginx@200 status=404", "@300 status=500")
	f("FALSE")
}

func TestNow(t *testing.T) {
	verbtest.Run(t, Kind, "'Timestamp >= now'", in[2:], []string{"@300 status=500"})
	verbtest.Run(t, Kind, "'Timestamp < now'", in, nil)
	st, err := verbtest.Make(Kind, &stage.Env{}, "'Timestamp < now - 1h'")
	if err != nil {
		t.Fatal(err)
	}
	got, err := stagetest.RunErr(&stage.Env{}, st, 1, verbtest.Lines(in...)...)
	if err != nil || len(got) != len(in) {
		t.Errorf("%d messages are older than an hour, %v", len(got), err)
	}
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f("", "an expression is missing", "where '.status >= 500'")
	f("' '", "an expression is missing")
	f("'.status = 5'", "^", ".status = 5")
	f("status", "did you mean", "^")
	f(".status == 5 and", "^")
}
