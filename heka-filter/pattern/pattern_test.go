package pattern

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"heka/heka-filter/internal/verbtest"
	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// show returns a form with [] for what is filled in, and words that stand in slots in
// brackets.
func show(s *scanner) string {
	var out []byte
	n := 0
	for _, c := range s.form {
		switch c {
		case hole:
			out = append(out, "[]"...)
		case slot:
			w := s.words[n]
			out = append(append(append(out, '['), s.line[w.start:w.end]...), ']')
			n++
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

func TestForm(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		var s scanner
		s.scan([]byte(line))
		if got := show(&s); got != want {
			t.Errorf("%q:\n%s, want\n%s", line, got, want)
		}
	}
	f("", "")
	f("   ", "")
	f("started", "started")
	f("pam_unix(sshd:session): session opened for user root by (uid=0)",
		"pam_unix(sshd:session): session opened for user [root] by (uid=[])")
	f("Failed password for invalid user admin from 192.0.2.7 port 4711 ssh2",
		"Failed password for invalid user [admin] from [] port [] []")
	f("Connection closed by 2001:db8::7 port 22 [preauth]",
		"Connection closed by [] port [] [[preauth]]")
	f("2026-03-01T12:00:00.123Z ERROR [pool-1] c.e.PacketReader: read /var/log/a.log took 12.5ms",
		"[] ERROR [[]] c.e.PacketReader: read [] took []")
	f("level=info msg=\"user logged in\" user=bob ok=true", `level=[] msg="[]" user=[] ok=[]`)
	f(`{"level":"error","n":5,"tags":["a","b"]}`, `{"level":"[]","n":[],"tags":["[]","[]"]}`)
	f("ids 1, 2, 3 and 4", "ids [] and []")
	f("ids 1,2 and 4", "ids [] and []")
	f("mail to bob@example.com: sent", "mail to []: sent")
	f("key deadbeef and beef and 0x1f", "key [] and [beef] and []")
	f("id 0191b0a4-7d5b-7c1e-9d62-0242ac120002 done", "id [] done")
	f("read/write I/O on and/or", "read/write I/O on and/or")
	f("see https://example.com/a?b=c&d=(1) now", "see []) now")
	f(`copy C:\temp\x.txt to ./y and ~/z`, "copy [] to [] and []")
	f("can't open 'the file' of bob's job", "can't open '[]' of [bob's] job")
	f(`an "unclosed quote`, `an "unclosed [quote]`)
	f(`an "es\"caped" quote`, `an "[]" [quote]`)
	f("a\tb  c \x01\x02 d", "a b c d")
	f("zwölf Äpfel fallen", "zwölf Äpfel fallen") // too few words are known
	f("foo bar baz is qux", "foo bar baz is qux")
	f("foo bar is now qux", "foo [bar] is now [qux]")
	f("Sun Mar 1 12:00:00 2026 restarting", "[] [] [] [] [] restarting")
	f("done: 50% (-3.5 of +7) #12 @home $HOME -> *", "done: [] ([] of []) [] [@home] $HOME -> *")
	f("first line 1\nsecond line 2", "first line []")
	f("wait... what?! no:", "wait... what?! no:")
	f("x"+strings.Repeat(" 1", 3000), "x"+strings.Repeat(" []", maxPieces/2)[:maxPieces/2*3-3]+" []")
}

// lines are of few kinds, in which words and values differ.
func someLines() (all []string) {
	users := []string{"root", "bob", "alice", "mallory"}
	for i := range 400 {
		u := users[i%len(users)]
		all = append(all,
			fmt.Sprintf("session opened for user %s by (uid=%d)", u, i),
			fmt.Sprintf("Accepted publickey for %s from 192.0.2.%d port %d", u, i%250, 1000+i),
			fmt.Sprintf("Received block blk_%d of size %d from /10.0.0.%d", i*7919, i*3, i%250),
			fmt.Sprintf("cache %s: %d hits, %d misses", []string{"l1", "l2"}[i%2], i, i/2),
			fmt.Sprintf("worker %d exited with status %d after %dms: signal: killed", i, i%3, i*11))
	}
	return all
}

// TestIdsAreStable wants a line to have the same id in each run, whatever came before it,
// and the same text once as much is known.
func TestIdsAreStable(t *testing.T) {
	lines := someLines()
	ids, texts := map[string]string{}, map[string]string{}
	for run := range 5 {
		m := newMiner(100)
		r := rand.New(rand.NewPCG(1, uint64(run)))
		r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		for range 2 {
			for _, l := range lines {
				id := string(m.find([]byte(l)).id[:])
				if was, ok := ids[l]; ok && was != id {
					t.Fatalf("%s: %s and %s", l, id, was)
				}
				ids[l] = id
			}
		}
		m.clusters.All(func(_ []byte, c *cluster) {
			if was, ok := texts[string(c.id[:])]; ok && was != string(c.text) {
				t.Errorf("%s: %q and %q", c.id, c.text, was)
			}
			texts[string(c.id[:])] = string(c.text)
		})
	}
	want := map[string]bool{
		"session opened for user <*> by (uid=<*>)":                    true,
		"Accepted publickey for <*> from <*> port <*>":                true,
		"Received block <*> of size <*> from <*>":                     true,
		"cache <*>: <*> hits, <*> misses":                             true,
		"worker <*> exited with status <*> after <*>: signal: killed": true,
	}
	for _, text := range texts {
		if !want[text] {
			t.Errorf("%q", text)
		}
		delete(want, text)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

// TestIdsAreOfTheRules names ids, so that a change of the rules does not pass unseen: people
// have ids in their configuration.
func TestIdsAreOfTheRules(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		if got := string(newMiner(1).find([]byte(line)).id[:]); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
	f("session opened for user root by (uid=0)", "8129a641c1e245b0")
	f("Failed password for invalid user admin from 192.0.2.7 port 4711 ssh2", "99341777d12f53f5")
	f(`{"level":"error","n":5}`, "7ae6ba05df0e8f2e")
}

func TestMark(t *testing.T) {
	in := []string{"Payload='user bob has 5'", "x=1", "Payload='user eve has 7' x=2", "Payload='' x=3"}
	env := &stage.Env{}
	f := func(words, want string, in ...string) {
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
			s := m.Payload
			for _, f := range m.Fields {
				if f.Name == "pattern_id" {
					f.Value = len(f.Value.(string))
				}
				s += fmt.Sprintf(" %s=%v", f.Name, f.Value)
			}
			got = append(got, s)
		}
		if s := strings.Join(got, "\n"); s != want {
			t.Errorf("%s:\n%s\nwant:\n%s", words, s, want)
		}
	}
	f("", "user bob has 5 pattern=user bob has <*> pattern_id=16\n x=1\n"+
		"user eve has 7 x=2 pattern=user <*> has <*> pattern_id=16\n x=3", in...)
	f(".m", " m=5 or 6 pattern=<*> or <*> pattern_id=16", "m='5 or 6'")
	f(".m", " m=5", "m=5")
	f("Logger", " x=1 pattern=test pattern_id=16", "x=1")
}

func TestTop(t *testing.T) {
	var in []string
	lines := []string{"user bob left", "user eve left", "user bob left",
		"disk 1 full", "disk 2 full", "x"}
	for i, l := range lines {
		in = append(in, fmt.Sprintf("t=%d Payload='%s'", i*4, l))
	}
	id := func(line string) string { return string(newMiner(1).find([]byte(line)).id[:]) }
	user, disk, x := id("user bob left"), id("disk 1 full"), id("x")
	row := func(t, n int, percent, id, text string) string {
		return fmt.Sprintf("heka.pattern@%d count=%d percent=%s pattern_id=%q pattern=%q",
			t, n, percent, id, text)
	}
	verbtest.Run(t, Kind, "top", in, []string{row(20, 3, "50.0", user, "user <*> left"),
		row(20, 2, "33.3333", disk, "disk <*> full"), row(20, 1, "16.6667", x, "x")})
	verbtest.Run(t, Kind, "top Payload 1", in, []string{row(20, 3, "50.0", user, "user <*> left")})
	verbtest.Run(t, Kind, "top every 10s", in, []string{row(10, 3, "100.0", user, "user <*> left"),
		row(20, 2, "100.0", disk, "disk <*> full"), row(20, 1, "100.0", x, "x")})
	verbtest.Run(t, Kind, "top --max-keys 1", in, []string{row(20, 1, "16.6667", x, "x"),
		`heka.pattern@20 count=5 percent=83.3333 pattern="(other)"`})
	verbtest.Run(t, Kind, "top .m", in, nil)
}

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f("tops", `"tops"`)
	f("10", `"10"`, "did you mean pattern top 10?")
	f(".m 10", `"10"`, "pattern top")
	f("top .m .n", `".n"`)
	f("top 0", `"0"`, "at least 1")
	f("top .m 5 6", `"6"`)
	f("Severity", `"Severity"`, "no text")
	f("every 5s", "did you mean pattern top?")
	f("top by .x", `"by"`)
	f("--max-keys 0", "--max-keys 0")
}

func FuzzForm(f *testing.F) {
	for _, s := range []string{"session opened for user root by (uid=0)", `{"a":"b\"c",'d'}`, "::/:",
		"a'b'c",
		"https://x/y z=1,2, 3", "\x01\x02\xff", "\\", "'\\", "@:@", "a:b:c:d", "~", "fe80::1"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		m := newMiner(10)
		first := m.find(line)
		id, text := first.id, string(first.text)
		if n := len(m.words); n > maxSlots || n != bytes.Count(m.form, []byte{slot}) {
			t.Fatalf("%d words", n)
		}
		if len(text) > 3*maxLine+10 {
			t.Fatalf("%d bytes of text", len(text))
		}
		again := m.find(line)
		if again.id != id || string(again.text) != text {
			t.Fatalf("%q and then %q", text, again.text)
		}
	})
}

// batch is a batch of messages with lines as their payloads.
func batch() *stage.Batch {
	b := stage.NewPool(4).Get()
	for i, l := range someLines() {
		m := msg.Message{Timestamp: int64(i), Logger: "auth.log", Hostname: "web1.example", Payload: l,
			Severity: 6}
		b.Off = append(b.Off, uint32(len(b.Buf)))
		b.Buf = m.Append(b.Buf)
	}
	return b
}

// null is a Writer of nothing.
type null struct{}

func (null) Write(b *stage.Batch) error {
	b.Release()
	return nil
}

func newBench(t testing.TB) func(*stage.Batch) {
	env := &stage.Env{Pool: stage.NewPool(4)}
	s := &marker{env: env, miner: newMiner(1000), v: match.HeaderVar(msg.Payload)}
	c := stage.NewCollector(env, null{})
	return func(b *stage.Batch) {
		if err := s.batch(b.Retain(), c); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNoAllocs(t *testing.T) {
	do, b := newBench(t), batch()
	do(b)
	if n := testing.AllocsPerRun(5, func() { do(b) }); n > 0 {
		t.Errorf("%v allocations in a batch", n)
	}
	v := match.HeaderVar(msg.Hostname)
	top := &tops{miner: newMiner(1000), v: v, n: 5}
	verbtest.NoAllocs(t, top.Add)
}

func BenchmarkPattern(b *testing.B) {
	do, in := newBench(b), batch()
	b.SetBytes(int64(len(in.Buf) / in.Len()))
	b.ReportAllocs()
	for i := 0; i < b.N; i += in.Len() {
		do(in)
	}
}

func BenchmarkScan(b *testing.B) {
	var lines [][]byte
	for _, l := range someLines() {
		lines = append(lines, []byte(l))
	}
	var s scanner
	b.ReportAllocs()
	for i := range b.N {
		s.scan(lines[i%len(lines)])
	}
}
