package cat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// build makes the stage of a command line.
func build(env *stage.Env, words ...string) (stage.Stage, error) {
	return stagetest.Make(Kind, env, words...)
}

// run runs a command line, and returns the messages and the text that came out.
func run(t *testing.T, env *stage.Env, words ...string) ([]msg.Message, string, error) {
	t.Helper()
	st, err := build(env, words...)
	if err != nil {
		t.Fatal(err)
	}
	var got []msg.Message
	var text []byte
	err = stage.Run(context.Background(), env, st, stagetest.Sink(func(b *stage.Batch) error {
		var v msg.View
		for i := range b.Off {
			b.View(i, &v)
			got = append(got, v.Message())
		}
		if b.Text {
			text = append(text, b.Buf...)
		}
		return nil
	}))
	return got, string(text), err
}

const start = 1772366400e9 // 2026-03-01T12:00:00Z

// message i is of i seconds after the start.
func message(i int) msg.Message {
	m := msg.Message{
		Timestamp: start + int64(i)*1e9, Type: "app", Severity: int64(i % 8),
		Payload: fmt.Sprintf("%d ", i) + strings.Repeat("x", 20+i*7%50),
	}
	msg.PutUuid(&m.Uuid, 7<<12, 1<<63|uint64(i))
	return m
}

// capture returns messages from to to, in blocks of n; as they are if n is 0.
func capture(from, to, n int) []byte {
	var out bytes.Buffer
	w := frame.NewBlockWriter(&out, frame.BlockOptions{Level: frame.LevelFastest})
	for i := from; i < to; i++ {
		m := message(i)
		if n == 0 {
			out.Write(m.Append(nil))
			continue
		}
		w.Write(m.Append(nil), 1, m.Timestamp, m.Timestamp)
		if (i-from+1)%n == 0 {
			w.Flush()
		}
	}
	w.Flush()
	return out.Bytes()
}

func file(t *testing.T, parts ...[]byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "a.heka")
	if err := os.WriteFile(name, bytes.Join(parts, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// seconds lists which messages came out, by their seconds.
func seconds(all []msg.Message) string {
	var s []string
	for _, m := range all {
		s = append(s, fmt.Sprint((m.Timestamp-start)/1e9))
	}
	return strings.Join(s, " ")
}

func TestMessages(t *testing.T) {
	name := file(t, capture(0, 12, 4), capture(12, 15, 0))
	f := func(want string, words ...string) {
		t.Helper()
		got, _, err := run(t, &stage.Env{}, append(words, name)...)
		if err != nil || seconds(got) != want {
			t.Errorf("%q: got %s, %v, want %s", words, seconds(got), err, want)
		}
	}
	f("0 1 2 3 4 5 6 7 8 9 10 11 12 13 14")
	f("3 11", "--match", "Severity == 3")
	f("6 7 8", "--from", "2026-03-01T12:00:06Z", "--to", "2026-03-01T12:00:09Z")
	f("13 14", "--from", "2026-03-01T12:00:13Z")
	f("0", "--to", "@1772366400.5")
	f("12 13 14", "-n", "3")
	f("0 1 2 3 4 5 6 7 8 9 10 11 12 13 14", "-n", "99")
	f("3 11", "-n", "2", "--match", "Severity == 3")
	f("11", "-n", "1", "--match", "Severity == 3 && Timestamp < now-1s")
	f("", "--from", "now")
}

func TestSkipsUnread(t *testing.T) {
	env := &stage.Env{}
	bad := capture(0, 4, 4)
	bad[len(bad)-1] ^= 1 // who unpacked this would find it damaged
	got, _, err := run(t, env, "--from", "2026-03-01T12:00:05Z", file(t, bad, capture(4, 8, 4)))
	if err != nil || seconds(got) != "5 6 7" || env.Stats.Damaged.Load() != 0 {
		t.Error(seconds(got), err, env.Stats.Damaged.Load())
	}
}

func TestCount(t *testing.T) {
	name := file(t, capture(0, 12, 4))
	f := func(want string, words ...string) {
		t.Helper()
		env := &stage.Env{}
		got, text, err := run(t, env, append(words, "--count", name)...)
		if err != nil || text != want+"\n" || got != nil || fmt.Sprint(env.Stats.Out.Load()) != want {
			t.Errorf("%q: got %q, %v, out %d", words, text, err, env.Stats.Out.Load())
		}
	}
	f("12")
	f("2", "--match", "Severity == 3")
	f("0", "--match", "FALSE")
	got, text, err := run(t, &stage.Env{Format: "json"}, "--count", name)
	if err != nil || text != "" || len(got) != 1 || got[0].Fields[0].Value != int64(12) {
		t.Error(got, text, err)
	}
}

func TestIndex(t *testing.T) {
	plain := capture(8, 11, 0)
	name := file(t, capture(0, 4, 4), capture(4, 8, 4), plain, []byte("garbage"), capture(11, 12, 0))
	f := func(want string, words ...string) {
		t.Helper()
		got, _, err := run(t, &stage.Env{}, append(words, "--index", name)...)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, m := range got {
			if m.Type != "heka.index" || m.Fields[0].Value != name || m.Timestamp != got[0].Timestamp {
				t.Error(m)
			}
			lines = append(lines, fmt.Sprint(
				m.Fields[2].Value, " ", m.Fields[3].Value, " ", m.Fields[4].Value))
		}
		if s := strings.Join(lines, "; "); s != want {
			t.Errorf("got  %s\nwant %s", s, want)
		}
	}
	f("block 4 2026-03-01T12:00:00Z; block 4 2026-03-01T12:00:04Z; messages 3 2026-03-01T12:00:08Z; " +
		"damaged 0 ; messages 1 2026-03-01T12:00:11Z")
	f("block 4 2026-03-01T12:00:04Z; damaged 0 ",
		"--from", "2026-03-01T12:00:06Z", "--to", "2026-03-01T12:00:08Z")
}

func TestFormats(t *testing.T) {
	var heka []byte
	for i := range 3 {
		m := message(i)
		v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
		if err != nil {
			t.Fatal(err)
		}
		heka = frame.AppendHeka(heka, &v, nil)
	}
	for _, in := range [][]byte{heka, []byte("a\nb\nc\n"), capture(0, 3, 0)} {
		_, text, err := run(t, &stage.Env{}, "--count", file(t, in))
		if err != nil || text != "3\n" {
			t.Errorf("%q: %q, %v", in[:2], text, err)
		}
	}
	got, _, err := run(t, &stage.Env{}, "--index", file(t, heka))
	if err != nil || len(got) != 1 || got[0].Fields[2].Value != "heka" ||
		got[0].Fields[3].Value != int64(3) {
		t.Error(got, err)
	}
}

func TestMistakes(t *testing.T) {
	f := func(want string, words ...string) {
		t.Helper()
		_, err := build(&stage.Env{}, words...)
		var usage *stage.UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", words, err, want)
		}
	}
	f("--match: ", "--match", "Severity <", "a")
	f("--from \"x\" is no time", "--from", "x", "a")
	f("no message is in between", "--from", "now", "--to", "-1h", "a")
	f("-n 0: want 1 or more", "-n", "0", "a")
	f("three answers", "--count", "--index", "a")
	f("three answers", "--fsck", "--index", "a")
	f("write --fsck --repair", "--repair", "a")
	f("leave them out", "--fsck", "-n", "3", "a")
	f("leave --from and --to out", "--fsck", "--from", "now", "a")
	f("name one", "--index")
	f("name one", "--fsck", "-")
	f("leave it out", "-f", "--count", "a")
	f("-f follows one file", "-f")
	f("-f follows one file", "-f", "a", "b")
	f("is empty", "")
	f("- is given twice", "-", "-")
}

func TestNoFile(t *testing.T) {
	for _, words := range [][]string{
		{"x"}, {"--index", "x"}, {"--fsck", "x"}, {"-f", "x"}, {"--fsck", "."}, {"-f", "."},
	} {
		words[len(words)-1] = filepath.Join(t.TempDir(), words[len(words)-1])
		_, _, err := run(t, &stage.Env{}, words...)
		var pe *os.PathError
		if !errors.As(err, &pe) {
			t.Errorf("%q: %v", words, err)
		}
	}
}

func TestRing(t *testing.T) {
	env := &stage.Env{Pool: stage.NewPool(4)}
	b := env.Pool.Get()
	for i := range 10 {
		m := message(i)
		b.Off = append(b.Off, uint32(len(b.Buf)))
		b.Buf = m.Append(b.Buf)
	}
	r := ring{n: 7}
	for range 20 {
		r.add(b)
	}
	if n := testing.AllocsPerRun(100, func() { r.add(b) }); n != 0 {
		t.Errorf("%g allocations a batch", n)
	}
}

// TestFollow appends to a capture, rotates it and cuts it, and waits for each
// message before it goes on.
func TestFollow(t *testing.T) {
	name := file(t, capture(0, 3, 3))
	stop := make(chan struct{})
	env := &stage.Env{Stop: stop}
	st, err := build(env, "-f", "-n", "1", "--match", "Severity != 4", name)
	if err != nil {
		t.Fatal(err)
	}
	came := make(chan string, 100)
	done := make(chan error)
	go func() {
		done <- stage.Run(context.Background(), env, st, stagetest.Sink(func(b *stage.Batch) error {
			var v msg.View
			for i := range b.Off {
				b.View(i, &v)
				came <- fmt.Sprint((v.Timestamp() - start) / 1e9)
			}
			return nil
		}))
	}()
	want := func(s string) {
		t.Helper()
		select {
		case got := <-came:
			if got != s {
				t.Fatalf("got %s, want %s", got, s)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s did not come", s)
		}
	}
	write := func(flag int, b []byte) {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|flag, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		f.Write(b)
		f.Close()
	}
	want("2")
	block := capture(3, 5, 2)
	write(os.O_APPEND, block[:10])
	write(os.O_APPEND, block[10:])
	want("3")
	os.Rename(name, name+".1")
	write(0, capture(5, 6, 0))
	want("5")
	write(os.O_APPEND, capture(8, 12, 0))
	for _, s := range []string{"8", "9", "10", "11"} {
		want(s)
	}
	write(os.O_TRUNC, capture(7, 8, 0)) // shorter than what was there: seen for what it is
	want("7")
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
