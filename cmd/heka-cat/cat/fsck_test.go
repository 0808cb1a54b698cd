package cat

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

// uuids reads a capture as any program would, and returns its messages' uuids and
// what was wrong with it.
func uuids(t *testing.T, b []byte) (map[[16]byte]bool, frame.Stats) {
	t.Helper()
	r := frame.NewReader(bytes.NewReader(b), frame.Options{Now: func() int64 { return 0 }})
	all := map[[16]byte]bool{}
	var buf []byte
	var off []uint32
	for {
		var err error
		buf, off, err = r.Read(buf, off)
		for _, at := range off {
			all[[16]byte(buf[at+msg.HeaderSize+3:])] = true
		}
		if err == io.EOF {
			return all, r.Stats
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// mended repairs b and wants a clean capture with those of the messages 0 to n that
// intact names, and the other bytes in FILE.damaged.
func mended(t *testing.T, what string, b []byte, n int, intact func(i int) bool) {
	t.Helper()
	name := file(t, b)
	got, _, err := run(t, &stage.Env{}, "--fsck", "--repair", name)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	after, _ := os.ReadFile(name)
	rest, err := os.ReadFile(name + ".damaged")
	total := got[len(got)-1]
	if total.Type != "heka.fsck" {
		t.Fatalf("%s: %v", what, total)
	}
	repaired := total.Fields[7].Value.(bool)
	if repaired != (err == nil) || repaired != (len(got) > 1) {
		t.Fatalf("%s: repaired %v, FILE.damaged %v, %d places", what, repaired, err, len(got)-1)
	}
	if total.Fields[6].Value.(int64) != int64(len(rest)) || len(after)+len(rest) != len(b) {
		t.Fatalf("%s: %d bytes of %d, %d damaged, said %v", what, len(after), len(b), len(rest), total)
	}
	have, stats := uuids(t, after)
	if repaired && stats != (frame.Stats{}) {
		t.Fatalf("%s: not clean: %+v", what, stats)
	}
	for i := range n {
		if m := message(i); intact(i) && !have[m.Uuid] {
			t.Fatalf("%s: message %d is lost", what, i)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(name), ".*")); left != nil {
		t.Fatalf("%s: %v is left behind", what, left)
	}
	if _, _, err := run(t, &stage.Env{}, "--fsck", name); err != nil {
		t.Fatalf("%s: after repair: %v", what, err)
	}
}

// mixed is a capture of plain messages and blocks, and where each message stands.
func mixed() (b []byte, spans [][2]int) {
	i := 0
	for round := range 4 {
		for range 3 {
			at := len(b)
			b = append(b, capture(i, i+1, 0)...)
			spans = append(spans, [2]int{at, len(b)})
			i++
		}
		at := len(b)
		b = append(b, capture(i, i+2+round, 99)...)
		for range 2 + round {
			spans = append(spans, [2]int{at, len(b)})
			i++
		}
	}
	return b, spans
}

func TestTruncated(t *testing.T) {
	b, spans := mixed()
	for n := spans[0][1]; n < len(b); n += 7 {
		mended(t, fmt.Sprintf("cut at %d", n), b[:n], len(spans),
			func(i int) bool { return spans[i][1] <= n })
	}
}

func TestFlipped(t *testing.T) {
	b, spans := mixed()
	for at := 0; at < len(b); at += 5 {
		c := bytes.Clone(b)
		c[at] ^= byte(1 << (at % 8))
		mended(t, fmt.Sprintf("byte %d", at), c, len(spans), func(i int) bool {
			return at < spans[i][0] || at >= spans[i][1]
		})
	}
}

func TestLyingLengths(t *testing.T) {
	b, spans := mixed()
	for k, s := range spans {
		for _, n := range []uint32{0, 1, 50, 4000, 1 << 23, 1 << 26, 1<<32 - 1} {
			c := bytes.Clone(b)
			binary.BigEndian.PutUint32(c[s[0]+4:], n)
			mended(t, fmt.Sprintf("length %d of %d", n, k), c, len(spans), func(i int) bool {
				return spans[i][0] != s[0]
			})
		}
	}
}

// TestTorn takes a stretch out of a capture: what a crash between two writers, or
// a lost block of a disk, leaves.
func TestTorn(t *testing.T) {
	b, spans := mixed()
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		from := r.IntN(len(b))
		to := min(len(b), from+1+r.IntN(150))
		c := append(bytes.Clone(b[:from]), b[to:]...)
		if _, stats := uuids(t, c); stats.Damaged == 0 || len(c) == 0 {
			continue // the ends fit by chance
		}
		mended(t, fmt.Sprintf("without %d to %d", from, to), c, len(spans), func(i int) bool {
			return spans[i][1] <= from || spans[i][0] >= to
		})
	}
}

func TestGarbage(t *testing.T) {
	b, spans := mixed()
	for _, garbage := range []string{
		"x", "text\n", "\x1e", "\x1eM\x00\x01", "\x1eM\x00\x01\x00\x00\x00\x08",
		"\x1eB\x00\x01\x00\x00\x01\x00", "\x1e\x02\x08\x10\x1f",
	} {
		for _, at := range []int{0, spans[0][1], spans[3][0] + 40, len(b)} {
			c := append(append(bytes.Clone(b[:at]), garbage...), b[at:]...)
			mended(t, fmt.Sprintf("%q at %d", garbage, at), c, len(spans), func(i int) bool {
				return spans[i][1] <= at || spans[i][0] >= at
			})
		}
	}
}

// TestHekaFraming checks the framing of Mozilla's Heka likewise.
func TestHekaFraming(t *testing.T) {
	var b []byte
	var spans [][2]int
	for i := range 6 {
		m := message(i)
		v, _ := msg.Parse(m.Append(nil)[msg.HeaderSize:])
		at := len(b)
		b = frame.AppendHeka(b, &v, nil)
		spans = append(spans, [2]int{at, len(b)})
	}
	for at := spans[1][0]; at < len(b); at += 3 {
		c := append(bytes.Clone(b[:at]), b[at+1:]...)
		mended(t, fmt.Sprintf("without byte %d", at), c, len(spans), func(i int) bool {
			return at < spans[i][0] || at >= spans[i][1]
		})
	}
}

// TestLyingBlock has a block whose checksum is good and whose messages are not.
func TestLyingBlock(t *testing.T) {
	var out bytes.Buffer
	w := frame.NewBlockWriter(&out, frame.BlockOptions{Level: frame.LevelFastest})
	for i := range 4 {
		m := message(i)
		rec := m.Append(nil)
		if i == 2 {
			rec[msg.HeaderSize] = 0xc1
		}
		w.Write(rec, 1, m.Timestamp, m.Timestamp)
	}
	w.Flush()
	name := file(t, out.Bytes(), capture(4, 6, 0))
	got, _, err := run(t, &stage.Env{}, "--fsck", name)
	if !errors.Is(err, stage.ErrBadData) ||
		got[0].Fields[3].Value != "1 malformed messages in a block" {
		t.Error(got, err)
	}
	if _, _, err := run(t, &stage.Env{}, "--fsck", "--repair", name); err != nil {
		t.Fatal(err)
	}
	after, _ := os.ReadFile(name)
	have, stats := uuids(t, after)
	if len(have) != 5 || stats != (frame.Stats{}) {
		t.Error(len(have), stats)
	}
	bad, _ := os.ReadFile(name + ".damaged")
	if len(bad) == 0 || !bytes.Contains(bad, []byte(message(2).Payload)) {
		t.Errorf("FILE.damaged has %q", bad)
	}
}

func TestFsckSays(t *testing.T) {
	b := capture(0, 4, 2)
	at := len(b) / 2
	c := append(append(bytes.Clone(b[:at]), "garbage"...), b[at:]...)
	name := file(t, c)
	got, _, err := run(t, &stage.Env{}, "--fsck", name, file(t, b))
	if !errors.Is(err, stage.ErrBadData) || len(got) != 3 || got[0].Type != "heka.damage" {
		t.Error(got, err)
	}
	if now, _ := os.ReadFile(name); !bytes.Equal(now, c) {
		t.Error("a check changed the file")
	}
	if _, err := os.Stat(name + ".damaged"); err == nil {
		t.Error("a check wrote FILE.damaged")
	}
}

// TestOthers wants files checked, and said so, although one of them can't be read.
func TestOthers(t *testing.T) {
	torn := file(t, capture(0, 2, 0), []byte("x"))
	none := filepath.Join(t.TempDir(), "none")
	got, _, err := run(t, &stage.Env{}, "--fsck", "--repair", none, torn)
	if !errors.Is(err, os.ErrNotExist) || len(got) != 2 || got[1].Fields[7].Value != true {
		t.Error(got, err)
	}
	got, _, err = run(t, &stage.Env{}, "--index", torn, none)
	if !errors.Is(err, os.ErrNotExist) || len(got) != 1 {
		t.Error(got, err)
	}
}

// TestNoCapture wants text, and a capture of nothing but damage, left alone.
func TestNoCapture(t *testing.T) {
	for _, s := range []string{"some text\n", "\x1e\x1e\x1e", "\x1eM\x00\x01\x00\x00\x00\x08"} {
		name := file(t, []byte(s))
		_, _, err := run(t, &stage.Env{}, "--fsck", "--repair", name)
		if !errors.Is(err, stage.ErrBadData) {
			t.Errorf("%q: %v", s, err)
		}
		if now, _ := os.ReadFile(name); string(now) != s {
			t.Errorf("%q became %q", s, now)
		}
		if all, _ := os.ReadDir(filepath.Dir(name)); len(all) != 1 {
			t.Errorf("%q left %v", s, all)
		}
	}
	if got, _, err := run(t, &stage.Env{}, "--fsck", file(t)); err != nil || len(got) != 1 {
		t.Error("an empty file:", got, err)
	}
}

func TestRepairKeeps(t *testing.T) {
	name := file(t, capture(0, 2, 2), []byte("one"))
	os.Chmod(name, 0o640)
	os.WriteFile(name+".damaged", []byte("earlier "), 0o600)
	link := filepath.Join(t.TempDir(), "link")
	os.Symlink(name, link)
	if _, _, err := run(t, &stage.Env{}, "--fsck", "--repair", link); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(name); info.Mode().Perm() != 0o640 {
		t.Error(info.Mode())
	}
	if info, _ := os.Lstat(link); info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
	if b, _ := os.ReadFile(name + ".damaged"); string(b) != "earlier one" {
		t.Errorf("%q", b)
	}
}

// TestRepairOfGrowing wants a file that was written to during its repair left as it
// is.
func TestRepairOfGrowing(t *testing.T) {
	name := file(t, capture(0, 2, 2), []byte("one"))
	src, _ := os.Open(name)
	defer src.Close()
	k, err := newWalker(context.Background(), &stage.Env{}, src, true)
	if err != nil {
		t.Fatal(err)
	}
	m := &mender{k: k, src: src, path: name}
	for {
		p, ok, err := k.next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		if err := m.take(p); err != nil {
			t.Fatal(err)
		}
	}
	os.WriteFile(name, append(capture(0, 2, 2), "one more"...), 0o600)
	if err := m.commit(); err != errChanged {
		t.Error(err)
	}
	m.abandon()
	if b, _ := os.ReadFile(name); !bytes.HasSuffix(b, []byte("one more")) {
		t.Errorf("%q", b)
	}
	if all, _ := os.ReadDir(filepath.Dir(name)); len(all) != 1 {
		t.Error(all)
	}
}

// TestWaste has headers that all claim to be of blocks of 60 MiB: looking at each to
// its end would take minutes.
func TestWaste(t *testing.T) {
	head := make([]byte, msg.HeaderSize+blockHead)
	copy(head, "\x1eB\x00\x01")
	binary.BigEndian.PutUint32(head[4:], 60<<20)
	binary.BigEndian.PutUint32(head[msg.HeaderSize+24:], 1<<20)
	good := capture(0, 3, 0)
	name := file(t, bytes.Repeat(head, 3000), good)
	if err := os.Truncate(name, 64<<20); err != nil {
		t.Fatal(err)
	}
	src, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	k, err := newWalker(context.Background(), &stage.Env{}, src, true)
	if err != nil {
		t.Fatal(err)
	}
	messages := 0
	for {
		p, ok, err := k.next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		messages += p.count
	}
	if limit := int64(wasteFree + wasteFactor*3000*len(head) + 60<<20); k.wasted > limit {
		t.Errorf("%d bytes were looked at for nothing, want at most %d", k.wasted, limit)
	}
	if messages != 3 {
		t.Errorf("%d messages found behind them", messages)
	}
}

func FuzzWalk(f *testing.F) {
	b, _ := mixed()
	f.Add(b)
	f.Add(b[:200])
	f.Add([]byte("\x1e\x02\x08\x10\x1f"))
	f.Add([]byte("text\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		name := filepath.Join(t.TempDir(), "f")
		os.WriteFile(name, b, 0o600)
		for _, verify := range []bool{true, false} {
			src, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			k, err := newWalker(context.Background(), &stage.Env{}, src, verify)
			if err != nil {
				t.Fatal(err)
			}
			at := int64(0)
			for {
				p, ok, err := k.next()
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				if p.at != at || p.size <= 0 {
					t.Fatalf("a piece of %d bytes at %d, want one at %d", p.size, p.at, at)
				}
				at = p.end()
			}
			if at != int64(len(b)) {
				t.Fatalf("ends at %d of %d", at, len(b))
			}
			src.Close()
		}
	})
}
