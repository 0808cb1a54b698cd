package file

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// Names that rotation gives, and what stands under them.
func TestRotationStories(t *testing.T) {
	for _, glob := range []bool{false, true} {
		args := "a.log"
		name := func(s string) string { return s }
		if glob {
			args, name = "*", func(s string) string { return s + ", with a glob" }
		}
		tell(t, story{name: name("rename and create"), args: args, steps: []step{
			{func(s *scene) { s.put("a.log", "1\n2\n") }, "1 2"},
			{func(s *scene) { s.put("a.log", "3\n"); s.mv("a.log", "a.log.1") }, "3"},
			{func(s *scene) { s.reopen("a.log"); s.put("a.log", "4\n") }, "4"},
			{func(s *scene) {
				s.mv("a.log.1", "a.log.2")
				s.mv("a.log", "a.log.1")
				s.put("a.log", "5\n")
				s.reopen("a.log")
				s.put("a.log", "6\n")
			}, "5 6"},
		}})
		tell(t, story{name: name("two and three rotations in one look"), args: args, steps: []step{
			{func(s *scene) { s.put("a.log", "1\n2\n") }, "1 2"},
			{func(s *scene) {
				s.put("a.log", "3\n")
				s.rotate(2)
				s.put("a.log", "4\n")
				s.rotate(2)
				s.put("a.log", "5\n")
			}, "3 4 5"},
			{func(s *scene) {
				for i := 6; i < 9; i++ {
					s.rotate(9)
					s.put("a.log", fmt.Sprintf("%d\n", i))
				}
			}, "6 7 8"},
		}})
		tell(t, story{name: name("growing numbers"), args: args, steps: []step{
			{func(s *scene) { s.put("a.log", "1\n") }, "1"},
			{func(s *scene) {
				for i := range 3 {
					s.tick()
					s.mv("a.log", fmt.Sprintf("a.log.%d", i+1))
					s.reopen("a.log")
					s.put("a.log", fmt.Sprintf("%d\n", i+2))
				}
			}, "2 3 4"},
			{func(s *scene) {
				for i := range 3 {
					s.tick()
					s.mv("a.log", fmt.Sprintf("a.log.%d", i+4))
					s.reopen("a.log")
					s.put("a.log", fmt.Sprintf("%d\n", i+5))
				}
			}, "5 6 7"},
		}})
		tell(t, story{name: name("dates"), args: args, steps: []step{
			{func(s *scene) { s.put("a.log", "1\n") }, "1"},
			{func(s *scene) {
				s.mv("a.log", "a.log-20260101")
				s.reopen("a.log")
				s.put("a.log", "2\n")
				s.mv("a.log", "a.log-20260102")
				s.reopen("a.log")
				s.put("a.log", "3\n")
			}, "2 3"},
			{func(s *scene) {
				s.mv("a.log", "a.log-20260103")
				s.reopen("a.log")
				s.put("a.log", "4\n")
			}, "4"},
		}})
		tell(t, story{name: name("old"), args: args, steps: []step{
			{func(s *scene) { s.put("a.log", "1\n") }, "1"},
			{func(s *scene) { s.put("a.log", "2\n"); s.mv("a.log", "a.log.old"); s.reopen("a.log") }, "2"},
			{func(s *scene) { s.put("a.log", "3\n") }, "3"},
		}})
		tell(t, story{name: name("a writer stays"), args: args, steps: []step{
			{func(s *scene) { s.put("a.log", "1\n") }, "1"},
			{func(s *scene) { s.mv("a.log", "a.log.1"); s.put("a.log", "2\n") }, "2"},
			{func(s *scene) { add(s.t, s.path("a.log"), "3\n") }, "3"},
			{func(s *scene) { s.put("a.log", "4\n") }, "4"},
			{func(s *scene) { s.mv("a.log.1", "a.log.2"); s.mv("a.log", "a.log.1"); s.put("a.log", "5\n") }, "5"},
			{func(s *scene) { add(s.t, s.path("a.log"), "6\n") }, "6"},
			{func(s *scene) { add(s.t, s.path("a.log.1"), "7\n") }, "7"},
			{func(s *scene) { s.put("a.log", "8\n") }, "8"},
		}, unseen: "the order of two writers is that of their looks", noState: true})
		tell(t, story{name: name("tiny files"), args: args, steps: []step{
			{func(s *scene) { s.put("a.log", "\n") }, "()"},
			{func(s *scene) { s.put("a.log", "1\n") }, "1"},
			{func(s *scene) { s.rotate(9); s.put("a.log", "1\n") }, "1"},
			{func(s *scene) { s.rotate(9); s.put("a.log", "1\n") }, "1"},
			{func(s *scene) { s.rotate(9); s.put("a.log", "1\n2\n") }, "1 2"},
			{func(s *scene) { s.put("a.log", "3\n"); s.rotate(9); s.put("a.log", "1\n2\n") }, "3 1 2"},
		}})
		tell(t, story{name: name("equal heads"), args: args, steps: []step{
			{func(s *scene) { s.put("a.log", banner+"1\n") }, bannerLines + " 1"},
			{func(s *scene) { s.rotate(3); s.put("a.log", banner) }, bannerLines},
			{func(s *scene) { s.rotate(3); s.put("a.log", banner+"1\n2\n") }, bannerLines + " 1 2"},
			{func(s *scene) {
				s.rotate(3)
				s.put("a.log", banner)
				s.rotate(3)
				s.put("a.log", banner+"1\n")
			}, bannerLines + " " + bannerLines + " 1"},
		}})
	}
	tell(t, story{name: "delete and create", args: "a.log", steps: []step{
		{func(s *scene) { s.put("a.log", "1\n") }, "1"},
		{func(s *scene) { s.rm("a.log"); s.reopen("a.log"); s.put("a.log", "2\n") }, "2"},
		{func(s *scene) { s.rm("a.log"); s.reopen("a.log"); s.put("a.log", "1\n3\n") }, "1 3"},
	}, unseen: "what is removed is lost"})
	tell(t, story{name: "moved to the name of another", args: "a.log b.log", steps: []step{
		{func(s *scene) { s.put("a.log", "1\n") }, "1"},
		{func(s *scene) { s.put("a.log", "2\n"); s.mv("a.log", "b.log") }, "2"},
		{func(s *scene) { s.put("a.log", "3\n") }, "3"},
		{func(s *scene) { s.reopen("a.log"); s.put("a.log", "4\n") }, "4"},
		{func(s *scene) { s.mv("b.log", "t"); s.mv("a.log", "b.log"); s.mv("t", "a.log") }, ""},
		{func(s *scene) { add(s.t, s.path("a.log"), "5\n") }, "5"},
		{func(s *scene) { add(s.t, s.path("b.log"), "6\n") }, "6"},
	}, unseen: "two streams"})
	tell(t, story{name: "hard link and two globs", args: "*.log a*", steps: []step{
		{func(s *scene) { s.put("a.log", "1\n") }, "1"},
		{func(s *scene) { os.Link(s.path("a.log"), s.path("b.log")); s.put("a.log", "2\n") }, "2"},
		{func(s *scene) { s.rm("a.log"); s.put("a.log", "3\n") }, "3"},
		{func(s *scene) { s.reopen("a.log"); s.put("a.log", "4\n") }, "4"},
	}, unseen: "two streams"})
	tell(t, story{name: "symlinks", args: "a.log", steps: []step{
		{func(s *scene) { s.put("far1", "1\n"); os.Symlink(s.path("far1"), s.path("a.log")) }, "1"},
		{func(s *scene) {
			s.put("far2", "2\n")
			os.Symlink(s.path("far2"), s.path("l"))
			s.mv("l", "a.log")
		}, "2"},
		{func(s *scene) { s.put("far2", "3\n") }, "3"},
		{func(s *scene) {
			os.Symlink(s.path("far1"), s.path("l"))
			s.put("far1", "4\n")
			s.mv("l", "a.log")
		}, "4"},
		{func(s *scene) { s.put("far1", "5\n") }, "5"},
	}, unseen: "a link that nobody saw"})
	tell(t, story{name: "from the first look on", args: "a.log", steps: []step{
		{func(s *scene) {
			s.put("a.log", "1\n")
			s.rotate(3)
			s.put("a.log", "2\n")
			s.rotate(3)
			s.put("a.log", "3\n")
		}, "1 2 3"},
	}, noState: true})
	tell(t, story{name: "a folder goes and comes", args: "d/a.log", steps: []step{
		{func(s *scene) { os.Mkdir(s.path("d"), 0o700); s.put("d/a.log", "1\n") }, "1"},
		{func(s *scene) { s.mv("d", "e"); s.put("d/a.log", "2\n") }, "2"},
		{func(s *scene) { s.mv("e", "d"); s.put("d/a.log", "3\n") }, "3"},
		{func(s *scene) { os.RemoveAll(s.path("d")) }, ""},
		{func(s *scene) { os.Mkdir(s.path("d"), 0o700); s.reopen("d/a.log"); s.put("d/a.log", "4\n") }, "4"},
	}, unseen: "what is removed is lost", noState: true})
	tell(t, story{name: "a glob of folders", args: "*/a.log", steps: []step{
		{func(s *scene) { os.Mkdir(s.path("d"), 0o700); s.put("d/a.log", "1\n") }, "1"},
		{func(s *scene) { os.Mkdir(s.path("e"), 0o700); s.put("e/a.log", "2\n") }, "2"},
		{func(s *scene) { s.mv("d", "f"); s.put("d/a.log", "3\n") }, "3"},
		{func(s *scene) { os.RemoveAll(s.path("f")); s.put("e/a.log", "4\n") }, "4"},
		{func(s *scene) { os.Mkdir(s.path("d"), 0o700); s.reopen("d/a.log"); s.put("d/a.log", "5\n") }, "5"},
	}, unseen: "what is removed is lost"})
}

var banner, bannerLines = func() (b, l string) {
	for i := range 100 {
		b += fmt.Sprintf("banner-line-number-%03d\n", i)
		l += fmt.Sprintf(" banner-line-number-%03d", i)
	}
	return b, l
}()

// rotate renames a.log.1 to a.log.2 and so on, n of them, a.log to a.log.1, and makes a
// new a.log.
func (s *scene) rotate(n int) {
	s.t.Helper()
	for i := n; i > 0; i-- {
		if _, err := os.Lstat(s.path(fmt.Sprintf("a.log.%d", i))); err == nil {
			s.mv(fmt.Sprintf("a.log.%d", i), fmt.Sprintf("a.log.%d", i+1))
		}
	}
	s.mv("a.log", "a.log.1")
	s.reopen("a.log")
}

func TestTruncateStories(t *testing.T) {
	copytruncate := func(s *scene) {
		s.t.Helper()
		for i := 5; i > 0; i-- {
			if _, err := os.Lstat(s.path(fmt.Sprintf("a.log.%d", i))); err == nil {
				s.mv(fmt.Sprintf("a.log.%d", i), fmt.Sprintf("a.log.%d", i+1))
			}
		}
		s.cp("a.log", "a.log.1")
		s.truncate("a.log")
	}
	for _, args := range []string{"a.log", "*"} {
		tell(t, story{name: "in place " + args, args: args, steps: []step{
			{func(s *scene) { s.put("a.log", "1\n2\n3\n") }, "1 2 3"},
			{func(s *scene) { s.truncate("a.log"); s.put("a.log", "4\n") }, "4"},
			{func(s *scene) { s.truncate("a.log"); s.put("a.log", "5\n6\n7\n8\n") }, "5 6 7 8"},
			{func(s *scene) {
				s.truncate("a.log")
				s.truncate("a.log")
				s.put("a.log", "9\n")
			}, "9"},
		}, unseen: "what is truncated is lost", pace: func(p *pace) { p.tick = 20 * time.Millisecond }})
		tell(t, story{name: "copytruncate " + args, args: args,
			racy: "a copy whose original was never read may be read twice or late", steps: []step{
				{func(s *scene) { s.put("a.log", "1\n2\n3\n") }, "1 2 3"},
				{func(s *scene) { s.put("a.log", "4\n"); copytruncate(s); s.put("a.log", "5\n") }, "4 5"},
				{func(s *scene) { copytruncate(s) }, ""},
				{func(s *scene) { s.put("a.log", "6\n") }, "6"},
				{func(s *scene) {
					s.put("a.log", "7\n")
					copytruncate(s)
					s.put("a.log", "8\n")
				}, "7 8"},
				{func(s *scene) { copytruncate(s); s.put("a.log", "9\n") }, "9"},
			}})
		tell(t, story{name: "copytruncate with equal heads " + args, args: args,
			racy:    "a copy whose original was never read may be read twice or late",
			halfway: "that the file in use is another shows when the copy is seen", steps: []step{
				{func(s *scene) { s.put("a.log", banner+"1\n") }, bannerLines + " 1"},
				{func(s *scene) { s.put("a.log", "2\n"); copytruncate(s); s.put("a.log", banner+"3\n") }, "2 " + bannerLines + " 3"},
				{func(s *scene) {
					s.put("a.log", "4\n")
					copytruncate(s)
					s.put("a.log", banner)
					s.put("a.log", "5\n")
				}, "4 " + bannerLines + " 5"},
				{func(s *scene) { copytruncate(s); s.put("a.log", banner+"6\n") }, bannerLines + " 6"},
			}})
	}
	tell(t, story{name: "a copy without truncation", args: "a.log", steps: []step{
		{func(s *scene) { s.put("a.log", "1\n2\n3\n") }, "1 2 3"},
		{func(s *scene) { s.cp("a.log", "a.log.1") }, ""},
		{func(s *scene) { s.put("a.log", "4\n") }, "4"},
		{func(s *scene) { s.cp("a.log", "a.log.1"); s.put("a.log", "5\n") }, "5"},
	}, unseen: "no original is known"})
	tell(t, story{name: "the copy comes first", args: "*", steps: []step{
		{func(s *scene) { s.put("a.log", "1\n2\n") }, "1 2"},
		{func(s *scene) { s.put("a.log", "3\n"); s.cp("a.log", "a.log.1") }, "3"},
		{func(s *scene) { s.truncate("a.log") }, ""},
		{func(s *scene) { s.put("a.log", "4\n") }, "4"},
	}, pace: func(p *pace) { p.settle = time.Hour }, noState: true})
	tell(t, story{name: "the copy grows", args: "*", steps: []step{
		{func(s *scene) { s.put("a.log", "1\n2\n") }, "1 2"},
		{func(s *scene) { s.put("a.log.1", "1\n") }, ""},
		{func(s *scene) { s.put("a.log", "3\n") }, "3"},
		{func(s *scene) { s.put("a.log.1", "2\n3") }, ""},
		{func(s *scene) { s.put("a.log.1", "\n"); s.truncate("a.log"); s.put("a.log", "4\n") }, "4"},
	}, pace: func(p *pace) { p.settle = time.Hour }, noState: true, unseen: "nothing is lost of what is seen"})
}

func TestPackStories(t *testing.T) {
	for _, ending := range []string{".gz", ".zst", ".xz"} {
		for _, args := range []string{"a.log", "*"} {
			name := ending + " " + args
			tell(t, story{name: "packed at once" + name, args: args, steps: []step{
				{func(s *scene) { s.put("a.log", "1\n2\n") }, "1 2"},
				{func(s *scene) { s.put("a.log", "3\n"); s.rotate(1); s.put("a.log", "4\n") }, "3 4"},
				{func(s *scene) { s.pack("a.log.1", ending); s.put("a.log", "5\n") }, "5"},
				{func(s *scene) {
					s.mv("a.log.1"+ending, "a.log.2"+ending)
					s.put("a.log", "6\n")
					s.rotate(1)
					s.pack("a.log.1", ending)
					s.put("a.log", "7\n")
				}, "6 7"},
				{func(s *scene) { s.put("a.log", "8\n") }, "8"},
			}})
			tell(t, story{name: "delayed" + name, args: args, steps: []step{
				{func(s *scene) { s.put("a.log", "1\n2\n") }, "1 2"},
				{func(s *scene) { s.rotate(1); s.put("a.log", "3\n") }, "3"},
				{func(s *scene) {
					s.rotate(1)
					s.pack("a.log.2", ending)
					s.put("a.log", "4\n")
				}, "4"},
				{func(s *scene) {
					s.mv("a.log.2"+ending, "a.log.3"+ending)
					s.rotate(1)
					s.pack("a.log.2", ending)
					s.put("a.log", "5\n")
				}, "5"},
			}})
			tell(t, story{name: "kept" + name, args: args, steps: []step{
				{func(s *scene) { s.put("a.log", "1\n2\n") }, "1 2"},
				{func(s *scene) { s.rotate(1); s.put("a.log", "3\n") }, "3"},
				{func(s *scene) { s.packKeeping("a.log.1", ending); s.put("a.log", "4\n") }, "4"},
				{func(s *scene) { s.put("a.log", "5\n") }, "5"},
				{func(s *scene) { s.rm("a.log.1"); s.put("a.log", "6\n") }, "6"},
			}})
		}
	}
	tell(t, story{name: "equal heads, the middle one packed unseen", args: "*", steps: []step{
		{func(s *scene) { s.put("a.log", banner+"1\n") }, bannerLines + " 1"},
		{func(s *scene) {
			s.put("a.log", "2\n")
			s.rotate(3)
			s.put("a.log", banner+"x\n")
			s.rotate(3)
			s.pack("a.log.1", ".gz")
			s.put("a.log", "3\n")
		}, "2 " + bannerLines + " x 3"},
	}})
	tell(t, story{name: "gz that is no rotation", args: "a.log x.gz", steps: []step{
		{func(s *scene) { s.put("a.log", "1\n") }, "1"},
		{func(s *scene) { write(s.t, s.path("t"), string(packGzip("2\n3\n"))); s.mv("t", "x.gz") }, "2 3"},
		{func(s *scene) { s.put("a.log", "4\n") }, "4"},
	}, unseen: "two streams"})
}
