package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"heka/lib/oracle"
)

func hows(h ...oracle.How) oracle.Rotation { return oracle.Rotation{Hows: h} }

// TestRotated is T01: a file that is rotated ten times a second, and a consumer that
// takes a tenth of what is written until that ends.
func TestRotated(t *testing.T) {
	f := func(name, flags string, opt oracle.Rotation) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.log(opt)
			free := make(chan struct{})
			l := s.runAt("heka-tail -f --from-start "+flags+" logs/app.log", func(r io.Reader) io.Reader {
				return &slow{r: r, rate: 100e3, free: free}
			})
			s.fresh(l)
			s.plan(oracle.Plan{
				For: full(3*time.Second, time.Minute), Bytes: 1e6, Every: 100 * time.Millisecond,
			})
			close(free)
			s.come(l)
			s.fresh(l)
			s.stop(l)
			s.well(oracle.Allow{})
			l.silent()
		})
	}
	f("create", "", hows(oracle.Create))
	f("date", "", hows(oracle.Date))
	f("keep", "", oracle.Rotation{Hows: []oracle.How{oracle.Create}, Keep: full(25, 10)})
	f("state", "--state s", hows(oracle.Create))
}

// ways are the rotations that lose nothing to who finds the names, or no more than
// the ledger has as lost, with and without compression.
var ways = []struct {
	name string
	oracle.Rotation
}{
	{"create", hows(oracle.Create)},
	{"date", hows(oracle.Date)},
	{"double", hows(oracle.Double)},
	{"late", hows(oracle.Late)},
	{"partial", hows(oracle.Partial)},
	{"copy", hows(oracle.Copy)},
	{"copyrace", hows(oracle.CopyRace)}, // as logrotate does: loses what no copy has
	{"symlink", hows(oracle.Symlink)},
	{"gz", oracle.Rotation{Hows: []oracle.How{oracle.Create}, Pack: "gz"}},
	{"zst delayed", oracle.Rotation{Hows: []oracle.How{oracle.Create}, Pack: "zst", Delay: true}},
	{"xz", oracle.Rotation{Hows: []oracle.How{oracle.Create}, Pack: "xz"}},
	{"date gz", oracle.Rotation{Hows: []oracle.How{oracle.Date}, Pack: "gz"}},
	{"copy gz", oracle.Rotation{Hows: []oracle.How{oracle.Copy}, Pack: "gz"}},
	{"mixed", hows(oracle.Create, oracle.Copy, oracle.Double, oracle.Late, oracle.Partial)},
}

// copies reports whether files are copied and truncated. If that happens often while
// nobody gets to look, as on a busy machine, copies may come behind what is in use: they
// are rotated in haste only where faults are wanted, and else when they were read.
func copies(r oracle.Rotation) bool {
	return slices.Contains(r.Hows, oracle.Copy) || slices.Contains(r.Hows, oracle.CopyRace)
}

// TestFollowed is T02 and its kin: rotation in every way while the file is followed;
// twice and more within a millisecond, too.
func TestFollowed(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.log(way.Rotation)
			s.write(10)
			l := s.run("heka-tail -f --from-start --state s logs/app.log")
			s.come(l)
			if hasty := faults || !copies(way.Rotation); hasty {
				s.plan(oracle.Plan{
					Lines: 2500, Rate: 5000, For: full(time.Minute, time.Minute), EveryLines: full[int64](250, 50),
				})
			} else {
				for range 10 {
					s.write(250)
					s.come(l)
					s.rotate()
				}
			}
			s.come(l)
			s.fresh(l)
			s.stop(l)
			r := s.well(oracle.Allow{})
			s.nothingWrong(l)
			if want := int64(s.r.Count() / 2); way.name == "partial" && r.Partial != want {
				t.Errorf("%d lines marked as partial, want %d", r.Partial, want)
			}
		})
	}
}

// TestRotatedMeanwhile rotates in every way while nobody reads: who starts again goes
// on where it was, in a file that has another name by now, is packed, or was copied.
func TestRotatedMeanwhile(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.log(way.Rotation)
			for range full(3, 10) {
				s.write(100)
				l := s.run("heka-tail -f --from-start --state s logs/app.log")
				s.come(l)
				s.write(20)
				s.come(l)
				s.stop(l)
				s.nothingWrong(l)
				s.plan(oracle.Plan{Lines: 200, EveryLines: 100})
			}
			l := s.run("heka-tail -f --from-start --state s logs/app.log")
			s.come(l)
			s.fresh(l)
			s.stop(l)
			s.well(oracle.Allow{})
		})
	}
}

// TestRegrown is T05: a file that is cut, and longer than before when it is looked at
// again. What comes is the whole new content, once.
func TestRegrown(t *testing.T) {
	f := func(name string, how oracle.How, restart bool) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.log(hows(how))
			s.write(20)
			l := s.run("heka-tail -f --from-start --state s logs/app.log")
			for range full(5, 20) {
				s.write(5)
				s.come(l)
				if restart {
					s.stop(l)
				}
				s.rotate()
				if restart {
					l = s.run("heka-tail -f --from-start --state s logs/app.log")
				}
				s.come(l)
			}
			s.fresh(l)
			s.stop(l)
			if r := s.well(oracle.Allow{}); r.Excused > 0 {
				t.Errorf("%d lines are lost that were written before the file was cut, and read", r.Excused)
			}
		})
	}
	for _, how := range []oracle.How{oracle.Truncate, oracle.Regrow, oracle.Delete, oracle.Inode} {
		f(how.String(), how, false)
		f(how.String()+" meanwhile", how, true)
	}
}

// TestSameHead is T05 with contents that begin alike, as those with a header do, and
// are as long as the one before, or a little longer.
func TestSameHead(t *testing.T) {
	f := func(name string, more int, restart bool) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			head := strings.Repeat("#Fields: date time c-ip cs-method\n", 30)
			const command = "heka-tail -f --from-start --state s f -o text"
			content := func(n int) (b []byte) {
				b = append(b, head...)
				for i := range 20 + n*more {
					b = fmt.Appendf(b, "content %02d line %03d\n", n, i)
				}
				return b
			}
			write(t, dir+"/f", content(0))
			l := run(t, dir, command, false)
			var got []byte
			take := func(want []byte) {
				t.Helper()
				for got = got[:0]; len(got) < len(want); {
					l.lines(stuck, func(line []byte) bool {
						got = append(append(got, line...), '\n')
						return len(got) < len(want)
					})
					if l.ended() {
						break
					}
				}
				if !bytes.Equal(got, want) {
					t.Fatalf("got %d bytes, want %d; %.60q; %s", len(got), len(want), got, l.said())
				}
			}
			take(content(0))
			for n := 1; n < 5; n++ {
				if restart {
					l.signal(15)
					l.wait(patience, 0)
				}
				write(t, dir+"/f", content(n))
				if restart {
					l = run(t, dir, command, false)
				}
				take(content(n))
			}
		})
	}
	f("as long meanwhile", 0, true)
	f("longer", 1, false)
	f("longer meanwhile", 1, true)
}

// TestLastLine is T12: the last line has no end, and nobody follows the file.
func TestLastLine(t *testing.T) {
	f := func(flags, content string, want ...string) {
		t.Helper()
		dir := t.TempDir()
		write(t, dir+"/f", []byte(content))
		l := run(t, dir, "heka-tail "+flags+" f -o text", false)
		out, err := readAll(l)
		if err != nil {
			t.Fatal(err)
		}
		l.wait(patience, 0)
		l.silent()
		if got, want := string(out), strings.Join(want, "\n"); strings.TrimSuffix(got, "\n") != want {
			t.Errorf("%s of %q: got %q, want %q", flags, content, got, want)
		}
	}
	for _, flags := range []string{"", "--state s", "--state s --from-start"} {
		f(flags, "one\ntwo", "one", "two")
		f(flags, "two", "two")
		f(flags, "one\n\n ", "one", "", " ")
		f(flags, "one\r\ntwo\r\nthree", "one", "two", "three")
		f(flags, "")
	}
}

// TestHalves is T11: half a line, then rotation, then the rest or nothing, beside lines
// whose halves come late in a file that is not rotated.
func TestHalves(t *testing.T) {
	s := newScene(t)
	s.log(hows(oracle.Partial))
	s.write(10)
	l := s.run("heka-tail -f --from-start --state s logs/app.log")
	half := func() {
		t.Helper()
		if err := s.w.Half(); err != nil {
			t.Fatal(err)
		}
	}
	for range full(4, 20) {
		half()
		s.come(l) // all but the half
		if err := s.w.Rest(); err != nil {
			t.Fatal(err)
		}
		s.come(l)
		half()
		s.stop(l)
		s.nothingWrong(l)
		l = s.run("heka-tail -f --from-start --state s logs/app.log")
		s.write(5) // the rest first
		s.come(l)
		s.rotate()
		s.write(5)
		s.come(l)
	}
	s.fresh(l)
	s.stop(l)
	// Halves that are there when reading stops may come too, marked.
	if r := s.well(oracle.Allow{}); r.Partial < int64(s.r.Count()/2) {
		t.Errorf("%d lines marked as partial, want at least %d", r.Partial, s.r.Count()/2)
	}
}

// TestDescriptors wants files that rotation has removed to be closed when they are
// read.
func TestDescriptors(t *testing.T) {
	s := newScene(t)
	s.log(oracle.Rotation{Hows: []oracle.How{oracle.Create}, Keep: 10})
	l := s.run("heka-tail -f --from-start --state s logs/app.log")
	s.fresh(l)
	s.plan(oracle.Plan{Lines: 4000, Rate: 4000, EveryLines: 100})
	s.come(l)
	poll(t, patience, "descriptors are given back", func() bool {
		return l.open(s.path("logs")) <= 12 // those that have a name may stay open for a while
	})
	s.fresh(l)
	s.stop(l)
	s.well(oracle.Allow{})
}

// open returns how many descriptors in a folder the first process has.
func (l *line) open(dir string) (n int) {
	fds := fmt.Sprintf("/proc/%d/fd/", l.procs[0].cmd.Process.Pid)
	entries, _ := os.ReadDir(fds)
	for _, e := range entries {
		if to, err := os.Readlink(fds + e.Name()); err == nil && strings.HasPrefix(to, dir+"/") {
			n++
		}
	}
	return n
}
