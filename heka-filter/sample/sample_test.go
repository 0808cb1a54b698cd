package sample

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"heka/heka-filter/internal/verbtest"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// messages returns n messages with uuids as of version 7, and their number as pid.
func messages(n int) []msg.Message {
	r := rand.New(rand.NewPCG(1, 2))
	all := make([]msg.Message, n)
	for i := range all {
		all[i].Timestamp, all[i].Pid = int64(i)*1e6, int64(i)
		binary.BigEndian.PutUint64(all[i].Uuid[:], uint64(1700000000000+i)<<16|7<<12|r.Uint64()&0xfff)
		binary.BigEndian.PutUint64(all[i].Uuid[8:], 1<<63|r.Uint64()>>2)
	}
	return all
}

// choose returns the pids of the messages that are chosen.
func choose(t *testing.T, words string, in []msg.Message) map[int64]bool {
	t.Helper()
	env := &stage.Env{DataTime: true}
	st := func() stage.Stage {
		s, err := verbtest.Make(Kind, env, words)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	got := map[int64]bool{}
	last := int64(-1)
	for _, m := range stagetest.Run(t, env, st, in...) {
		if m.Pid <= last {
			t.Fatalf("%s: message %d behind %d", words, m.Pid, last)
		}
		last = m.Pid
		got[m.Pid] = true
	}
	return got
}

func TestShare(t *testing.T) {
	in := messages(5000)
	f := func(words string, want float64) map[int64]bool {
		t.Helper()
		got := choose(t, words, in)
		mean := want * float64(len(in))
		if math.Abs(float64(len(got))-mean) > 4*math.Sqrt(mean*(1-want))+.5 {
			t.Errorf("%s: %d of %d", words, len(got), len(in))
		}
		return got
	}
	f("1/1", 1)
	f("100%", 1)
	f("1/100", .01)
	f("0.5%", .005)
	ten, twenty := f("10%", .1), f("20%", .2)
	for pid := range ten {
		if !twenty[pid] {
			t.Fatalf("message %d is in 10%%, but not in 20%%", pid)
		}
	}
}

func TestReservoir(t *testing.T) {
	in := messages(2000)
	f := func(words string, in []msg.Message, want int) {
		t.Helper()
		if got := choose(t, words, in); len(got) != want {
			t.Errorf("%s: %d messages, want %d", words, len(got), want)
		}
	}
	f("100", in, 100)
	f("1", in, 1)
	f("5000", in, 2000)
	f("10", nil, 0)
	f("100 every 500ms", in, 400)
	first := 0
	for pid := range choose(t, "200", in) {
		if pid < 1000 {
			first++
		}
	}
	if first < 70 || first > 130 {
		t.Errorf("%d of 200 are of the first half", first)
	}
}

func TestReservoirBytes(t *testing.T) {
	env := &stage.Env{}
	s := newReservoir(env, 100, 0)
	s.most = 2000
	got, err := stagetest.RunErr(env, s, 10, messages(1000)...)
	if err != nil || len(got) < 5 || len(got) > 60 {
		t.Errorf("%d messages, %v", len(got), err)
	}
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f("", "how much is missing", "1/100")
	f("2/3", `"2/3"`, "one in so many")
	f("1/0", `"1/0"`, "no share")
	f("1/x", `"1/x"`)
	f("x%", `"x%"`, "no percentage")
	f("NaN%", `"NaN%"`)
	f("0%", `"0%"`, "above 0%")
	f("101%", `"101%"`)
	f("0.1", `"0.1"`, "no whole number")
	f("0", `"0"`)
	f("10% 5", `"5"`)
	f("10% every 1s", `"every"`, "no windows")
	f("10 by .a", `"by"`, "every")
}

func TestNoAllocs(t *testing.T) {
	s := newReservoir(&stage.Env{}, 10, 0)
	verbtest.NoAllocsBatch(t, func(b *stage.Batch) *stage.Batch {
		s.add(b)
		return b
	})
}

func BenchmarkShare(b *testing.B) {
	lane := stage.Select(func() func(*msg.View) bool { return share(1 << 60).has }).NewLane()
	verbtest.BenchBatch(b, func(in *stage.Batch) *stage.Batch {
		out, _ := lane.Do(in)
		return out
	})
}

func BenchmarkReservoir(b *testing.B) {
	s := newReservoir(&stage.Env{}, 100, 0)
	verbtest.BenchBatch(b, func(in *stage.Batch) *stage.Batch {
		s.add(in)
		return in
	})
}
