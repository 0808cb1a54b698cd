package file

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"heka/heka-tail/internal/watch"
	"heka/lib/stage"
)

func TestFollow(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		write(t, dir+"/a.log", "old\n")
		tl := start(t, dir, quick, append(flags, "a.log")...)
		add(t, tl.path("a.log"), "one\ntwo\n")
		tl.want(`"one"`, `"two"`)
		w := open(t, tl.path("a.log"))
		put(t, w, "thr")
		put(t, w, "ee\r\nfo")
		g := tl.want(`"three"`)[0]
		if g.Type != "logfile" || g.Logger != tl.path("a.log") || g.Hostname != "h" || g.Severity != 7 {
			t.Errorf("%+v", g)
		}
		if g.Uuid[6]>>4 != 8 || g.Uuid[8]>>6 != 2 {
			t.Errorf("uuid %x is not of version 8", g.Uuid)
		}
		if g.ack.Source == 0 || g.ack.To != 19 {
			t.Errorf("acknowledges %+v", g.ack)
		}
		tl.finish(`"fo" partial=true`)
	})
}

func TestStart(t *testing.T) {
	f := func(text string, flags []string, want ...string) {
		t.Helper()
		dir := t.TempDir()
		write(t, dir+"/a.log", text)
		tl := start(t, dir, quick, append(flags, "-f", "a.log")...)
		add(t, tl.path("a.log"), "new\n")
		add(t, tl.path("a.log"), "end\n")
		tl.want(append(want, `"end"`)...)
		tl.finish()
	}
	f("1\n2\n3\n", nil, `"new"`)
	f("1\n2\n3", nil, `"3new"`)
	f("", nil, `"new"`)
	f("1\n2\n3\n", []string{"-n2"}, `"2"`, `"3"`, `"new"`)
	f("1\n2\n3", []string{"-n2"}, `"2"`, `"3new"`)
	f("1\n2\n3\n", []string{"-n9"}, `"1"`, `"2"`, `"3"`, `"new"`)
	f("1\n2\n3\n", []string{"-n0"}, `"new"`)
	f("1\n2\n3\n", []string{"-n+2"}, `"2"`, `"3"`, `"new"`)
	f("1\n2\n", []string{"--from-start"}, `"1"`, `"2"`, `"new"`)
}

func TestRename(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		write(t, dir+"/a.log", "")
		tl := start(t, dir, quick, append(flags, "a.log")...)
		old := open(t, tl.path("a.log"))
		put(t, old, "1\n")
		tl.want(`"1"`)
		rename(t, tl.path("a.log"), tl.path("a.log.1"))
		put(t, old, "2\n") // the writer has not noticed
		tl.want(`"2"`)
		add(t, tl.path("a.log"), "3\n")
		tl.want(`"3"`)
		put(t, old, "4\n") // nor yet
		tl.want(`"4"`)
		add(t, tl.path("a.log"), "5\n")
		tl.want(`"5"`)
		tl.finish()
	})
}

// The end of a line in the old file and the start of one in the new never become
// one line.
func TestPartialAcrossRotation(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		p := quick
		p.grace = time.Millisecond
		tl := start(t, dir, p, append(flags, "a.log")...)
		old := open(t, tl.path("a.log"))
		put(t, old, "1\nstale-pre")
		tl.want(`"1"`)
		rename(t, tl.path("a.log"), tl.path("a.log.1"))
		add(t, tl.path("a.log"), "fixfresh\n")
		tl.want(`"stale-pre" partial=true`, `"fixfresh"`)
		put(t, old, "more\n")
		tl.want(`"more"`)
		tl.finish()
	})
}

// A line whose end comes into the renamed file is whole, and comes first.
func TestPartialEnds(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		p := quick
		p.grace = time.Hour
		tl := start(t, dir, p, append(flags, "a.log")...)
		old := open(t, tl.path("a.log"))
		put(t, old, "1\nha")
		tl.want(`"1"`)
		rename(t, tl.path("a.log"), tl.path("a.log.1"))
		add(t, tl.path("a.log"), "new\n")
		put(t, old, "lf\n")
		tl.want(`"half"`, `"new"`)
		tl.finish()
	})
}

func TestCopytruncate(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		tl := start(t, dir, quick, append(flags, "a.log")...)
		w := open(t, tl.path("a.log"))
		put(t, w, "one\ntwo\nthree\nhal")
		first := tl.want(`"one"`, `"two"`, `"three"`)
		if err := w.Truncate(0); err != nil {
			t.Fatal(err)
		}
		put(t, w, "four\n")
		second := tl.want(`"hal" partial=true`, `"four"`)[1]
		if first[0].Uuid == second.Uuid || first[0].ack.Source == second.ack.Source {
			t.Error("two generations have one identity")
		}
		if second.ack.From != 0 || second.ack.To != 5 {
			t.Errorf("acknowledges %+v", second.ack)
		}
		tl.finish()
	})
}

// A file that was truncated and has grown beyond the offset before anyone looked is
// read from its start.
func TestTruncateAndRegrow(t *testing.T) {
	dir := t.TempDir()
	p := quick
	tl := start(t, dir, p, "-f", "--poll", "a.log")
	add(t, tl.path("a.log"), "one\ntwo\n")
	tl.want(`"one"`, `"two"`)
	f := func(text string, want ...string) {
		t.Helper()
		// One call to the kernel empties the file and another fills it: the new file is
		// made elsewhere and copied over, so that looks in between are few. Either way
		// the answer must be the same.
		write(t, tl.path("a.log"), text)
		tl.want(want...)
	}
	f("first\nsecond\nthird\n", `"first"`, `"second"`, `"third"`)
	f("first\nsecond\nThird\nfourth\n", `"first"`, `"second"`, `"Third"`, `"fourth"`)
	tl.finish()
}

func TestDeleteAndRecreate(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		tl := start(t, dir, quick, append(flags, "a.log")...)
		old := open(t, tl.path("a.log"))
		put(t, old, "1\n")
		tl.want(`"1"`)
		os.Remove(tl.path("a.log"))
		put(t, old, "2\n")
		tl.want(`"2"`)
		add(t, tl.path("a.log"), "3\n")
		tl.want(`"3"`)
		tl.finish()
	})
}

func TestGlobGrows(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		tl := start(t, dir, quick, append(flags, "*.log")...)
		add(t, tl.path("a.log"), "1\n")
		tl.want(`"1"`)
		add(t, tl.path("b.txt"), "no\n")
		add(t, tl.path("b.log"), "2\n3\n")
		tl.want(`"2"`, `"3"`)
		tl.finish()
	})
}

// A file that goes from one followed name to another is read on, not again.
func TestRenameWithinGlob(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		write(t, dir+"/a.log", "")
		write(t, dir+"/a.log.1", "")
		tl := start(t, dir, quick, append(flags, "a.log*")...)
		w := open(t, tl.path("a.log"))
		put(t, w, "1\n2")
		tl.want(`"1"`)
		rename(t, tl.path("a.log.1"), tl.path("a.log.2"))
		rename(t, tl.path("a.log"), tl.path("a.log.1"))
		add(t, tl.path("a.log"), "new\n")
		tl.want(`"2" partial=true`, `"new"`)
		put(t, w, "3\n")
		tl.want(`"3"`)
		tl.finish()
	})
}

func TestSymlink(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir, far := t.TempDir(), t.TempDir()
		write(t, far+"/1", "")
		if err := os.Symlink(far+"/1", dir+"/a.log"); err != nil {
			t.Fatal(err)
		}
		tl := start(t, dir, quick, append(flags, "a.log")...)
		add(t, far+"/1", "1\n")
		tl.want(`"1"`)
		tl.finish()
	})
}

func TestWaits(t *testing.T) {
	dir := t.TempDir()
	tl := start(t, dir, quick, "-f", "later.log", "*.x")
	tl.logs.wait(t, "later.log does not exist yet")
	tl.logs.wait(t, "no file matches")
	add(t, tl.path("later.log"), "1\n")
	tl.want(`"1"`)
	tl.finish()
}

func TestNotFollowed(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a.gz", string(packGzip("x\n")))
	os.Mkdir(dir+"/d", 0o700)
	tl := start(t, dir, quick, "-f", "a.gz", "d", "a.log")
	tl.logs.wait(t, "is a directory")
	add(t, tl.path("a.log"), "1\n")
	tl.want(`"1"`)
	tl.finish()
	if n := strings.Count(tl.logs.String(), "is a directory"); n != 1 {
		t.Errorf("a directory is told of %d times", n)
	}
}

func TestCancel(t *testing.T) {
	dir := t.TempDir()
	tl := start(t, dir, quick, "-f", "a.log")
	add(t, tl.path("a.log"), "1\n2")
	tl.want(`"1"`)
	tl.cancel()
	tl.end(context.Canceled)
}

// Many files are followed with few descriptors, also through rotation.
func TestFewDescriptors(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		const n = 40
		name := func(i int) string { return fmt.Sprintf("%s/%d.log", dir, i) }
		for i := range n {
			write(t, name(i), "old\n")
		}
		tl := startOn(t, os.Stdin, dir, quick, 4, append(flags, dir+"/*.log")...)
		for round := range 3 {
			for i := range n {
				add(t, name(i), fmt.Sprintf("%d\n", round))
			}
			seen := map[string]bool{}
			for range n {
				g := tl.want(fmt.Sprintf("%q", fmt.Sprint(round)))[0]
				seen[g.Logger] = true
			}
			if len(seen) != n {
				t.Errorf("round %d: %d files", round, len(seen))
			}
		}
		for i := range n { // the old file has more, and is not open
			add(t, name(i), "last\n")
			rename(t, name(i), name(i)+".1")
			add(t, name(i), "new\n")
		}
		all := map[string]int{}
		for range 2 * n {
			select {
			case g := <-tl.out:
				all[g.Payload]++
			case <-time.After(deadline):
				t.Fatalf("after rotation: %v; log:\n%s", all, tl.logs)
			}
		}
		if all["last"] != n || all["new"] != n {
			t.Errorf("after rotation: %v", all)
		}
		tl.finish()
	})
}

// What lost its name is given up after a while, so that its space on disk and its
// descriptor come back.
func TestGivenUp(t *testing.T) {
	dir := t.TempDir()
	p := quick
	p.deleted = time.Millisecond
	tl := start(t, dir, p, "-f", "a.log")
	add(t, tl.path("a.log"), "1\n2")
	tl.want(`"1"`)
	os.Remove(tl.path("a.log"))
	tl.want(`"2" partial=true`)
	for over := time.Now().Add(deadline); ; {
		left := 0
		fds, _ := os.ReadDir("/proc/self/fd")
		for _, fd := range fds {
			if to, _ := os.Readlink("/proc/self/fd/" + fd.Name()); strings.HasPrefix(to, dir) {
				left++
			}
		}
		if left == 0 {
			break
		}
		if time.Now().After(over) {
			t.Fatal("the deleted file is still open")
		}
	}
	tl.finish()
}

// The order of a file is kept and nothing is lost while it is rotated often.
func TestRotatedOften(t *testing.T) {
	dir := t.TempDir()
	p := quick
	p.scan, p.grace = 20*time.Millisecond, time.Millisecond
	tl := start(t, dir, p, "-f", "a.log*")
	w := open(t, tl.path("a.log"))
	want := 0
	for i := range 2000 {
		put(t, w, fmt.Sprintf("%d\n", i))
		if i%100 == 99 {
			w.Close()
			rename(t, tl.path("a.log"), tl.path(fmt.Sprintf("a.log.%d", i)))
			w = open(t, tl.path("a.log"))
		}
	}
	last := map[uint32]int{}
	seen := map[string]bool{}
	for ; want < 2000; want++ {
		select {
		case g := <-tl.out:
			var n int
			fmt.Sscan(g.Payload, &n)
			if old, ok := last[g.ack.Source]; ok && n <= old || seen[g.Payload] {
				t.Fatalf("%d after %d", n, old)
			}
			last[g.ack.Source], seen[g.Payload] = n, true
		case <-time.After(deadline):
			t.Fatalf("%d of 2000 lines; log:\n%s", want, tl.logs)
		}
	}
	tl.finish()
}

// Where directories can't be watched, files are polled, which is said once.
func TestFallsBackToPolling(t *testing.T) {
	dir := t.TempDir()
	w, err := watch.New()
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	l := &logs{more: make(chan struct{}, 1)}
	env := &stage.Env{Log: slog.New(slog.NewTextHandler(l, nil))}
	log := &logOnce{log: env.Logger()}
	c := newCensus(newPaths([]string{dir + "/a.log"}, false), log)
	f := &follower{tail: &tail{env: env}, census: c, watch: w, log: log}
	for range 2 {
		f.look()
	}
	if !f.poll || strings.Count(l.String(), "can't be watched") != 1 {
		t.Errorf("polls: %v; log: %s", f.poll, l)
	}
}

// What is given up unfinished is known again, also when other files were read since its
// start was.
func TestGivenUpIsKnown(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	run := func() *tailer {
		t.Helper()
		return start(t, dir, quick, "-f", "--from-start", "--state", state, "*.log")
	}
	tl := run()
	add(t, tl.path("a.log"), "1\nhalf")
	tl.want(`"1"`)
	add(t, tl.path("b.log"), strings.Repeat("b", 40)+"\n")
	tl.want(fmt.Sprintf("%q", strings.Repeat("b", 40)))
	rename(t, tl.path("a.log"), tl.path("a.log.1"))
	add(t, tl.path("a.log"), "2\n")
	tl.want(`"half" partial=true`, `"2"`)
	tl.finish()
	tl = run()
	now := time.Now().Add(time.Hour)
	if err := os.Chtimes(tl.path("a.log.1"), now, now); err != nil { // so that it is opened
		t.Fatal(err)
	}
	add(t, tl.path("a.log.1"), "more\n")
	tl.want(`"more"`)
	add(t, tl.path("a.log"), "3\n")
	tl.want(`"3"`)
	tl.finish()
}
