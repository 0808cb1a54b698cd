package file

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"heka/lib/msg"
	"heka/lib/stage"
)

func packGzip(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.Bytes()
}

func packZstd(text string) []byte {
	w, _ := zstd.NewWriter(nil)
	defer w.Close()
	return w.EncodeAll([]byte(text), nil)
}

// noise returns lines that do not pack well.
func noise(n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range n {
		for range 60 {
			b.WriteByte(byte('a' + r.IntN(26)))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// once runs heka-tail on args in dir to its end.
func once(t *testing.T, dir string, args ...string) *tailer {
	t.Helper()
	return start(t, dir, quick, args...)
}

func TestOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a.log", "1\n2\n")
	write(t, dir+"/b.log", "3\r\n4")
	write(t, dir+"/c.log", "")
	f := func(args []string, want ...string) {
		t.Helper()
		tl := once(t, dir, args...)
		tl.want(want...)
		tl.end(nil)
		if tl.logs.String() != "" {
			t.Errorf("%q: log %s", args, tl.logs)
		}
	}
	f([]string{"a.log"}, `"1"`, `"2"`)
	f([]string{"b.log"}, `"3"`, `"4"`)
	f([]string{"b.log", "c.log", "a.log"}, `"3"`, `"4"`, `"1"`, `"2"`)
	f([]string{"*.log"}, `"1"`, `"2"`, `"3"`, `"4"`)
	f([]string{"-n1", "*.log"}, `"2"`, `"4"`)
	f([]string{"-n0", "*.log"})
	f([]string{"-n+2", "*.log"}, `"2"`, `"4"`)
	f([]string{"-n+9", "a.log"})
	f([]string{"--from-start", "a.log"}, `"1"`, `"2"`)
}

func TestPacked(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a.log", string(packGzip("1\n2\n"))+string(packGzip("3\n4"))) // two members
	write(t, dir+"/b.log", string(packZstd("5\n6\n7")))
	write(t, dir+"/c.gz", "8\n")
	f := func(args []string, want ...string) {
		t.Helper()
		tl := once(t, dir, args...)
		tl.want(want...)
		tl.end(nil)
	}
	f([]string{"a.log", "b.log"}, `"1"`, `"2"`, `"3"`, `"4"`, `"5"`, `"6"`, `"7"`)
	f([]string{"c.gz"}, `"8"`)
	f([]string{"-n2", "a.log", "b.log"}, `"3"`, `"4"`, `"6"`, `"7"`)
	f([]string{"-n+3", "a.log"}, `"3"`, `"4"`)
}

// What of a damaged file could be read is delivered, and the others are read.
func TestPackedDamaged(t *testing.T) {
	text := noise(5000)
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	f := func(packed []byte, least int) {
		t.Helper()
		dir := t.TempDir()
		write(t, dir+"/a.log", string(packed[:len(packed)*3/4]))
		write(t, dir+"/b.log", "next\n")
		tl := once(t, dir, "a.log", "b.log")
		err := <-tl.ended
		tl.ended = nil
		var pe *fs.PathError
		if !errors.As(err, &pe) || pe.Path != dir+"/a.log" ||
			!strings.Contains(err.Error(), "1 of 2") {
			t.Errorf("ended with %v", err)
		}
		close(tl.out)
		n := 0
		for g := range tl.out {
			switch {
			case g.String() == `"next"` && len(tl.out) == 0:
				continue
			case g.Payload == lines[n]:
			case len(g.Fields) == 1 && g.Fields[0].Name == "partial" && len(tl.out) == 1:
			default:
				t.Fatalf("message %d: %s", n, g)
			}
			n++
		}
		if n < least {
			t.Errorf("%d lines of a damaged file", n)
		}
		if !strings.Contains(tl.logs.String(), "unpack") {
			t.Errorf("log: %s", tl.logs)
		}
	}
	f(packGzip(text), 3000)
	f(packZstd(text), 1500)
}

func TestPackedHeader(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a.gz", "\x1f\x8b\x08\x00")
	tl := once(t, dir, "a.gz")
	err := <-tl.ended
	tl.ended = nil
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("ended with %v", err)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a.log", "1\n")
	os.Mkdir(dir+"/d", 0o700)
	f := func(args []string, is error, text string, logged ...string) {
		t.Helper()
		tl := once(t, dir, args...)
		err := <-tl.ended
		tl.ended = nil
		if is == nil && err != nil || !errors.Is(err, is) {
			t.Errorf("%q: ended with %v, want %v", args, err, is)
		}
		if err != nil && !strings.Contains(err.Error(), text) {
			t.Errorf("%q: no %q in %v", args, text, err)
		}
		if n := strings.Count(tl.logs.String(), "level=ERROR"); n != len(logged) {
			t.Errorf("%q: %d errors in the log:\n%s", args, n, tl.logs)
		}
		for _, l := range logged {
			tl.logs.wait(t, l)
		}
	}
	f([]string{"no.log"}, fs.ErrNotExist, "no.log")
	f([]string{"no.log", "a.log"}, nil, "", "no.log: no such file")
	f([]string{"no.log", "nor.log"}, fs.ErrNotExist, "2 of 2", "no.log", "nor.log")
	f([]string{"a.log", "*.x"}, nil, "", "*.x: no file matches")
	f([]string{"d", "a.log"}, nil, "", "name its files, as in "+filepath.Join(dir, "d/*"))
	tl := once(t, dir, "d")
	if err := <-tl.ended; err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("ended with %v", err)
	}
	tl.ended = nil
}

func TestUsage(t *testing.T) {
	f := func(want string, args ...string) {
		t.Helper()
		_, err := parse(&stage.Env{}, args...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", args, err, want)
		}
	}
	f("no source is given")
	f("--from-start and -n", "-n1", "--from-start", "a")
	f("--poll is of use with -f", "--poll", "a")
	f("- is given twice", "-", "-")
	f(`no source of sort "tcp"`, "tcp://:514")
	f("** is not supported", "/var/**/x")
	f("no valid pattern", "a[")
	f("must be a number of lines", "-n", "ten", "a")
	f("must be a number of lines", "-n", "-1", "a")
	f("a source is empty", "")
}

// The same line has the same uuid whenever and however it is read; another none.
func TestUuid(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a.log", "1\n2\n3\n")
	write(t, dir+"/b.log", "1\n2\n3\n")
	write(t, dir+"/c.log", string(packGzip("1\n2\n")))
	ids := func(args ...string) (ids [][16]byte) {
		tl := once(t, dir, args...)
		<-tl.ended
		tl.ended = nil
		close(tl.out)
		for g := range tl.out {
			ids = append(ids, g.Uuid)
		}
		return ids
	}
	a := ids("a.log")
	if last := ids("-n1", "a.log"); len(a) != 3 || last[0] != a[2] {
		t.Errorf("read from the end: %x, whole: %x", last, a)
	}
	add(t, dir+"/a.log", "4\n")
	if again := ids("a.log"); [3][16]byte(again) != [3][16]byte(a) {
		t.Error("grown, the file has other uuids")
	}
	all := append(append(a, ids("b.log")...), ids("c.log")...)
	seen := map[[16]byte]bool{}
	for _, u := range all {
		if seen[u] {
			t.Errorf("uuid %x twice", u)
		}
		seen[u] = true
	}
	if c := ids("c.log"); c[1] != all[7] {
		t.Error("unpacked again, a line has another uuid")
	}
}

// count is a Writer that counts, and keeps the first message that is not empty.
type count struct {
	n, bytes int64
	first    msg.Message
	ranges   []stage.Range
	most     uint64
}

func (c *count) Write(b *stage.Batch) error {
	c.n += int64(b.Len())
	c.bytes += int64(len(b.Buf))
	c.ranges = append(c.ranges, b.Ack)
	if len(c.first.Payload) == 0 {
		var v msg.View
		b.View(0, &v)
		c.first = v.Message()
	}
	b.Release()
	if len(c.ranges) == 1 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		c.most = max(c.most, m.HeapAlloc)
	}
	return nil
}

// contiguous checks that the acknowledgements stand end to end.
func (c *count) contiguous(t *testing.T, size int64) {
	t.Helper()
	at := int64(0)
	for _, r := range c.ranges {
		if r.From != at || r.To <= at || r.Source != c.ranges[0].Source {
			t.Fatalf("at %d: %+v", at, r)
		}
		at = r.To
	}
	if at != size {
		t.Errorf("acknowledges %d bytes of %d", at, size)
	}
}

func TestLongLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.log")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	block := bytes.Repeat([]byte("x\x00\x1b\xff"), 256<<10)
	for range 100 {
		f.Write(block)
	}
	f.WriteString("\nnext\n")
	f.Close()
	var c count
	if err := runOnce(&stage.Env{}, &c, path); err != nil {
		t.Fatal(err)
	}
	if c.n != 2 || len(c.first.Payload) != 1<<20 || c.first.Fields[1].Value != int64(99<<20) {
		t.Errorf("%d messages, the first of %d bytes: %v", c.n, len(c.first.Payload), c.first.Fields)
	}
	if c.most > 32<<20 {
		t.Errorf("%d MiB in use", c.most>>20)
	}
	c.contiguous(t, 100<<20+6)
}

func TestEmptyLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.log")
	write(t, path, strings.Repeat("\n", 1e6))
	var c count
	if err := runOnce(&stage.Env{}, &c, path); err != nil {
		t.Fatal(err)
	}
	if c.n != 1e6 {
		t.Errorf("%d messages", c.n)
	}
	c.contiguous(t, 1e6)
}

func TestHostileContent(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a.log", "\ufeffbom\na\x00b\n\xff\xfea\x00\n\x1b[31m\n\r\n\r\r\n")
	tl := once(t, dir, "a.log")
	tl.want(`"\ufeffbom"`, `"a\x00b"`, `"\xff\xfea\x00"`, `"\x1b[31m"`, `""`, `"\r"`)
	tl.end(nil)
}

func TestProgress(t *testing.T) {
	path := bigFile(t, 8<<20)
	var done, total int64
	env := &stage.Env{Progress: func(d, n int64) {
		if d < done || n < d {
			t.Errorf("%d of %d after %d", d, n, done)
		}
		done, total = d, n
	}}
	if err := runOnce(env, &count{}, path, path); err != nil {
		t.Fatal(err)
	}
	if st, _ := os.Stat(path); done != 2*st.Size() || total != done {
		t.Errorf("%d of %d at the end", done, total)
	}
}

// stopper closes a channel at its first batch.
type stopper struct {
	count
	stop chan struct{}
}

func (s *stopper) Write(b *stage.Batch) error {
	if s.n == 0 {
		close(s.stop)
	}
	return s.count.Write(b)
}

func TestStopOnce(t *testing.T) {
	path := bigFile(t, 8<<20)
	s := &stopper{stop: make(chan struct{})}
	if err := runOnce(&stage.Env{Stop: s.stop}, s, path, path); err != nil {
		t.Fatal(err)
	}
	if s.n == 0 || s.n > 5000 {
		t.Errorf("%d messages after a stop at the first batch", s.n)
	}
	s.contiguous(t, s.n*200)
}

func TestPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tl := pipeTailer(t, r, "-")
	put(t, w, "1\n2")
	tl.want(`"1"`)
	put(t, w, "3\n4")
	tl.want(`"23"`)
	w.Close()
	tl.want(`"4"`)
	tl.end(nil)
}

func TestPipeFollowed(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tl := pipeTailer(t, r, "-f", "-")
	put(t, w, "1\n")
	tl.want(`"1"`)
	w.Close()
	tl.end(nil)
}

func TestPipeStopped(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	tl := pipeTailer(t, r, "-")
	put(t, w, "1\n2")
	tl.want(`"1"`)
	tl.finish(`"2" partial=true`)
}

func TestFifo(t *testing.T) {
	f := func(args ...string) *tailer {
		dir := t.TempDir()
		if err := syscall.Mkfifo(dir+"/p", 0o600); err != nil {
			t.Fatal(err)
		}
		tl := start(t, dir, quick, append(args, "p")...)
		add(t, tl.path("p"), "1\n2\n")
		tl.want(`"1"`, `"2"`)
		return tl
	}
	f().end(nil)
	tl := f("-f")
	add(t, tl.path("p"), "3\n")
	tl.want(`"3"`)
	tl.finish()
	tl = f("-f")
	tl.cancel()
	<-tl.ended
	tl.ended = nil
}
