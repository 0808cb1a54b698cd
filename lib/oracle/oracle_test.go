package oracle

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

func TestLine(t *testing.T) {
	lens, crlf := map[int]int{}, 0
	for seq := range int64(50_000) {
		b := AppendLine(nil, 7, 3, seq)
		line, ok := bytes.CutSuffix(b, []byte("\n"))
		l, parsed := ParseLine(line)
		if !ok || bytes.Contains(line, []byte("\n")) || !parsed || !l.Good || l.Src != 3 || l.Seq != seq {
			t.Fatalf("line %d: %+v of %.80q", seq, l, b)
		}
		lens[l.Len]++
		if bytes.HasSuffix(line, []byte("\r")) {
			crlf++
			if l, ok := ParseLine(line[:len(line)-1]); !ok || !l.Good {
				t.Fatalf("line %d is not good without its \\r: %.80q", seq, b)
			}
		}
		for _, at := range []int{4, 10, len(line) / 2, len(line) - 2} {
			line[at] ^= 1
			if l, ok := ParseLine(line); ok && l.Good && l.Body != nil {
				t.Fatalf("line %d: byte %d changed, and it is good: %.80q", seq, at, line)
			}
			line[at] ^= 1
		}
	}
	for _, n := range []int{0, 1, 4095, 4096, 4097, 65535, 65536, 65537, 119} {
		if lens[n] == 0 {
			t.Errorf("no body of %d bytes", n)
		}
	}
	if crlf < 4000 {
		t.Errorf("%d lines end in CRLF", crlf)
	}
	f := func(line string) {
		t.Helper()
		if l, ok := ParseLine([]byte(line)); ok && l.Good {
			t.Errorf("%q is good", line)
		}
	}
	f("")
	f("src=1")
	f("src= seq=000000 len=0 crc=00000000 ")
	f("src=1 seq=000000 len=0 crc=00000000 ")
	f("src=99999999999 seq=000000 len=0 crc=00000000 ")
	f("src=1 seq=000000 len=0 crc=0000000 ")
	f("src=1 seq=99999999999999999999 len=0 crc=00000000 ")
}

func FuzzParseLine(f *testing.F) {
	f.Add(AppendLine(nil, 1, 1, 1))
	f.Add([]byte("src=1 seq=000000 len=0 crc=00000000 "))
	f.Fuzz(func(t *testing.T, line []byte) {
		if l, ok := ParseLine(line); ok && l.Good && len(l.Body) != l.Len {
			t.Errorf("%q: good, with %d bytes of %d", line, len(l.Body), l.Len)
		}
	})
}

func TestSpans(t *testing.T) {
	f := func(want string, add ...int64) {
		t.Helper()
		var s spans
		for i := 0; i < len(add); i += 2 {
			s.add(add[i], add[i+1])
		}
		if got := fmt.Sprint(s); got != want {
			t.Errorf("%v: %s, want %s", add, got, want)
		}
		for n := int64(-1); n < 40; n++ {
			in := false
			for i := 0; i < len(add); i += 2 {
				in = in || add[i] <= n && n <= add[i+1]
			}
			if s.has(n) != in {
				t.Errorf("%v: has %d: %v", add, n, !in)
			}
		}
	}
	f("[]")
	f("[]", 3, 2)
	f("[{0 5}]", 0, 2, 3, 5)
	f("[{0 2} {4 5}]", 0, 2, 4, 5)
	f("[{0 5}]", 0, 2, 4, 5, 3, 3)
	f("[{1 1} {3 3} {5 5}]", 5, 5, 1, 1, 3, 3)
	f("[{0 30}]", 2, 3, 5, 6, 20, 21, 0, 30)
	f("[{2 10} {20 21}]", 2, 3, 5, 6, 20, 21, 3, 10)

	a, b := spans{{0, 9}, {20, 29}}, spans{{3, 4}, {9, 21}, {29, 40}}
	if got := fmt.Sprint(a.without(b)); got != "[{0 2} {5 8} {22 28}]" {
		t.Error(got)
	}
	if n := a.without(nil).count(); n != 20 {
		t.Error(n)
	}
}

// rotated writes 3,000 lines, rotates behind every 100, and returns the folder and
// what there is to be known.
func rotated(t *testing.T, opt Rotation) (dir string, l *Ledger, r *Rotator) {
	t.Helper()
	dir, l = t.TempDir(), NewLedger()
	w, err := NewWriter(l, filepath.Join(dir, "app.log"), 7)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = NewRotator(w, opt); err != nil {
		t.Fatal(err)
	}
	if err := (Plan{Lines: 3000, EveryLines: 100}).Run(context.Background(), w, r); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, l, r
}

// TestRotations reads all files there are at the end, from the oldest on: what each way
// of rotating leaves is what the ledger says.
func TestRotations(t *testing.T) {
	f := func(name string, opt Rotation, files int, lossy bool) {
		t.Run(name, func(t *testing.T) {
			how, err := ParseHow(name)
			if err != nil {
				t.Fatal(err)
			}
			opt.Hows = []How{how}
			dir, l, r := rotated(t, opt)
			all := oldestFirst(t, dir)
			if len(all) != files {
				t.Errorf("%d files, want %d: %v", len(all), files, all)
			}
			c := NewChecker(l)
			for _, path := range all {
				readAll(t, c, path)
			}
			report := c.Report()
			if err := report.Err(Allow{}); err != nil {
				t.Error(err)
			}
			if lossy != (report.Excused > 0) || report.Ahead > 0 || r.Count() != 30 || report.Wrote < 3000 {
				t.Errorf("%d rotations, %+v", r.Count(), report)
			}
			if how == Partial && report.Partial != 15 {
				t.Errorf("%d halves", report.Partial)
			}
		})
	}
	f("create", Rotation{}, 31, false)
	f("create", Rotation{Pack: "gz"}, 31, false)
	f("create", Rotation{Pack: "zst", Delay: true}, 31, false)
	f("create", Rotation{Pack: "xz"}, 31, false)
	f("date", Rotation{}, 31, false)
	f("date", Rotation{Pack: "gz", Delay: true}, 31, false)
	f("double", Rotation{}, 91, false)
	f("late", Rotation{}, 31, false)
	f("late", Rotation{Pack: "gz"}, 31, false)
	f("partial", Rotation{}, 31, false)
	f("copy", Rotation{}, 31, false)
	f("copyrace", Rotation{}, 31, true)
	f("truncate", Rotation{}, 1, true)
	f("regrow", Rotation{}, 1, true)
	f("delete", Rotation{}, 1, true)
	f("inode", Rotation{}, 1, true)
	f("symlink", Rotation{}, 31, false)
}

// oldestFirst returns the files of dir that are no links, in the order of their lines.
func oldestFirst(t *testing.T, dir string) (paths []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := &Rotator{w: &Writer{path: filepath.Join(dir, "app.log")}}
	all, err := r.numbered()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		paths = append(paths, r.name(f))
	}
	last := ""
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if path == r.w.path && e.Type().IsRegular() {
			last = path
		} else if strings.HasPrefix(e.Name(), "app.log-") {
			paths = append(paths, path)
		}
	}
	if last != "" {
		paths = append(paths, last)
	}
	return paths
}

func readAll(t *testing.T, c *Checker, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	switch filepath.Ext(path) {
	case ".gz":
		r, err = gzip.NewReader(f)
	case ".zst":
		r, err = zstd.NewReader(f)
	case ".xz":
		r, err = xz.NewReader(f)
	}
	if err == nil {
		err = c.Read(r)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestKeep(t *testing.T) {
	dir, _, _ := rotated(t, Rotation{Hows: []How{Create}, Keep: 3, Pack: "gz"})
	if all := oldestFirst(t, dir); len(all) != 4 || filepath.Base(all[0]) != "app.log.3.gz" {
		t.Error(all)
	}
	dir, _, _ = rotated(t, Rotation{Hows: []How{Date}, Keep: 3})
	if all := oldestFirst(t, dir); len(all) != 4 || filepath.Base(all[0]) != "app.log-20240129" {
		t.Error(all)
	}
}

// TestSame wants the same files from the same seed.
func TestSame(t *testing.T) {
	opt := Rotation{Hows: []How{Create, Double, Copy, Partial}}
	one, _, _ := rotated(t, opt)
	two, _, _ := rotated(t, opt)
	for _, path := range oldestFirst(t, one) {
		a, _ := os.ReadFile(path)
		b, err := os.ReadFile(filepath.Join(two, filepath.Base(path)))
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs: %v", path, err)
		}
	}
}

// TestPlanTimes rotates by time beside a writer that is held to a rate.
func TestPlanTimes(t *testing.T) {
	f := func(p Plan, least, most int64) {
		t.Helper()
		dir, l := t.TempDir(), NewLedger()
		w, err := NewWriter(l, filepath.Join(dir, "app.log"), 1)
		if err != nil {
			t.Fatal(err)
		}
		r, err := NewRotator(w, Rotation{Hows: []How{Create, Copy}})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(context.Background(), w, r); err != nil {
			t.Fatal(err)
		}
		w.Close()
		c := NewChecker(l)
		for _, path := range oldestFirst(t, dir) {
			readAll(t, c, path)
		}
		report := c.Report()
		if err := report.Err(Allow{}); err != nil {
			t.Error(err)
		}
		if r.Count() < 2 || report.Wrote < least || report.Wrote > most {
			t.Errorf("%d rotations of %d lines", r.Count(), report.Wrote)
		}
	}
	f(Plan{Rate: 5000, For: 200 * time.Millisecond, Every: 20 * time.Millisecond}, 100, 5000)
	f(Plan{Bytes: 500_000, For: 200 * time.Millisecond, Every: 20 * time.Millisecond}, 100, 15_000)
	f(Plan{Lines: 20_000, Every: time.Millisecond}, 20_000, 20_000)
}
