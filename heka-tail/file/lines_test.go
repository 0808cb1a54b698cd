package file

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// How lines are found in what grows, across portions, stops and rotations.
func TestLineStories(t *testing.T) {
	f := func(name, args string, steps ...step) {
		t.Helper()
		tell(t, story{name: name, args: args, steps: steps, followed: true})
	}
	put := func(text, want string) step {
		return step{func(s *scene) { s.put("a.log", text) }, want}
	}
	rotate := func(text, want string) step {
		return step{func(s *scene) { s.rotate(9); s.put("a.log", text) }, want}
	}
	f("crlf", "a.log", put("1\r\n2\r", "1"), put("\n3\r\n", "2 3"), put("\r\n4", "()"), put("\r\n", "4"))
	f("half a line", "a.log", put("ha", ""), put("lf\nmo", "half"), put("re", ""), put("\n", "more"))
	f("long lines", "a.log",
		put(strings.Repeat("x", 100), ""), put(strings.Repeat("y", 100)+"\n1\n",
			strings.Repeat("x", 100)+strings.Repeat("y", 100)+" 1"))
	f("null", "--split=null a.log", put("1\x002", "1"), put("3\x004\x00", "23 4"), put("5\x006\x00", "5 6"))
	f("token", "--split=token=;; a.log", put("1;;2;", "1"), put(";3;;", "2 3"), rotate("4;;", "4"))
	f("fixed", "--split=fixed=4 a.log", put("abcdef", "abcd"), put("ghijklm", "efgh ijkl"), put("n12", "mn12"))
	for _, big := range []bool{false, true} {
		wide := func(text string) string { return encode16(text, big) }
		bom := "\ufeff"
		f(fmt.Sprintf("utf16 big %v", big), "a.log",
			put(wide(bom+"1\nü"), "1"), put(wide("2\n"), "ü2"), put(wide("3\n")[:3], ""), put(wide("3\n")[3:], "3"),
			rotate(wide(bom+"4\n"), "4"))
	}
	f("docker", "--multiline=docker --multiline-timeout=1h a.log",
		put(`{"log":"ab","stream":"stdout","time":"2026-01-01T00:00:00Z"}`+"\n", ""),
		put(`{"log":"cd\n","stream":"stdout","time":"2026-01-01T00:00:00Z"}`+"\n", `{"log":"abcd\n","stream":"stdout","time":"2026-01-01T00:00:00Z"}`),
		put(`{"log":"x\n","stream":"stderr","time":"2026-01-01T00:00:00Z"}`+"\n", `{"log":"x\n","stream":"stderr","time":"2026-01-01T00:00:00Z"}`))
	f("cri", "--multiline=cri --multiline-timeout=1h a.log",
		put("2026-01-01T00:00:00Z stdout P ab\n", ""), put("2026-01-01T00:00:00Z stdout F cd\n", "2026-01-01T00:00:00Z_stdout_F_abcd"))
}

func encode16(text string, big bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

// Joined lines come after a silence, at a rotation and at the end.
func TestMultilineEnds(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		tl := start(t, dir, quick, append(flags, "--multiline=java", "--multiline-timeout=30ms", "a.log")...)
		add(t, tl.path("a.log"), "E: x\n\tat a\n")
		tl.want(`"E: x\n\tat a"`)
		add(t, tl.path("a.log"), "E: y\n\tat b\nnext\n")
		tl.want(`"E: y\n\tat b"`, `"next"`)
		add(t, tl.path("a.log"), "E: z\n\tat c\n")
		rename(t, tl.path("a.log"), tl.path("a.log.1"))
		add(t, tl.path("a.log"), "\tat d\n")
		tl.want(`"E: z\n\tat c"`, `"\tat d"`)
		tl.finish()
	})
}

// A place that is not written yet is waited for, filled or not.
func TestHoleFilled(t *testing.T) {
	both(t, func(t *testing.T, flags ...string) {
		dir := t.TempDir()
		p := quick
		p.hole = time.Hour
		write(t, dir+"/a.log", "")
		tl := start(t, dir, p, append(flags, "a.log")...)
		w, err := os.OpenFile(tl.path("a.log"), os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		at := func(offset int64, text string) {
			t.Helper()
			if _, err := w.WriteAt([]byte(text), offset); err != nil {
				t.Fatal(err)
			}
		}
		at(0, "1\n")
		at(102, "3\n")
		tl.want(`"1"`)
		at(2, strings.Repeat("x", 99)+"\n")
		tl.want(fmt.Sprintf("%q", strings.Repeat("x", 99)), `"3"`)
		tl.finish()
	})
}

// What was stopped at a limit goes on behind it.
func TestLimitAgain(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	write(t, dir+"/a.log", "1\n2\n3\n4\n5\n")
	for _, want := range []string{`"1"`, `"2"`, `"3"`, `"4"`, `"5"`} {
		tl := limited(t, dir, 1, "--state", state, "a.log")
		tl.want(want)
		tl.end(nil)
	}
	tl := start(t, dir, quick, "--state", state, "a.log")
	tl.end(nil)
}

// -n and --from-start are for a first run.
func TestStartWithState(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	write(t, dir+"/a.log", "1\n2\n3\n")
	run := func(want []string, flags ...string) {
		t.Helper()
		tl := start(t, dir, quick, append(flags, "-f", "--state", state, "a.log")...)
		tl.want(want...)
		tl.finish()
	}
	run([]string{`"3"`}, "-n1")
	add(t, dir+"/a.log", "4\n5\n")
	run([]string{`"4"`, `"5"`}, "-n1")
	run(nil, "--from-start")
	add(t, dir+"/a.log", "6\n")
	run([]string{`"6"`})
}

// Positions that are lost or damaged make reading begin anew, which is said.
func TestStateLost(t *testing.T) {
	f := func(damage func(state string), want ...string) *tailer {
		t.Helper()
		dir, state := t.TempDir(), t.TempDir()
		write(t, dir+"/a.log", "1\n2\n")
		tl := start(t, dir, quick, "-f", "--state", state, "a.log")
		tl.want(`"1"`, `"2"`)
		tl.finish()
		damage(state)
		add(t, dir+"/a.log", "3\n")
		tl = start(t, dir, quick, "-f", "-n0", "--state", state, "a.log")
		tl.want(want...)
		tl.finish()
		return tl
	}
	all := []string{`"1"`, `"2"`, `"3"`}
	zero := func(state string, names ...string) {
		for _, n := range names {
			st, err := os.Stat(state + "/" + n)
			if err == nil {
				write(t, state+"/"+n, strings.Repeat("\x00", int(st.Size())))
			}
		}
	}
	tl := f(func(state string) { zero(state, "positions", "positions.old") }, all...)
	tl.logs.wait(t, "level=")
	f(func(state string) { zero(state, "positions.old") }, `"3"`)
	f(func(state string) { os.Remove(state + "/positions"); os.Remove(state + "/positions.old") }, all...)
	f(func(state string) { os.Remove(state + "/positions.old") }, `"3"`)
}

// What is known to be lost is told with its place: in a message and in the stream.
func TestGapTold(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	write(t, dir+"/a.log", "1\n2\n3\n")
	tl := limited(t, dir, 1, "--state", state, "a.log")
	tl.want(`"1"`)
	tl.end(nil)
	os.Remove(dir + "/a.log")
	write(t, dir+"/a.log", "4\n")
	tl = start(t, dir, quick, "-f", "--state", state, "a.log")
	g := tl.want(`"the file is gone" offset=2 bytes=4 file=`+dir+"/a.log", `"4"`)[0]
	if g.Type != "heka.gap" {
		t.Errorf("%+v", g)
	}
	tl.finish()
	if len(tl.gaps) != 1 || tl.gaps[0].Offset != 2 || tl.gaps[0].Bytes != 4 {
		t.Errorf("gaps %+v", tl.gaps)
	}
	if s := &tl.env.Stats; s.Gaps.Load() != 1 || s.GapBytes.Load() != 4 {
		t.Errorf("%d gaps of %d bytes", s.Gaps.Load(), s.GapBytes.Load())
	}
}
