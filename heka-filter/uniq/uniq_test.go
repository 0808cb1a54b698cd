package uniq

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/verbtest"
	"heka/lib/match"
	"heka/lib/msg"
)

var in = []string{
	"t=1 ip=a s=200", "t=2 ip=b s=200", "t=3 ip=a s=404", "t=4 s=404", "t=5 ip=a s=200",
}

func TestUniq(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Run(t, Kind, words, in, want)
	}
	f(".ip", "heka.uniq@5 unique=2 messages=5 missing=1")
	f(".ip by .s", "heka.uniq@5 s=200 unique=2 messages=3",
		"heka.uniq@5 s=404 unique=1 messages=2 missing=1")
	f(".ip .s", "heka.uniq@5 unique=4 messages=5")
	f(".s every 3s", "heka.uniq@3 unique=1 messages=2", "heka.uniq@5 unique=2 messages=3")
	f(".ip by .s --max-keys 1", "heka.uniq@5 s=200 unique=2 messages=3",
		`heka.uniq@5 s="(other)" unique=1 messages=2 missing=1`)
}

func TestNothing(t *testing.T) {
	verbtest.Run(t, Kind, ".ip", nil, []string{"heka.uniq@0 unique=0 messages=0"})
	verbtest.Run(t, Kind, ".ip by .s", nil, nil)
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f("", "a variable is missing", "uniq .remote_addr")
	f("ip", `"ip"`, ".ip")
	f(".ip by", `"by"`)
	f(".ip --max-keys 0", `"--max-keys 0"`)
}

// count adds the numbers up to n, each twice.
func count(s *set, n int, room *int) {
	var p [8]byte
	for range 2 {
		for i := range n {
			binary.BigEndian.PutUint64(p[:], uint64(i))
			s.add(p[:], room)
		}
	}
}

func TestSet(t *testing.T) {
	f := func(n, room int, exact bool) {
		t.Helper()
		var s set
		left := room
		count(&s, n, &left)
		if off := math.Abs(float64(s.len())-float64(n)) / max(float64(n), 1); s.exact() != exact ||
			exact && off > 0 || off > 0.03 {
			t.Errorf("%d values with room for %d: %d, exact %v", n, room, s.len(), s.exact())
		}
		if left+len(s.slots) != room {
			t.Errorf("room %d of %d with %d slots", left, room, len(s.slots))
		}
	}
	f(0, maxRoom, true)
	f(1, maxRoom, true)
	f(13, maxRoom, true)
	f(maxExact, maxRoom, true)
	f(maxExact+1, maxRoom, false)
	f(100_000, maxRoom, false)
	f(1000, 100, false)
	f(1000, 0, false)
}

func TestApproximateIsSaid(t *testing.T) {
	var in []string
	for i := range maxExact + 1 {
		in = append(in, fmt.Sprintf("ip=%d", i))
	}
	var s set
	room := maxRoom
	by := keys.New(mustVar(".ip"))
	for _, m := range verbtest.Lines(in...) {
		v := viewOf(&m)
		s.add(by.Append(nil, &v), &room)
	}
	verbtest.Run(t, Kind, ".ip", in, []string{
		fmt.Sprintf("heka.uniq@0 unique=%d messages=%d approximate=true", s.len(), len(in))})
}

func newUniques() *uniques {
	by := keys.New(mustVar(".status"))
	u := &uniques{of: keys.New(mustVar(".request")), by: by,
		groups: keys.NewGroups[group](by, 100, func() {})}
	u.Reset()
	return u
}

func mustVar(s string) match.Var {
	v, err := match.ParseVar(s)
	if err != nil {
		panic(err)
	}
	return v
}

func TestNoAllocs(t *testing.T) { verbtest.NoAllocs(t, newUniques().Add) }

func BenchmarkUniqBy(b *testing.B) { verbtest.Bench(b, newUniques().Add) }

func BenchmarkUniqApproximate(b *testing.B) {
	u := newUniques()
	u.room = 0
	verbtest.Bench(b, u.Add)
}

func viewOf(m *msg.Message) (v msg.View) {
	v.Reset(m.Append(nil)[msg.HeaderSize:])
	return v
}
