package file

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// story is what happens to logs in a folder, and the lines that must come of it, each
// once and in this order, however often the reader is stopped meanwhile.
type story struct {
	name  string
	args  string // sources and flags
	steps []step

	unseen  string // why nothing may happen before it is looked at, if so
	pace    func(*pace)
	want    string // of a burst, if other than that of the steps together
	racy    string // what is not right yet when a step falls between a look and a read
	halfway string // the same when it happens within a look
	noState bool
	// followed says that halves of lines are written, which come as such at an end.
	followed bool
}

// step is something that happens, and the lines that it makes, with spaces between.
type step struct {
	do   func(s *scene)
	want string
}

// scene is a folder where a story happens.
type scene struct {
	t   *testing.T
	dir string
	w   map[string]*os.File
}

func (s *scene) path(name string) string { return s.dir + "/" + name }

// put appends text to the file that was called name when it was first written to.
func (s *scene) put(name, text string) {
	s.t.Helper()
	if s.w[name] == nil {
		s.w[name] = open(s.t, s.path(name))
	}
	put(s.t, s.w[name], text)
}

// reopen makes the next put open the name again.
func (s *scene) reopen(name string) {
	s.w[name] = open(s.t, s.path(name))
}

// tick waits until the clock of the file system has gone on, so that what is made next
// has another time.
func (s *scene) tick() {
	s.t.Helper()
	mtime := func() time.Time {
		write(s.t, s.dir+".tick", "")
		info, err := os.Stat(s.dir + ".tick")
		if err != nil {
			s.t.Fatal(err)
		}
		return info.ModTime()
	}
	for first := mtime(); mtime().Equal(first); {
	}
}

func (s *scene) mv(from, to string) { s.t.Helper(); rename(s.t, s.path(from), s.path(to)) }

func (s *scene) rm(name string) {
	s.t.Helper()
	if err := os.Remove(s.path(name)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) cp(from, to string) {
	s.t.Helper()
	b, err := os.ReadFile(s.path(from))
	if err != nil {
		s.t.Fatal(err)
	}
	write(s.t, s.path(to), string(b))
}

func (s *scene) truncate(name string) {
	s.t.Helper()
	if err := os.Truncate(s.path(name), 0); err != nil {
		s.t.Fatal(err)
	}
}

// pack compresses name as the commands do: the new file grows, then the old one goes.
func (s *scene) pack(name, ending string) {
	s.t.Helper()
	s.packKeeping(name, ending)
	s.rm(name)
}

func (s *scene) packKeeping(name, ending string) {
	s.t.Helper()
	b, err := os.ReadFile(s.path(name))
	if err != nil {
		s.t.Fatal(err)
	}
	packed := pack(string(b), ending)
	f := open(s.t, s.path(name+ending))
	for len(packed) > 0 {
		n := min(len(packed), 7+len(packed)/2)
		put(s.t, f, string(packed[:n]))
		packed = packed[n:]
	}
	f.Close()
	info, err := os.Stat(s.path(name))
	if err == nil { // as the commands do
		err = os.Chtimes(s.path(name+ending), info.ModTime(), info.ModTime())
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func pack(text, ending string) []byte {
	var b bytes.Buffer
	switch ending {
	case ".gz":
		return packGzip(text)
	case ".zst":
		w, _ := zstd.NewWriter(nil)
		defer w.Close()
		return w.EncodeAll([]byte(text), nil)
	}
	w, _ := xz.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.Bytes()
}

// play is one way to tell a story.
type play struct {
	*testing.T
	story story
	scene *scene
	flags []string
	pace  pace
	got   []string
	tl    *tailer
}

func newPlay(t *testing.T, st story, flags ...string) *play {
	dir := t.TempDir()
	p := quick
	p.scan, p.settle = 50*time.Millisecond, 100*time.Millisecond
	if st.pace != nil {
		st.pace(&p)
	}
	flags = append(flags, strings.Fields(st.args)...)
	return &play{
		T: t, story: st, scene: &scene{t: t, dir: dir, w: map[string]*os.File{}},
		flags: flags, pace: p,
	}
}

func (p *play) start(more ...string) {
	p.Helper()
	p.tl = start(p.T, p.scene.dir, p.pace, append(more, p.flags...)...)
}

// sync waits until there are n lines.
func (p *play) sync(n int) {
	p.Helper()
	over := time.After(deadline)
	for len(p.got) < n {
		select {
		case g := <-p.tl.out:
			p.take(g)
		case <-over:
			p.Fatalf("got %q;\nlog:\n%s", p.got, p.tl.logs)
		}
	}
}

// empty stands for an empty line.
const empty = "()"

func (p *play) take(g got) {
	s := cmp.Or(strings.ReplaceAll(g.Payload, " ", "_"), empty)
	for _, f := range g.Fields {
		s += "+" + f.Name
	}
	p.got = append(p.got, s)
}

// stop ends the run and takes what came.
func (p *play) stop() {
	p.Helper()
	close(p.tl.stop)
	p.end()
}

func (p *play) end() {
	p.Helper()
	select {
	case err := <-p.tl.ended:
		p.tl.ended = nil
		if err != nil {
			p.Fatal(err)
		}
	case <-time.After(deadline):
		p.Fatal("does not end")
	}
	for len(p.tl.out) > 0 {
		p.take(<-p.tl.out)
	}
}

// check wants exactly the lines of want.
func (p *play) check(want []string) {
	p.Helper()
	if got := strings.Join(p.got, " "); got != strings.Join(want, " ") {
		p.Fatalf("got  %s\nwant %s\nlog:\n%s", brief(got), brief(strings.Join(want, " ")), p.tl.logs)
	}
}

func brief(s string) string {
	s = strings.ReplaceAll(s, strings.TrimSpace(bannerLines), "BANNER")
	if len(s) > 2000 {
		return s[:1000] + " ... " + s[len(s)-1000:]
	}
	return s
}

// tell tells the story in all ways.
func tell(t *testing.T, st story) {
	t.Helper()
	var all []string
	for _, s := range st.steps {
		all = append(all, strings.Fields(s.want)...)
	}
	each := func(p *play, f func(step)) {
		var want []string
		for _, s := range st.steps {
			f(s)
			want = append(want, strings.Fields(s.want)...)
			p.sync(len(want))
			p.check(want)
		}
	}
	live := func(flags ...string) func(*testing.T) {
		return func(t *testing.T) {
			t.Parallel()
			p := newPlay(t, st, flags...)
			p.start()
			each(p, func(s step) { s.do(p.scene) })
			p.stop()
			p.check(all)
		}
	}
	burst := func(flags ...string) func(*testing.T) {
		return func(t *testing.T) {
			t.Parallel()
			p := newPlay(t, st, flags...)
			p.pace.tick, p.pace.scan = 30*time.Millisecond, 30*time.Millisecond
			p.start()
			for _, s := range st.steps {
				s.do(p.scene)
			}
			want := all
			if st.want != "" {
				want = strings.Fields(st.want)
			}
			p.sync(len(want))
			p.stop()
			p.check(want)
		}
	}
	t.Run(st.name, func(t *testing.T) {
		t.Run("watch", live("-f", "--from-start"))
		t.Run("poll", live("-f", "--poll", "--from-start"))
		races := os.Getenv("HEKA_TEST_RACES") != ""
		if st.unseen == "" && (st.racy == "" || races) {
			t.Run("burst", burst("-f", "--poll", "--from-start"))
			for i := 0; i < 8 && st.halfway == ""; i++ {
				t.Run(fmt.Sprintf("within looks %d", i), func(t *testing.T) { within(t, st, 1+i/2, 1+i%2) })
			}
		}
		if !st.noState {
			t.Run("stopped", func(t *testing.T) { stopped(t, st, all, each) })
			if st.unseen == "" && (st.racy == "" || races) {
				t.Run("stopping", func(t *testing.T) { stopping(t, st, all) })
			}
			if !st.followed {
				t.Run("once", func(t *testing.T) { onceEach(t, st, all) })
			}
		}
	})
}

// stopped stops the reader for each step.
func stopped(t *testing.T, st story, all []string, each func(*play, func(step))) {
	t.Parallel()
	p := newPlay(t, st, "-f", "--state", t.TempDir())
	p.start()
	each(p, func(s step) {
		p.stop()
		s.do(p.scene)
		p.start()
	})
	p.stop()
	p.check(all)
}

// stopping stops the reader just after each step.
func stopping(t *testing.T, st story, all []string) {
	t.Parallel()
	p := newPlay(t, st, "-f", "--state", t.TempDir())
	p.start()
	for _, s := range st.steps {
		s.do(p.scene)
		p.stop()
		p.start()
	}
	p.sync(len(all))
	p.stop()
	p.check(all)
	p.start()
	p.stop()
	p.check(all)
}

// onceEach reads what is there after each step, and does not follow.
func onceEach(t *testing.T, st story, all []string) {
	t.Parallel()
	p := newPlay(t, st, "--state", t.TempDir())
	var want []string
	for _, s := range st.steps {
		s.do(p.scene)
		want = append(want, strings.Fields(s.want)...)
		for range 2 {
			p.start()
			<-p.tl.ended // with an error if a source is missing
			p.tl.ended = nil
			for len(p.tl.out) > 0 {
				p.take(<-p.tl.out)
			}
		}
		p.check(want)
	}
}
