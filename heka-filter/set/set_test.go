package set

import (
	"testing"

	"heka/heka-filter/internal/verbtest"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

func TestSet(t *testing.T) {
	in := []string{"t=1 a=1 b=x a=2 Type=T", "t=2 b=y"}
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Run(t, Kind, words, in, want)
	}
	f(`.env="prod"`, `T@1 a=1 b="x" a=2 env="prod"`, `@2 b="y" env="prod"`)
	f(`.a=5`, `T@1 a=5 b="x"`, `@2 b="y" a=5`)
	f(`.a=-5 .f=1.5 .t=true .g=1e3`, `T@1 a=-5 b="x" f=1.5 t=true g=1000.0`,
		`@2 b="y" a=-5 f=1.5 t=true g=1000.0`)
	f(`.c=.a`, `T@1 a=1 b="x" a=2 c=1`, `@2 b="y"`)
	f(`.c=Fields[a][1]`, `T@1 a=1 b="x" a=2 c=2`, `@2 b="y"`)
	f(`.b=.a`, `T@1 a=1 b=1 a=2`, `@2 b="y"`)
	f(`.a=.b .b=.a`, `T@1 a="x" b=1`, `@2 b="y" a="y"`)
	f(`Type="x"`, `x@1 a=1 b="x" a=2`, `x@2 b="y"`)
	f(`Type=.b`, `x@1 a=1 b="x" a=2`, `y@2 b="y"`)
	f(`Type=.a`, `1@1 a=1 b="x" a=2`, `@2 b="y"`)
	f(`Type=Hostname Hostname=Type .t=Type`, `in@1 a=1 b="x" a=2 t="T"`, `in@2 b="y" t=""`)
	f(`Timestamp=3000000000`, `T@3 a=1 b="x" a=2`, `@3 b="y"`)
	f(`Timestamp="1970-01-01T00:00:07.5Z"`, `T@7.5 a=1 b="x" a=2`, `@7.5 b="y"`)
	f(`Fields[a=b]="=" .s="it's"`, `T@1 a=1 b="x" a=2 a=b="=" s="its"`, `@2 b="y" a=b="=" s="its"`)
	f(`.e=""`, `T@1 a=1 b="x" a=2 e=""`, `@2 b="y" e=""`)
	f(`.sev=Severity .t=Timestamp .u=Logger`, `T@1 a=1 b="x" a=2 sev=7 t=1000000000 u="test"`,
		`@2 b="y" sev=7 t=2000000000 u="test"`)
}

func TestHeaders(t *testing.T) {
	m := msg.Message{Severity: 7, Fields: []msg.Field{
		{Name: "time", Value: "2023-11-14T22:13:20Z"}, {Name: "sev", Value: int64(3)},
		{Name: "no", Value: int64(99)}, {Name: "ms", Value: int64(4), Rep: "ms"}}}
	f := func(words string, ok func(g msg.Message) bool) {
		t.Helper()
		env := &stage.Env{}
		st, err := verbtest.Make(Kind, env, words)
		if err != nil {
			t.Fatal(err)
		}
		got, err := stagetest.RunErr(env, st, 1, m)
		if err != nil || len(got) != 1 || !ok(got[0]) {
			t.Errorf("%s: %+v, %v", words, got, err)
		}
	}
	f("Timestamp=.time", func(g msg.Message) bool { return g.Timestamp == 1700000000e9 })
	f("Timestamp=.sev", func(g msg.Message) bool { return g.Timestamp == 3 })
	f("Timestamp=.none", func(g msg.Message) bool { return g.Timestamp == 0 })
	f("Severity=.sev", func(g msg.Message) bool { return g.Severity == 3 })
	f("Severity=.no", func(g msg.Message) bool { return g.Severity == 7 })
	f("Severity=.time", func(g msg.Message) bool { return g.Severity == 7 })
	f("Pid=.no", func(g msg.Message) bool { return g.Pid == 99 })
	f("Pid=Severity", func(g msg.Message) bool { return g.Pid == 7 })
	f("Payload=.time EnvVersion=.sev", func(g msg.Message) bool {
		return g.Payload == "2023-11-14T22:13:20Z" && g.EnvVersion == "3"
	})
	f(`Uuid="01020304-0506-0708-090a-0b0c0d0e0f10" Logger="l" Hostname="h" Payload="p"`,
		func(g msg.Message) bool {
			return g.Uuid[0] == 1 && g.Uuid[15] == 16 && g.Logger+g.Hostname+g.Payload == "lhp"
		})
	f(".copy=.ms", func(g msg.Message) bool {
		c := g.Fields[len(g.Fields)-1]
		return c.Name == "copy" && c.Rep == "ms" && g.Fields[3].Rep == "ms"
	})
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f("", "an assignment is missing", `.n=5`)
	f(".a", `".a"`, "no assignment")
	f("a=1", `"a"`, ".a")
	f("=1", `""`)
	f(".a=", `".a="`, "a value is missing")
	f(".a=prod", "prod is neither", `'"prod"'`, ".prod")
	f(`.a="prod`, "does not end as it begins")
	f(".a=1 .a=2", `".a=2"`, "twice")
	f(".a[1]=1", "as a whole", "did you mean .a?")
	f("Severity=9", "Severity=9", "0 (emergency)")
	f(`Severity="x"`, "does not fit Severity")
	f("Severity=Type", "Type is no number")
	f(`Pid="x"`, "a whole number")
	f(`Timestamp="yesterday"`, "2006-01-02")
	f(`Uuid="x"`, "does not fit Uuid", "018bcfe5")
	f("Type=5", "Type is a text", "quote")
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`.a=1`, `Type="x"`, `.a='x'`, `Fields[a=b]=.c`, `.a=-1.5e3`, `Uuid=""`,
		`Timestamp="2006-01-02T15:04:05Z"`, `.a="\x00"`, `=`, `.a==`, "Severity=7"} {
		f.Add(s)
	}
	in := verbtest.Lines("t=1 a=1 b=x c:ms=1.5")[0]
	f.Fuzz(func(t *testing.T, word string) {
		all, err := parse([]string{word})
		if err != nil {
			return
		}
		var v msg.View
		v.Reset(in.Append(nil)[msg.HeaderSize:])
		var b msg.Builder
		b.Copy(&v)
		if err := newSetter(all).apply(&v, &b); err != nil {
			t.Fatal(err)
		}
		if err := msg.Check(b.AppendBody(nil)); err != nil {
			t.Fatal(err)
		}
	})
}

func makeLane(t testing.TB) func(*stage.Batch) *stage.Batch {
	st, err := verbtest.Make(Kind, &stage.Env{},
		`.env="prod" .status=.body_bytes_sent Type="x" .h=Hostname`)
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

func TestNoAllocs(t *testing.T) { verbtest.NoAllocsBatch(t, makeLane(t)) }

func BenchmarkSet(b *testing.B) { verbtest.BenchBatch(b, makeLane(b)) }
