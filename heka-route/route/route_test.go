package route

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// messages returns a message a word, which is its type and payload; the word's
// length is its severity.
func messages(words string) []msg.Message {
	in := stagetest.Payloads(strings.Fields(words)...)
	for i := range in {
		in[i].Type, in[i].Severity = in[i].Payload, int64(len(in[i].Payload))
	}
	return in
}

func words(in []msg.Message) string {
	var all []string
	for _, m := range in {
		all = append(all, m.Payload)
	}
	return strings.Join(all, " ")
}

// records returns the payloads of the records in a file, as words.
func records(t *testing.T, name string) string {
	t.Helper()
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "none"
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := frame.NewReader(f, frame.Options{})
	var all []msg.Message
	for {
		buf, off, err := r.Read(nil, nil)
		b := stage.Batch{Buf: buf, Off: off}
		for i := range off {
			var v msg.View
			b.View(i, &v)
			all = append(all, v.Message())
		}
		if err == io.EOF {
			if r.Stats.Damaged > 0 {
				t.Errorf("%s: %+v", name, r.Stats)
			}
			return words(all)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestFilter(t *testing.T) {
	f := func(expr, want string) {
		t.Helper()
		env := &stage.Env{}
		got := stagetest.Run(t, env, func() stage.Stage { return router(t, env, expr) },
			messages("a bb ccc dddd")...)
		if words(got) != want {
			t.Errorf("%s: %s, want %s", expr, words(got), want)
		}
	}
	f("TRUE", "a bb ccc dddd")
	f("FALSE", "")
	f("Severity >= 3", "ccc dddd")
	f("Type == 'a' || Type =~ /^d/", "a dddd")
	f("Timestamp > now-1h", "")
	f("Timestamp < now-1h", "a bb ccc dddd")
}

func TestFilterInDataTime(t *testing.T) {
	env := &stage.Env{DataTime: true}
	got := stagetest.Run(t, env, func() stage.Stage { return router(t, env, "Timestamp > now-1h") },
		messages("a b")...)
	if words(got) != "a b" {
		t.Error(words(got))
	}
}

// TestRoutes runs a router and compares what comes out and what is in its files:
// "- WORDS; FILE WORDS; ...". In the flags, @ stands for the folder of files.
func TestRoutes(t *testing.T) {
	f := func(in, want string, flags ...string) {
		t.Helper()
		for _, size := range []int{1, 2, 100} {
			for _, lanes := range []int{1, 3} {
				dir := t.TempDir()
				var w []string
				for _, s := range flags {
					w = append(w, strings.ReplaceAll(s, "@", dir))
				}
				env := &stage.Env{Lanes: lanes}
				out, err := stagetest.RunErr(env, router(t, env, w...), size, messages(in)...)
				got := []string{"- " + words(out)}
				for _, name := range []string{"a", "b", "c.heka"} {
					got = append(got, name+" "+records(t, filepath.Join(dir, name)))
				}
				if s := strings.Join(got, "; "); err != nil || s != want {
					t.Errorf("%q in batches of %d: %v\n%s\nwant\n%s", flags, size, err, s, want)
				}
			}
		}
	}
	f("x y z", "- y z; a x; b none; c.heka none", "--to", "Type == 'x' => @/a")
	f("x y z", "- z; a x; b none; c.heka y", "--to", "Type == 'x' => @/a", "--to", "Type=='y'=>@/c.heka")
	f("x y xy", "- y; a x xy; b xy; c.heka none",
		"--to", "Type =~ /x/ => @/a", "--to", "Type == 'xy' => @/b")
	f("x y xy", "- y; a x xy; b none; c.heka none",
		"--first", "--to", "Type =~ /x/ => @/a", "--to", "Type == 'xy' => @/b")
	f("x y z", "- ; a x; b y z; c.heka none", "--to", "Type == 'x' => @/a", "--else", "@/b")
	f("x y z", "- y z; a x; b none; c.heka none", "--to", "Type == 'x' => @/a", "--else", "-")
	f("x y z", "- x y z; a x; b y z; c.heka none",
		"--tee", "--to", "Type == 'x' => @/a", "--else", "@/b")
	f("x y z", "- y; a x; b z; c.heka none",
		"--to", "Type == 'x' => @/a", "--to", "Type == 'y' => -", "--else", "@/b")
	f("x y z", "- z; a x y; b none; c.heka none", // once, though two select it
		"--to", "Type == 'x' => @/a", "--to", "Type != 'z' => @/a",
		"--to", "Type == 'z' => -", "--to", "Severity == 1 && Type == 'z' => -")
	f("x => y", "- => y; a x; b none; c.heka none", "--to", "Type == 'x' => @/a")
	f("x => y", "- x y; a =>; b none; c.heka none", "--to", "Type == '=>' => @/a")
	f("x y", "- x; a y; b none; c.heka none", "--to", "Type == 'y' => |cat >> @/a")
	f("x y", "- ; a x y; b none; c.heka none", "--to", "FALSE => -", "--else", "@/a")
	f("", "- ; a none; b none; c.heka none", "--to", "TRUE => @/a")
}

func TestMistakes(t *testing.T) {
	f := func(want string, words ...string) {
		t.Helper()
		flags := pflag.NewFlagSet("route", pflag.ContinueOnError)
		mk := Kind.New(flags)
		if err := flags.Parse(words); err != nil {
			t.Fatal(err)
		}
		_, err := mk(&stage.Env{}, flags.Args())
		var u *stage.UsageError
		if !errors.As(err, &u) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", words, err)
		}
	}
	f("want one expression")
	f("want one expression", "TRUE", "TRUE")
	f("^ use == for equality", "Severity = 3")
	f("no => in it", "--to", "TRUE")
	f("did you mean Severity?", "--to", "Severty == 3 => x")
	f("the target is empty", "--to", "TRUE =>")
	f("the expression is empty", "--to", "=> x")
	f("no target tpc:", "--to", "TRUE => tpc:x:1")
	f("--else: ", "--to", "TRUE => x", "--else", "|")
	f("an EXPR and --to at once", "--to", "TRUE => x", "TRUE")
	f("give a --to", "--else", "x", "TRUE")
	f("give a --to", "--first", "TRUE")
	f("give a --to", "--tee", "TRUE")
	all := []string{"--to", "TRUE", "--to", "Severty == 3 => x", "--to", "TRUE => tcp:x", "--else", "|"}
	for _, want := range []string{"no => in it", "Severty", "tcp:HOST:PORT", "no command"} {
		f(want, all...) // all at once
	}
}

func TestNArgs(t *testing.T) {
	flags := pflag.NewFlagSet("route", pflag.ContinueOnError)
	Kind.New(flags)
	if n := Kind.NArgs(flags); n != 1 {
		t.Errorf("%d words", n)
	}
	if err := flags.Parse([]string{"--to", "TRUE => x"}); err != nil || Kind.NArgs(flags) != 0 {
		t.Error("with --to, all words are files")
	}
}

func TestErrorsOfTargets(t *testing.T) {
	f := func(want string, flags ...string) {
		t.Helper()
		env := &stage.Env{}
		_, err := stagetest.RunErr(env, router(t, env, flags...), 1, messages("x y")...)
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v", flags, err)
		}
	}
	f("write /dev/full: no space left on device", "--to", "TRUE => /dev/full")
	f("open /nonexistent/x: no such file or directory", "--to", "TRUE => /nonexistent/x")
	f(`command "cat >/dev/null; exit 3": exit status 3`, "--to", "TRUE => |cat >/dev/null; exit 3")
}

func TestOtherTargetsAreFlushedAfterAnError(t *testing.T) {
	dir := t.TempDir()
	env := &stage.Env{}
	_, err := stagetest.RunErr(env, router(t, env, "--to", "Type == 'x' => "+dir+"/a.heka",
		"--to", "Type == 'y' => /dev/full"), 1, messages("x x y")...)
	if err == nil || records(t, dir+"/a.heka") != "x x" {
		t.Errorf("%v; %s", err, records(t, dir+"/a.heka"))
	}
}

func TestStats(t *testing.T) {
	env := &stage.Env{}
	st := router(t, env, "--to", "Type == 'x' => /dev/null", "--to", "Type == 'y' => /dev/null")
	if _, err := stagetest.RunErr(env, st, 2, messages("x y x z")...); err != nil {
		t.Fatal(err)
	}
	if env.Stats.Out.Load() != 3 {
		t.Errorf("%d out", env.Stats.Out.Load())
	}
}

func TestTicksFlush(t *testing.T) {
	dir := t.TempDir()
	env := &stage.Env{Pool: stage.NewPool(4)}
	w := router(t, env, "--to", "TRUE => "+dir+"/a.heka").(stage.Chain)[1].(*writer)
	if err := w.targets[0].Write(context.Background(), record(1)); err != nil {
		t.Fatal(err)
	}
	f := func(tick int64, live bool, want string) {
		t.Helper()
		if err := w.tick(context.Background(), env.Pool.Tick(tick, live)); err != nil {
			t.Fatal(err)
		}
		if got := records(t, dir+"/a.heka"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f(5e9, true, "none")
	f(5e9, false, "")
	if err := w.targets[0].Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestLaneDoesNotAllocate(t *testing.T) {
	env := &stage.Env{Pool: stage.NewPool(4)}
	src := newReady(env, 0)
	st := router(t, env, flagWords(tenRules(func(i int) string { return fmt.Sprint("f", i) }))...)
	l := st.(stage.Chain)[0].(stage.Parallel).NewLane()
	do := func() {
		out, err := l.Do(src.batches[0].Retain())
		if err != nil {
			t.Fatal(err)
		}
		out.Release()
	}
	do()
	if n := testing.AllocsPerRun(50, do); n > 0 {
		t.Errorf("%v allocations a batch", n)
	}
}

func TestSplit(t *testing.T) {
	env := &stage.Env{Pool: stage.NewPool(4)}
	in := env.Pool.Get()
	for i := range 5 {
		in.Off = append(in.Off, uint32(len(in.Buf)))
		in.Buf = append(in.Buf, record(i)...)
	}
	whole := string(in.Buf)
	end := func(i int) uint32 { return in.Off[i] + uint32(len(in.Record(i))) }
	out := in.Split(2)
	for _, i := range []int{0, 1, 1, 3, 4} {
		out.Routes[0].Add(in.Off[i], end(i))
	}
	out.Routes[1].Add(in.Off[1], end(1))
	out.Routes[1].Add(in.Off[2], end(2))
	bytes := len(whole) - int(in.Off[3]-in.Off[2])
	if r := out.Routes[0]; r.Count != 4 || len(r.Spans) != 2 || r.Bytes != bytes {
		t.Errorf("%+v", r)
	}
	p, scratch := out.Gather(0, nil)
	if string(p) != whole[:in.Off[2]]+whole[in.Off[3]:] {
		t.Error("two spans")
	}
	p, _ = out.Gather(1, scratch)
	if string(p) != whole[in.Off[1]:in.Off[3]] || &p[0] != &out.Buf[in.Off[1]] {
		t.Error("one span was copied, or is wrong")
	}
	out.Release()
}
