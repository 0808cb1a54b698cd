package flood

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func build(env *stage.Env, words ...string) (stage.Stage, error) {
	return stagetest.Make(Kind, env, words...)
}

// run runs a command line and returns the bytes that came out.
func run(t *testing.T, env *stage.Env, words ...string) []byte {
	t.Helper()
	st, err := build(env, words...)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := stage.Run(context.Background(), env, st, stage.Output(env, &out)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// read reads what came out as any program would.
func read(t *testing.T, b []byte, opt frame.Options) ([]msg.Message, frame.Stats) {
	t.Helper()
	opt.Now = func() int64 { return 0 }
	r := frame.NewReader(bytes.NewReader(b), opt)
	var all []msg.Message
	var v msg.View
	for {
		buf, off, err := r.Read(nil, nil)
		for _, at := range off {
			h := buf[at:]
			n := msg.HeaderSize + int(uint32(h[4])<<24|uint32(h[5])<<16|uint32(h[6])<<8|uint32(h[7]))
			v.Reset(h[msg.HeaderSize:n])
			all = append(all, v.Message())
		}
		if err != nil {
			return all, r.Stats
		}
	}
}

func TestPlain(t *testing.T) {
	env := &stage.Env{Hostname: "host"}
	got, stats := read(t, run(t, env, "--count", "10000", "--size", "100", "--types", "a,b,c",
		"--fields", "5", "--ascii"), frame.Options{})
	if len(got) != 10000 || stats != (frame.Stats{}) || env.Stats.Out.Load() != 10000 {
		t.Fatal(len(got), stats, env.Stats.Out.Load())
	}
	seen := map[[16]byte]bool{}
	for i, m := range got {
		if m.Type != string("abc"[i%3]) || len(m.Payload) != 100 || m.Logger != "flood" ||
			len(m.Fields) != 5 {
			t.Fatalf("%d: %+v", i, m)
		}
		if seen[m.Uuid] || m.Uuid[6]>>4 != 7 || m.Uuid[8]>>6 != 2 {
			t.Fatalf("uuid %x", m.Uuid)
		}
		seen[m.Uuid] = true
		for _, c := range m.Payload {
			if c < ' ' || c > '~' {
				t.Fatalf("%q", m.Payload)
			}
		}
	}
}

func TestSizes(t *testing.T) {
	f := func(size string, least, most int, words ...string) {
		t.Helper()
		got, _ := read(t, run(t, &stage.Env{}, append(words, "--count", "500", "--size", size)...),
			frame.Options{})
		low, high, sum := math.MaxInt, 0, 0
		for _, m := range got {
			low, high = min(low, len(m.Payload)), max(high, len(m.Payload))
			sum += len(m.Payload)
		}
		if len(got) != 500 || low < least || high > most {
			t.Errorf("%s: %d messages of %d to %d", size, len(got), low, high)
		}
		if want := (least + most) / 2 * 500; sum < want*8/10 || sum > want*12/10 {
			t.Errorf("%s: %d bytes in all", size, sum)
		}
	}
	f("1", 1, 1)
	f("1KiB", 1024, 1024)
	f("100", 1, 200, "--variable-size")
	f("100KiB", 102400, 102400)
}

func TestSeed(t *testing.T) {
	words := []string{
		"--count", "50", "--start", "2026-01-01T00:00:00Z", "--fields", "4", "--size", "50",
	}
	a := run(t, &stage.Env{}, append(words, "--seed", "1")...)
	if !bytes.Equal(a, run(t, &stage.Env{}, append(words, "--seed", "1")...)) {
		t.Error("one seed, two answers")
	}
	if bytes.Equal(a, run(t, &stage.Env{}, append(words, "--seed", "2")...)) {
		t.Error("two seeds, one answer")
	}
	got, _ := read(t, a, frame.Options{})
	if got[2].Timestamp-got[0].Timestamp != 2e6 || got[0].Timestamp != 1767225600e9 {
		t.Error(got[0].Timestamp, got[2].Timestamp)
	}
}

// clock is a clock that goes on by waiting alone.
type clock struct{ now int64 }

func (c *clock) Now() int64 { return c.now }

func (c *clock) Wait(_ context.Context, _ <-chan struct{}, t int64) bool {
	c.now = max(c.now, t)
	return true
}

// TestRate counts what comes in each second, on a clock of the test.
func TestRate(t *testing.T) {
	f := func(rate string, count, most int, seconds float64) {
		t.Helper()
		env := &stage.Env{}
		st, err := build(env, "--size", "10", "--rate", rate, "--count", fmt.Sprint(count))
		if err != nil {
			t.Fatal(err)
		}
		c := &clock{now: 1}
		st.(stage.Chain)[0].(*source).clock = c
		n, largest := 0, 0
		err = stage.Run(context.Background(), env, st, stagetest.Sink(func(b *stage.Batch) error {
			n, largest = n+b.Len(), max(largest, b.Len())
			return nil
		}))
		if took := float64(c.now) / 1e9; err != nil || n != count ||
			math.Abs(took-seconds) > seconds/50 || largest > most {
			t.Errorf("%s: %d in %g s, up to %d at once, %v", rate, n, took, largest, err)
		}
	}
	f("1000", 5000, 3, 5)
	f("1e5", 200_000, 200, 2)
	f("60/m", 11, 1, 10)
	f("10/s", 101, 1, 10)
}

// TestLate wants a second made up for at most, after those downstream were slow.
func TestLate(t *testing.T) {
	s := newSource(t, "--rate", "100")
	c := &clock{now: 1000e9}
	s.clock, s.made = c, 10
	start := c.now
	c.now += 60e9
	if n, ok := s.due(context.Background(), &start); !ok || n != 101 {
		t.Error(n, ok)
	}
}

func TestCorrupt(t *testing.T) {
	good := run(t, &stage.Env{}, "--count", "1") // tells the format, whatever comes
	f := func(percent string, least, most int) {
		t.Helper()
		env := &stage.Env{}
		b := run(t, env, "--count", "2000", "--size", "50", "--seed", "1", "--start", "2026-01-01",
			"--corrupt", percent)
		got, stats := read(t, append(good, b...), frame.Options{})
		if len(got) < least || len(got) > most || stats.Damaged == 0 || env.Stats.Out.Load() != 2000 {
			t.Errorf("%s %%: %d came, %+v, out %d", percent, len(got), stats, env.Stats.Out.Load())
		}
	}
	f("10", 1800, 1950)
	f("100", 1, 1000) // bytes changed in a payload are no damage
}

func TestOversize(t *testing.T) {
	env := &stage.Env{MaxRecord: 4096}
	b := run(t, env, "--count", "200", "--size", "100", "--oversize", "20")
	got, stats := read(t, b, frame.Options{MaxRecord: 4096})
	if len(got) < 120 || len(got) > 190 || stats.Damaged == 0 {
		t.Error(len(got), stats)
	}
	if got, stats := read(t, b, frame.Options{}); len(got) != 200 || stats.Damaged != 0 {
		t.Error("with room for them:", len(got), stats)
	}
}

func TestProtobuf(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	os.WriteFile(key, []byte("secret\n"), 0o600)
	words := []string{"--count", "30", "--size", "50", "--framing", "heka-protobuf", "--fields", "4"}
	got, stats := read(t, run(t, &stage.Env{}, words...), frame.Options{})
	if len(got) != 30 || stats != (frame.Stats{}) {
		t.Error(len(got), stats)
	}
	for _, hash := range []string{"md5", "sha1", "sha256"} {
		b := run(t, &stage.Env{}, append(words,
			"--signer", "ops_team_3", "--key-file", key, "--signer-hash", hash)...)
		for k, want := range map[string]int{"secret": 30, "other": 0} {
			got, stats := read(t, b, frame.Options{Keys: frame.Keys{"ops_team_3": []byte(k)}})
			if len(got) != want || stats.Unsigned != int64(30-want) {
				t.Error(hash, k, len(got), stats)
			}
		}
	}
	t.Setenv(keyVariable, "secret")
	b := run(t, &stage.Env{}, append(words, "--signer", "ops_3")...)
	got, _ = read(t, b, frame.Options{Keys: frame.Keys{"ops_3": []byte("secret")}})
	if len(got) != 30 {
		t.Error("with a key in the environment:", len(got))
	}
}

func TestTo(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.heka")
	env := &stage.Env{}
	if b := run(t, env, "--count", "500", "--to", name); len(b) != 0 || env.Stats.Out.Load() != 500 {
		t.Error(len(b), env.Stats.Out.Load())
	}
	b, err := os.ReadFile(name)
	if got, stats := read(t, b, frame.Options{}); err != nil || len(got) != 500 || stats.Damaged != 0 {
		t.Error(len(got), stats, err)
	}
}

func TestStop(t *testing.T) {
	for _, words := range [][]string{nil, {"--rate", "1/h"}, {"--corrupt", "1"}} {
		stop := make(chan struct{})
		env := &stage.Env{Stop: stop}
		st, err := build(env, words...)
		if err != nil {
			t.Fatal(err)
		}
		first := true
		err = stage.Run(context.Background(), env, st, stagetest.Sink(func(*stage.Batch) error {
			if first {
				close(stop)
			}
			first = false
			return nil
		}))
		if err != nil || first {
			t.Error(words, err)
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Setenv(keyVariable, "")
	f := func(want string, words ...string) {
		t.Helper()
		_, err := build(&stage.Env{}, words...)
		var usage *stage.UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", words, err, want)
		}
	}
	f("no words are wanted", "10")
	f("--count -1: want", "--count", "-1")
	f("--rate fast: want", "--rate", "fast")
	f("--rate 1/y: want", "--rate", "1/y")
	f("--rate 0: want", "--rate", "0")
	f("--rate nan: want", "--rate", "nan")
	f("--size x: want", "--size", "x")
	f("--size 0: want", "--size", "0")
	f("--size 1XB: want", "--size", "1XB")
	f("--size 9MiB: with --max-record", "--size", "9MiB")
	f("--size 5MiB: with --max-record", "--size", "5MiB", "--variable-size")
	f("--fields 1001: want", "--fields", "1001")
	f("--types: want", "--types", "a,,b")
	f("--corrupt 101: want", "--corrupt", "101")
	f("--corrupt NaN: want", "--corrupt", "nan")
	f("--oversize -1: want", "--oversize", "-1")
	f("--framing x: want", "--framing", "x")
	f("did you mean heka-protobuf?", "--framing", "heka-protobuff")
	f("add --framing heka-protobuf", "--signer", "a_1")
	f("there is no key", "--signer", "a_1", "--framing", "heka-protobuf")
	for _, s := range []string{"a", "_1", "a_", "a_-1"} {
		f("--signer "+s+": want NAME_VERSION", "--signer", s, "--key-file", "k",
			"--framing", "heka-protobuf")
	}
	f("add --signer NAME_VERSION", "--key-file", "k")
	f("--signer-hash: hash function", "--signer-hash", "x")
	f("--start \"x\" is no time", "--start", "x")
	f("--to: udp:x: no target", "--to", "udp:x")
	for _, words := range [][]string{
		{"--to", "x"}, {"--corrupt", "1"}, {"--framing", "heka-protobuf"},
	} {
		if _, err := build(&stage.Env{Format: "json"}, words...); err == nil {
			t.Errorf("-o json with %q", words)
		}
	}
}

func TestTerminal(t *testing.T) {
	env := &stage.Env{Live: true}
	st, err := build(env, "--corrupt", "1", "--count", "1")
	if err != nil {
		t.Fatal(err)
	}
	var usage *stage.UsageError
	if err := stage.Run(context.Background(), env, st); !errors.As(err, &usage) {
		t.Error(err)
	}
}

func TestKeyFile(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(dir+"/empty", []byte("\n"), 0o600)
	if k, err := readKey(dir + "/empty"); err == nil {
		t.Errorf("%q", k)
	}
	if k, err := readKey(dir + "/none"); err == nil {
		t.Errorf("%q", k)
	}
}

func TestCut(t *testing.T) {
	p := page{buf: []byte("aabbbc"), off: []uint32{0, 2, 5}}
	f := func(i int, n int64, buf string, off ...uint32) {
		t.Helper()
		if d := cmp.Diff(page{[]byte(buf), off}, p.cut(i, n), cmp.AllowUnexported(page{})); d != "" {
			t.Error(d)
		}
	}
	f(0, 9, "aabbbc", 0, 2, 5)
	f(0, 2, "aabbb", 0, 2)
	f(1, 1, "bbb", 2)
	f(2, math.MaxInt64, "c", 5)
}

// newSource returns a source that is ready to make batches.
func newSource(t testing.TB, words ...string) *source {
	t.Helper()
	env := &stage.Env{Pool: stage.NewPool(4)}
	st, err := build(env, words...)
	if err != nil {
		t.Fatal(err)
	}
	s := st.(stage.Chain)[0].(*source)
	if err := s.prepare(); err != nil {
		t.Fatal(err)
	}
	return s
}

type release struct{ bytes, records int64 }

func (r *release) Write(b *stage.Batch) error {
	r.bytes += int64(len(b.Buf))
	r.records += int64(b.Len())
	b.Release()
	return nil
}

func TestAllocs(t *testing.T) {
	for _, words := range [][]string{nil, {"--corrupt", "10"}, {"--framing", "heka-protobuf"}} {
		s := newSource(t, words...)
		var r release
		run := func() {
			if err := s.batch(math.MaxInt64, &r); err != nil {
				t.Fatal(err)
			}
		}
		for range 10 {
			run()
		}
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%q: %g allocations a batch", words, n)
		}
	}
}

func BenchmarkBatch(b *testing.B) {
	for _, words := range []string{"", "--size 100", "--corrupt 10", "--framing heka-protobuf"} {
		b.Run(words, func(b *testing.B) {
			s := newSource(b, strings.Fields(words)...)
			var r release
			b.ReportAllocs()
			for b.Loop() {
				if err := s.batch(math.MaxInt64, &r); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(r.bytes)/1e9/b.Elapsed().Seconds(), "GB/s")
			if r.records > 0 {
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(r.records), "ns/msg")
			}
		})
	}
}
