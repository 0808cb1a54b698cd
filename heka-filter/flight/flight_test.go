package flight

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/verbtest"
	"heka/lib/match"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// run returns the numbers n of the messages that come out.
func run(t *testing.T, env *stage.Env, words string, in ...string) string {
	t.Helper()
	st := func() stage.Stage {
		s, err := verbtest.Make(Kind, env, words)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	var got []string
	for _, m := range stagetest.Run(t, env, st, verbtest.Lines(in...)...) {
		got = append(got, fmt.Sprint(m.Fields[0].Value))
	}
	return strings.Join(got, " ")
}

func TestFlight(t *testing.T) {
	var in []string
	for i := range 20 { // a key has every second; 9 and 16 are errors
		s := fmt.Sprintf("t=%d n=%d k=%d", i, i, i%2)
		if i == 9 || i == 16 {
			s += " e=1"
		}
		in = append(in, s)
	}
	f := func(words, want string) {
		t.Helper()
		if got := run(t, &stage.Env{}, words, in...); got != want {
			t.Errorf("%s: %s, want %s", words, got, want)
		}
	}
	f(".e==1", "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16")
	f(".e==1 --last 3", "6 7 8 9 13 14 15 16")
	f(".e==1 by .k", "1 3 5 7 9 0 2 4 6 8 10 12 14 16")
	f(".e==1 by .k --last 2", "5 7 9 12 14 16")
	f(".e==1 by .k --last 2 --after 3", "5 7 9 11 13 15 12 14 16 18")
	f(".e==1 --last 2 --after 20", "7 8 9 10 11 12 13 14 15 16 17 18 19")
	f(".e==1 --last 0", "9 16")
	f(".e==1 --last 0 --after 1", "9 10 16 17")
	f(".e==1 within 2s", "7 8 9 14 15 16")
	f(".e==1 by .k within 2s", "7 9 14 16")
	f(".e == 2", "")
	f(".e==1 by .k --max-keys 1", "9 16")
}

func TestNothing(t *testing.T) {
	if got := run(t, &stage.Env{}, ".e==1"); got != "" {
		t.Errorf("of nothing: %s", got)
	}
}

// TestBoundOfBytes wants what does not fit to be counted, the oldest to go first, and a
// message larger than all to do no harm.
func TestBoundOfBytes(t *testing.T) {
	var log verbtest.Log
	env := &stage.Env{Log: log.Logger()}
	m := match.MustCompile(".e == 1")
	s := newRecorder(env, m, keys.New(), 10, 10*chunkCost)
	s.last = 100
	in := verbtest.Lines("n=0", "n=1", "n=2 Payload="+strings.Repeat("x", 9*chunkSize-100), "n=3",
		"n=4 Payload="+strings.Repeat("x", 11*chunkSize), "n=5 e=1")
	got, err := stagetest.RunErr(env, s, 2, in...)
	if err != nil || len(got) != 3 || got[0].Fields[0].Value != int64(2) ||
		got[1].Fields[0].Value != int64(3) {
		t.Errorf("%+v, %v", got, err)
	}
	if n := env.Stats.Dropped.Load(); n != 3 {
		t.Errorf("%d dropped", n)
	}
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Errorf("the log has %d lines:\n%s", n, log.String())
	}
	if s.store.nfree != int32(len(s.store.next)) || len(s.store.next) > 10 {
		t.Errorf("%d chunks, %d of them free", len(s.store.next), s.store.nfree)
	}
}

// TestStore compares the store with lists of slices, at random.
func TestStore(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := newStore(40 * chunkCost)
	type rec struct {
		list int32
		data []byte
	}
	var all []rec // in their order
	used := func() (n int) {
		for _, x := range all {
			n += (len(x.data) + chunkSize - 1) / chunkSize
		}
		return n
	}
	for range 5 {
		s.newList()
	}
	for range 20_000 {
		id := int32(r.IntN(5))
		at := -1
		for i, x := range all {
			if x.list == id {
				at = i
				break
			}
		}
		switch {
		case at < 0 || r.IntN(3) > 0:
			p := bytes.Repeat([]byte{byte(r.IntN(256))}, 1+r.IntN(4*chunkSize))
			lost := s.push(id, p)
			all = append(all, rec{id, p})
			for used() > 40 {
				all = all[1:]
				lost--
			}
			if lost != 0 {
				t.Fatal("not as many were given up as were too many")
			}
		default:
			if got := s.first(nil, id); !bytes.Equal(got, all[at].data) {
				t.Fatalf("list %d has %d bytes first, want %d", id, len(got), len(all[at].data))
			}
			s.shift(id)
			all = append(all[:at:at], all[at+1:]...)
		}
		if n := int(s.nfree) + 40 - len(s.next); n != 40-used() {
			t.Fatalf("%d chunks are free, want %d", n, 40-used())
		}
	}
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f("", "an expression is missing", "by .request_id")
	f("by .id", "an expression is missing")
	f("'.e == '", "flight:", "^")
	f("'Timestamp > now - 5m'", "relative to now")
	f(".e==1 every 5s", `"every"`, "by, within")
	f(".e==1 --last -1", `"--last -1"`, "from 0")
	f(".e==1 --after -1", `"--after -1"`)
	f(".e==1 --max-keys 0", `"--max-keys 0"`)
	f(".e==1 --max-memory 0", `"--max-memory 0"`)
}

// null is a Writer of nothing.
type null struct{}

func (null) Write(b *stage.Batch) error {
	b.Release()
	return nil
}

func newBench() func(*stage.Batch) *stage.Batch {
	v, _ := match.ParseVar(".request")
	env := &stage.Env{Pool: stage.NewPool(4)}
	s := newRecorder(env, match.MustCompile(".status >= 500"), keys.New(v), 50, 1<<20)
	s.last = 20
	c := stage.NewCollector(env, null{})
	return func(b *stage.Batch) *stage.Batch {
		if err := s.batch(b.Retain(), c); err != nil {
			panic(err)
		}
		return b
	}
}

func TestNoAllocs(t *testing.T) { verbtest.NoAllocsBatch(t, newBench()) }

func BenchmarkFlight(b *testing.B) { verbtest.BenchBatch(b, newBench()) }
