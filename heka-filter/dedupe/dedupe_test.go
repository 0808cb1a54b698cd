package dedupe

import (
	"testing"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/lru"
	"heka/heka-filter/internal/verbtest"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
)

func TestDedupe(t *testing.T) {
	in := []string{"t=1 m=a", "t=2 m=a", "t=3 m=b", "t=61 m=a", "t=62 m=a",
		"t=20 m=a", "t=0 m=a", "t=70"}
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Run(t, Kind, words, in, want)
	}
	f("by .m", `@1 m="a"`, `@3 m="b"`, "@70")
	f("by .m within 60s", `@1 m="a"`, `@3 m="b"`, `@61 m="a"`, `@0 m="a"`, "@70")
	f("within 60s by .m", `@1 m="a"`, `@3 m="b"`, `@61 m="a"`, `@0 m="a"`, "@70")
	f("by .m within 61s", `@1 m="a"`, `@3 m="b"`, `@62 m="a"`, `@0 m="a"`, "@70")
	f("by .m --max-keys 1", `@1 m="a"`, `@3 m="b"`, `@61 m="a"`, "@70")
}

func TestDroppedIsCounted(t *testing.T) {
	env := &stage.Env{}
	verbtest.RunEnv(t, env, Kind, "by .m", []string{"m=1", "m=1", "m=1"}, []string{"@0 m=1"})
	if n := env.Stats.Dropped.Load(); n != 4 { // the messages are run twice
		t.Errorf("%d dropped", n)
	}
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f("", "is missing", "by .message")
	f(".m", `".m"`, "did you mean by .m?")
	f("within 60s", "is missing")
	f("by .m within", `"within"`, "10s")
	f("by .m within 60", `"60"`, "60s")
	f("by .m within 60s 5", `"5"`)
	f("by .m every 60s", `"every"`, "by, within")
	f("by .m --max-keys 0", `"--max-keys 0"`)
}

func newDedupe() *dedupe {
	v, _ := match.ParseVar(".request")
	return &dedupe{env: &stage.Env{}, by: keys.New(v), within: 1, seen: lru.New[int64](50)}
}

func TestNoAllocs(t *testing.T) {
	d := newDedupe()
	verbtest.NoAllocs(t, func(m *msg.View) { d.first(m) })
}

func BenchmarkDedupe(b *testing.B) {
	d := newDedupe()
	verbtest.Bench(b, func(m *msg.View) { d.first(m) })
}
