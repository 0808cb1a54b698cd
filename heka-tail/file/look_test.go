package file

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"heka/heka-tail/internal/source"
	"heka/lib/msg"
	"heka/lib/stage"
)

// looks is a follower that looks when a test says so.
type looks struct {
	*scene
	r     *reader
	got   []string
	armed bool // the first look is over
}

// Write implements stage.Writer.
func (l *looks) Write(b *stage.Batch) error {
	var v msg.View
	for i := range b.Off {
		b.View(i, &v)
		s := cmp.Or(strings.ReplaceAll(v.Message().Payload, " ", "_"), empty)
		for _, f := range v.Message().Fields {
			s += "+" + f.Name
		}
		l.got = append(l.got, s)
	}
	l.r.tail.Acked(b.Ack)
	b.Release()
	return nil
}

// newLooks starts to follow. between happens while a directory is looked through: its
// names are read, what stands under them is not known yet.
func newLooks(t *testing.T, between func(*scene), args ...string) *looks {
	t.Helper()
	l := &looks{scene: &scene{t: t, dir: t.TempDir(), w: map[string]*os.File{}}}
	for i, a := range args {
		if !strings.HasPrefix(a, "-") {
			args[i] = l.path(a)
		}
	}
	env := &stage.Env{Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	st, err := parse(env, args...)
	if err != nil {
		t.Fatal(err)
	}
	tl := st.(*tail)
	tl.pace = quick
	tl.pace.settle = 10 * time.Millisecond
	tl.sink = source.NewSink(env, l)
	tl.sink.Spec = tl.spec
	c := newCensus(disturbed{tl.layout(tl.args, false), l, between}, &logOnce{log: env.Logger()})
	c.hold = func() bool { return true }
	l.r = &reader{
		tail: tl, census: c, sink: tl.sink, log: c.log, live: true, pace: tl.pace, budget: 100,
		began: time.Now().Add(-fsTick).UnixNano(),
	}
	t.Cleanup(l.r.close)
	c.all()
	for _, s := range c.allStreams() {
		if err := l.r.plan(s); err != nil {
			t.Fatal(err)
		}
	}
	l.armed = true
	return l
}

// disturbed is a layout of a directory that changes while it is looked through.
type disturbed struct {
	layout
	l       *looks
	between func(*scene)
}

func (d disturbed) named() ([]finding, []error) {
	found, errs := d.layout.named()
	d.disturb()
	return found, errs
}

func (d disturbed) rotations(streams ...string) []finding {
	found := d.layout.rotations(streams...)
	d.disturb()
	return found
}

func (d disturbed) again(streams ...string) []finding {
	found := d.layout.again(streams...)
	d.disturb()
	return found
}

func (d disturbed) disturb() {
	if d.between != nil && d.l.armed {
		d.between(d.l.scene)
	}
}

// want looks until there are so many lines as want has, and once more.
func (l *looks) want(want string) {
	l.t.Helper()
	n := len(strings.Fields(want))
	for over, last := time.Now().Add(deadline), false; ; last = true {
		for enough := false; !enough; enough = len(l.got) >= n || time.Now().After(over) {
			l.r.census.all()
			l.r.restless()
			l.r.drain(l.t)
		}
		if got := strings.Join(l.got, " "); got != want {
			l.t.Fatalf("got  %s\nwant %s", brief(got), brief(want))
		}
		if last {
			return
		}
	}
}

// A log is rotated while its directory is looked through, at any moment of the look.
func TestRotatedWithinLook(t *testing.T) {
	f := func(ending string, at, steps int, args ...string) {
		name := fmt.Sprintf("%s at %d, %d times, %s", ending, at, steps, strings.Join(args, " "))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, done := 0, 0
			rotate := func(s *scene) {
				done++
				for i := 4; i > 0 && ending != ""; i-- {
					from := fmt.Sprintf("a.log.%d%s", i, ending)
					if _, err := os.Stat(s.path(from)); err == nil {
						s.mv(from, fmt.Sprintf("a.log.%d%s", i+1, ending))
					}
				}
				s.rotate(4)
				s.tick()
				if ending != "" {
					s.pack("a.log.1", ending)
				}
				s.put("a.log", fmt.Sprintf("%d\n", done+1))
			}
			l := newLooks(t, func(s *scene) {
				if n++; n >= at && done < steps {
					rotate(s)
				}
			}, args...)
			l.put("a.log", "0\n")
			l.rotate(1)
			l.tick()
			l.put("a.log", "1\n")
			want := "0 1"
			for i := range steps {
				want += fmt.Sprintf(" %d", i+2)
			}
			if ending != "" {
				l.pack("a.log.1", ending)
			}
			l.want(want)
		})
	}
	for _, ending := range []string{"", ".zst"} {
		for at := 1; at < 5; at++ {
			for steps := 1; steps < 4; steps++ {
				f(ending, at, steps, "-f", "a.log")
				f(ending, at, steps, "-f", "a.log*")
			}
		}
	}
}

// within tells st while directories are looked through: from the at-th time on, so many
// steps each time.
func within(t *testing.T, st story, at, each int) {
	t.Parallel()
	n, next := 0, 0
	l := newLooks(t, func(s *scene) {
		for n++; n >= at && next < min((n-at+1)*each, len(st.steps)); next++ {
			st.steps[next].do(s)
			if at%2 == 0 {
				s.tick()
			}
		}
	}, append([]string{"-f", "--from-start"}, strings.Fields(st.args)...)...)
	want := st.want
	for _, s := range st.steps {
		if st.want == "" {
			want += " " + s.want
		}
	}
	l.want(strings.Join(strings.Fields(want), " "))
}

// Whatever came while a file was waited for is read, oldest first.
func TestAllThatCame(t *testing.T) {
	endings := []string{"", ".gz", ".zst", ".xz"}
	f := func(ending string, generations int, delayed bool, args ...string) {
		name := fmt.Sprintf("%d%s delayed %v %s", generations, ending, delayed, strings.Join(args, " "))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLooks(t, nil, args...)
			far := scene{t: t, dir: t.TempDir()}
			want := ""
			for i := generations; i >= 0; i-- {
				n := generations - i
				text := fmt.Sprintf("%d\n%d\n", 2*n, 2*n+1)
				want += strings.ReplaceAll(text, "\n", " ")
				file, name := far.path(fmt.Sprint(i)), fmt.Sprintf("a.log.%d", i)
				switch {
				case i == 0:
					write(t, file, text)
					rename(t, file, l.path("a.log"))
				case ending == "" || delayed && i == 1:
					write(t, file, text)
					rename(t, file, l.path(name))
				default:
					write(t, file, string(pack(text, ending)))
					rename(t, file, l.path(name+ending))
				}
				far.tick()
			}
			l.want(strings.TrimSpace(want))
		})
	}
	for _, ending := range endings {
		for generations := range 5 {
			for _, delayed := range []bool{false, true}[:1+min(1, len(ending))] {
				f(ending, generations, delayed, "-f", "--from-start", "a.log")
				f(ending, generations, delayed, "-f", "a.log")
				f(ending, generations, delayed, "-f", "--from-start", "a.log*")
				f(ending, generations, delayed, "-f", "*")
			}
		}
	}
}
