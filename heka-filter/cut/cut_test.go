package cut

import (
	"testing"

	"heka/heka-filter/internal/verbtest"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

func TestCut(t *testing.T) {
	in := []string{"t=1 a=1 b=x c=1.5 a=2 Type=T", "t=2 c=1", "t=3"}
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Run(t, Kind, words, in, want)
	}
	f(".a", "T@1 a=1 a=2", "@2", "@3")
	f(".c .a", "T@1 a=1 c=1.5 a=2", "@2 c=1", "@3")
	f("Fields[c],.a", "T@1 a=1 c=1.5 a=2", "@2 c=1", "@3")
	f("--not .c", `T@1 a=1 b="x" a=2`, "@2", "@3")
	f("--not .c Type", `@1 a=1 b="x" a=2`, "@2", "@3")
	f("--not Type", `@1 a=1 b="x" c=1.5 a=2`, "@2 c=1", "@3")
}

func TestHeaders(t *testing.T) {
	m := msg.Message{Timestamp: 5, Uuid: [16]byte{1}, Type: "t", Logger: "l", Severity: 2,
		Payload: "p", EnvVersion: "e", Pid: 3, Hostname: "h"}
	st, err := verbtest.Make(Kind, &stage.Env{},
		"--not Type Logger Severity Payload EnvVersion Pid Hostname")
	if err != nil {
		t.Fatal(err)
	}
	got, err := stagetest.RunErr(&stage.Env{}, st, 1, m)
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	g := got[0]
	if g.Timestamp != 5 || g.Uuid != m.Uuid || g.Severity != msg.DefaultSeverity || g.Pid != 0 ||
		g.Type+g.Logger+g.Payload+g.EnvVersion+g.Hostname != "" {
		t.Errorf("%+v", g)
	}
}

func TestRepresentationsStay(t *testing.T) {
	env := &stage.Env{}
	st, err := verbtest.Make(Kind, env, ".a .b")
	if err != nil {
		t.Fatal(err)
	}
	got, err := stagetest.RunErr(env, st, 1, verbtest.Lines("a:ms=1 c:B=2 b=3")...)
	if err != nil {
		t.Fatal(err)
	}
	fields := got[0].Fields
	if len(fields) != 2 || fields[0].Rep != "ms" || fields[1].Rep != "" {
		t.Errorf("%+v", fields)
	}
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f("", "a field is missing", "cut .status .uri")
	f("--not", "a field is missing")
	f("a", `"a"`, ".a")
	f("Type", `"Type"`, "headers always stay")
	f("--not Uuid", `"Uuid"`, "no message is without it")
	f("--not Timestamp", `"Timestamp"`)
	f(".a[1]", "as a whole", "did you mean .a?")
	f(".a by .b", `"by"`, "no such clause")
}

func TestNoAllocs(t *testing.T) {
	lane := makeLane(t)
	verbtest.NoAllocsBatch(t, lane)
}

func makeLane(t testing.TB) func(*stage.Batch) *stage.Batch {
	st, err := verbtest.Make(Kind, &stage.Env{}, ".status .request .remote_addr")
	if err != nil {
		t.Fatal(err)
	}
	lane := st.(stage.Parallel).NewLane()
	return func(b *stage.Batch) *stage.Batch {
		out, err := lane.Do(b)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func BenchmarkCut(b *testing.B) { verbtest.BenchBatch(b, makeLane(b)) }
