package file

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/spf13/pflag"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// make1 makes the stage of a command line.
func make1(env *stage.Env, words ...string) (stage.Stage, error) {
	fs := pflag.NewFlagSet("file", pflag.ContinueOnError)
	mk := Kind.New(fs)
	if err := fs.Parse(words); err != nil {
		return nil, err
	}
	return mk(env, fs.Args())
}

// run writes messages as a command line says, in batches of size.
func run(t *testing.T, env *stage.Env, size int, in []msg.Message, words ...string) {
	t.Helper()
	if err := runErr(env, size, in, words...); err != nil {
		t.Fatal(err)
	}
}

func runErr(env *stage.Env, size int, in []msg.Message, words ...string) error {
	st, err := make1(env, words...)
	if err != nil {
		return err
	}
	return stage.Run(context.Background(), env, stagetest.Source(env, size, in...), st)
}

func content(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// tree returns the files below dir and what is in them.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var s strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			fmt.Fprintf(&s, "%s: %s\n", name, strings.ReplaceAll(content(t, path), "\n", " "))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.String()
}

// records reads the payloads of a stream of records.
func records(t *testing.T, s string) (payloads []string) {
	t.Helper()
	r := frame.NewReader(strings.NewReader(s), frame.Options{})
	for {
		buf, off, err := r.Read(nil, nil)
		b := stage.Batch{Buf: buf, Off: off}
		for i := range off {
			var v msg.View
			b.View(i, &v)
			payloads = append(payloads, string(v.Payload()))
		}
		if err == io.EOF {
			if r.Stats.Damaged > 0 {
				t.Errorf("damaged: %+v", r.Stats)
			}
			return payloads
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestFormats(t *testing.T) {
	in := stagetest.Payloads("one", "two")
	f := func(name, format, want string) {
		t.Helper()
		for _, size := range []int{1, 2} {
			path := filepath.Join(t.TempDir(), name)
			run(t, &stage.Env{Format: format, Columns: []string{"Payload"}}, size, in, path)
			if got := content(t, path); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	}
	f("a.log", "", "one\ntwo\n")
	f("a.txt", "", "one\ntwo\n")
	f("a.csv", "", "Payload\none\ntwo\n")
	f("a.tsv", "", "Payload\none\ntwo\n")
	f("a.heka", "text", "one\ntwo\n")
	f("a.whatever", "text", "one\ntwo\n")
}

func TestFormatOfName(t *testing.T) {
	f := func(name, format, want, pack string) {
		t.Helper()
		o := &options{compress: "fast"}
		d := &dest{env: &stage.Env{Format: format}, opt: o, name: name}
		if err := d.choose(); err != nil || d.format != want || d.pack != pack {
			t.Errorf("%s: %s %q %v", name, d.format, d.pack, err)
		}
	}
	f("x", "", "heka", packBlocks)
	f("x.heka", "", "heka", packBlocks)
	f("x.json", "", "json", "")
	f("x.jsonl", "", "json", "")
	f("x.ndjson", "", "json", "")
	f("x.logfmt", "", "logfmt", "")
	f("x.json.gz", "", "json", packGzip)
	f("x.log.zst", "", "text", packZstd)
	f("x.gz", "csv", "csv", packGzip)
	f("x.json", "heka", "heka", packBlocks)
	f("logs/%{Type}.tsv", "", "tsv", "")
}

func TestMistakes(t *testing.T) {
	f := func(want string, words ...string) {
		t.Helper()
		var u *stage.UsageError
		_, err := make1(&stage.Env{}, words...)
		if err == nil || !errors.As(err, &u) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", words, err)
		}
	}
	f("no such level", "--compress", "fastest", "x")
	f("no such policy", "--fsync", "2s", "x")
	f("--mode 0999", "--mode", "0999", "x")
	f("--mode 0444", "--mode", "0444", "x")
	f("--rotate-size 10XB", "--rotate-size", "10XB", "x")
	f("--rotate-size 0", "--rotate-size", "0", "x")
	f("--rotate-every", "--rotate-every", "1500ms", "x")
	f("nothing rotates", "--keep", "3", "x")
	f("--max-files", "--max-files", "0", "x")
	f("is a directory", "logs/")
	f("which format", "x.gz")
	f("compressed by itself", "x.heka.gz")
	f("--compress none", "--compress", "none", "x.log.gz")
	f("no way to https://", "https://example.com/")
	f("column 3", "a-%Q")
	f("no such level", "--compress", "x", "--fsync", "x") // both
	f("no such policy", "--compress", "x", "--fsync", "x")
	env := &stage.Env{Format: "jsno"}
	if _, err := make1(env, "x"); err == nil || !strings.Contains(err.Error(), `did you mean "json"`) {
		t.Error(err)
	}
	if _, err := make1(env); err == nil || !strings.Contains(err.Error(), `did you mean "json"`) {
		t.Error(err)
	}
}

func TestParseSize(t *testing.T) {
	f := func(in string, want int64, ok bool) {
		t.Helper()
		if got, k := parseSize(in); got != want && ok || k != ok {
			t.Errorf("%q: %d %v", in, got, k)
		}
	}
	f("", 0, true)
	f("1", 1, true)
	f("5 KiB", 5<<10, true)
	f("100MiB", 100<<20, true)
	f("2kB", 2000, true)
	f("3G", 3<<30, true)
	f("7B", 7, true)
	f("-1", 0, false)
	f("1e3", 0, false)
	f("9999999999999GiB", 0, false)
	f("GiB", 0, false)
}

func TestStdout(t *testing.T) {
	in := stagetest.Payloads("one", "two")
	f := func(format string, check func(string) bool) {
		t.Helper()
		for _, words := range [][]string{nil, {"-"}} {
			f, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
			if err != nil {
				t.Fatal(err)
			}
			env := &stage.Env{Format: format}
			st, err := make1(env, words...)
			if err != nil {
				t.Fatal(err)
			}
			env.Stdout = f // known later than the command line
			err = stage.Run(context.Background(), env, stagetest.Source(env, 1, in...), st)
			f.Close()
			if got := content(t, f.Name()); err != nil || !check(got) {
				t.Errorf("%s: %q %v", format, got, err)
			}
		}
	}
	f("text", func(s string) bool { return s == "one\ntwo\n" })
	f("", func(s string) bool { return strings.Join(records(t, s), " ") == "one two" })
	f("heka", func(s string) bool { return strings.Join(records(t, s), " ") == "one two" })
	f("table", func(s string) bool { return s != "" })
}

func TestCaptures(t *testing.T) {
	var in []msg.Message
	for i := range 3000 {
		in = append(in, stagetest.Payloads(fmt.Sprintf("%d %s", i, strings.Repeat("x", 200)))...)
	}
	for _, size := range []int{1, 7, 1000, 3000} {
		for _, level := range []string{"none", "fast", "default", "best"} {
			if level != "fast" && size != 1000 {
				continue
			}
			path := filepath.Join(t.TempDir(), "out.heka")
			run(t, &stage.Env{}, size, in, "--compress", level, path)
			run(t, &stage.Env{}, size, in[:10], "--compress", level, path)
			s := content(t, path)
			got := records(t, s)
			if len(got) != 3010 || s[1] != frame.KindBlock {
				t.Fatalf("%d records", len(got))
			}
			for i, p := range got[:3000] {
				if !strings.HasPrefix(p, fmt.Sprint(i, " ")) {
					t.Fatalf("record %d is %q", i, p)
				}
			}
		}
	}
}

func TestCompressedText(t *testing.T) {
	in := stagetest.Payloads("one", "two", strings.Repeat("three ", 40_000))
	want := "one\ntwo\n" + in[2].Payload + "\n"
	unzip := map[string]func(io.Reader) (io.Reader, error){
		".gz": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		".zst": func(r io.Reader) (io.Reader, error) {
			d, err := zstd.NewReader(r)
			return d.IOReadCloser(), err
		},
	}
	for end, open := range unzip {
		for _, size := range []int{1, 3} {
			path := filepath.Join(t.TempDir(), "out.log"+end)
			run(t, &stage.Env{}, size, in, path)
			run(t, &stage.Env{}, size, in, path)
			r, err := open(strings.NewReader(content(t, path)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if c, ok := r.(io.Closer); ok {
				c.Close()
			}
			if err != nil || string(got) != want+want {
				t.Errorf("%s: %d bytes, %v", end, len(got), err)
			}
		}
	}
}

func TestNothingLeftBehind(t *testing.T) {
	f := func(in []msg.Message, words ...string) {
		t.Helper()
		dir := t.TempDir()
		words[len(words)-1] = filepath.Join(dir, words[len(words)-1])
		runErr(&stage.Env{}, 1, in, words...)
		if got := tree(t, dir); got != "" {
			t.Error(got)
		}
	}
	f(nil, "out.json")                                                // no message
	f(nil, "--mkdir", "a/out.json")                                   // nor a directory
	f(stagetest.Payloads("x"), "--compress", "x", "out.json")         // does not start
	f(stagetest.Payloads("x"), "missing/out.json")                    // nor this
	f(stagetest.Payloads("x"), "missing/%{Type}/out.json")            // nor this
	f(stagetest.Payloads("x"), "--rotate-every", "0.5s", "%{Type}.x") // nor this
}

func TestAppendAndTruncate(t *testing.T) {
	f := func(name, want string, words ...string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), name)
		env := &stage.Env{Columns: []string{"Payload"}}
		run(t, env, 1, stagetest.Payloads("one"), append(words, path)...)
		run(t, env, 1, stagetest.Payloads("two", "three"), append(words, path)...)
		if got := content(t, path); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f("a.log", "one\ntwo\nthree\n")
	f("a.log", "two\nthree\n", "--truncate")
	f("a.csv", "Payload\none\ntwo\nthree\n") // one header
	f("a.csv", "Payload\ntwo\nthree\n", "--truncate")
}

func typed(types ...string) []msg.Message {
	in := stagetest.Payloads(types...)
	for i := range in {
		in[i].Type = types[i]
		in[i].Payload = fmt.Sprint(i)
	}
	return in
}

func TestTemplates(t *testing.T) {
	f := func(in []msg.Message, dest, want string, words ...string) {
		t.Helper()
		for _, size := range []int{1, 2, len(in)} {
			dir := t.TempDir()
			if err := os.Mkdir(dir+"/d", 0o755); err != nil {
				t.Fatal(err)
			}
			run(t, &stage.Env{}, size, in, append(words, filepath.Join(dir, dest))...)
			if got := tree(t, dir); got != want {
				t.Errorf("%s in batches of %d:\n%swant\n%s", dest, size, got, want)
			}
		}
	}
	f(typed("a", "b", "a"), "%{Type}.log", "a.log: 0 2 \nb.log: 1 \n")
	f(typed("a", "b", "a"), "d/%{Type}/%Y-%m.log", "d/a/2023-11.log: 0 2 \nd/b/2023-11.log: 1 \n")
	f(typed("a", "b"), "d/100%%.log", "d/100%.log: 0 1 \n")
	f(typed("../x", "/etc/passwd", "..", "", "a\x00b"), "d/%{Type}.log",
		"d/-.log: 3 \nd/__.log: 2 \nd/___x.log: 0 \nd/_etc_passwd.log: 1 \nd/a_b.log: 4 \n")
	f(typed("../../x"), "d/%{Type}/f.log", "d/___.._x/f.log: 0 \n")
}

func TestManyFiles(t *testing.T) {
	var types []string
	for range 3 {
		for i := range 2*maxOpen + 3 {
			types = append(types, fmt.Sprintf("t%03d", i))
		}
	}
	in := typed(types...)
	for _, name := range []string{"%{Type}.log", "%{Type}.heka", "%{Type}.csv"} {
		for _, size := range []int{1, 1000} {
			dir := t.TempDir()
			env := &stage.Env{Columns: []string{"Payload"}}
			run(t, env, size, in, "--fsync", "never", filepath.Join(dir, name))
			for i := range 2*maxOpen + 3 {
				path := filepath.Join(dir, strings.ReplaceAll(name, "%{Type}", types[i]))
				n := 2*maxOpen + 3
				lines := []string{fmt.Sprint(i), fmt.Sprint(i + n), fmt.Sprint(i + 2*n)}
				got, want := content(t, path), strings.Join(lines, "\n")+"\n"
				if strings.HasSuffix(name, ".heka") {
					got = strings.Join(records(t, got), "\n") + "\n"
				}
				if strings.TrimPrefix(got, "Payload\n") != want {
					t.Fatalf("%s: %q, want %q", path, got, want)
				}
			}
		}
	}
}

func TestMaxFiles(t *testing.T) {
	in := typed("a", "b", "c", "a", "d")
	dir := t.TempDir()
	var failed []string
	env := &stage.Env{Fail: func(rec []byte) error {
		v, err := msg.Parse(rec[msg.HeaderSize:])
		e, _ := v.Field("heka.error", 0)
		failed = append(failed, string(v.Payload())+" "+string(e.Text()))
		return err
	}}
	run(t, env, 2, in, "--max-files", "2", dir+"/%{Type}.log")
	if got := tree(t, dir); got != "a.log: 0 3 \nb.log: 1 \n" {
		t.Error(got)
	}
	want := "2 " + errTooMany.Error() + ", 4 " + errTooMany.Error()
	if got := strings.Join(failed, ", "); got != want || env.Stats.Bad.Load() != 2 {
		t.Errorf("%s; %d bad", got, env.Stats.Bad.Load())
	}
	err := runErr(&stage.Env{Strict: true}, 2, in, "--max-files", "2", dir+"/%{Type}.log")
	if !errors.Is(err, stage.ErrBadData) {
		t.Error(err)
	}
	env = &stage.Env{}
	if run(t, env, 2, in, "--max-files", "2", dir+"/%{Type}.log"); env.Stats.Bad.Load() != 2 {
		t.Errorf("%d bad", env.Stats.Bad.Load())
	}
}

func TestPathsFault(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := errors.Join(os.Mkdir(dir+"/d", 0o755), os.WriteFile(dir+"/f", nil, 0o644),
		os.Symlink(outside, dir+"/link")); err != nil {
		t.Fatal(err)
	}
	env := &stage.Env{}
	run(t, env, 1, typed("link", "ok"), dir+"/%{Type}/x")
	run(t, env, 1, typed("f"), dir+"/%{Type}/x") // not a directory
	run(t, env, 1, typed("d"), dir+"/%{Type}")   // a directory
	if env.Stats.Bad.Load() != 3 || env.Stats.Out.Load() != 1 {
		t.Errorf("%d bad, %d out", env.Stats.Bad.Load(), env.Stats.Out.Load())
	}
	if got := tree(t, outside); got != "" {
		t.Errorf("a link led out: %s", got)
	}
}

func TestRotateSize(t *testing.T) {
	in := stagetest.Payloads("1", "2", "3", "4", "5", "6", "7")
	f := func(name, want string, words ...string) {
		t.Helper()
		dir := t.TempDir()
		env := &stage.Env{Columns: []string{"Payload"}}
		run(t, env, 1, in, append(words, filepath.Join(dir, name))...)
		if got := tree(t, dir); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	f("a.log", "a.log: 7 \na.log.1: 4 5 6 \na.log.2: 1 2 3 \n", "--rotate-size", "6")
	f("a.log", "a.log: 7 \na.log.1: 4 5 6 \n", "--rotate-size", "6", "--keep", "1")
	f("a.csv", "a.csv: Payload 5 6 7 \na.csv.1: Payload 1 2 3 4 \n", "--rotate-size", "16")
	f("%{Logger}.csv", "test.csv: Payload 5 6 7 \ntest.csv.1: Payload 1 2 3 4 \n", "--rotate-size", "16")
}

// script is a source of messages and ticks: a payload, or "@" and seconds.
type script struct {
	env  *stage.Env
	step []string
	look func(string)
}

func (s script) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	for _, p := range s.step {
		var sec int64
		if _, err := fmt.Sscanf(p, "@%d", &sec); err == nil {
			if err := out.Write(s.env.Pool.Tick(sec*1e9, false)); err != nil {
				return err
			}
			continue
		}
		if strings.HasPrefix(p, "!") {
			s.look(p[1:])
			continue
		}
		c := stage.NewCollector(s.env, out)
		m := stagetest.Payloads(p)[0]
		if err := errors.Join(c.AddRecord(m.Append(nil)), c.Flush()); err != nil {
			return err
		}
	}
	return nil
}

// direct runs a sink without lanes and queues before it, so that what a step
// did is done when the next begins.
func direct(t *testing.T, s script, st stage.Stage) {
	t.Helper()
	if c, ok := st.(stage.Chain); ok {
		st = c[len(c)-1]
	}
	sink := st.(*sink)
	ctx := context.Background()
	w := writerFunc(func(b *stage.Batch) error {
		defer b.Release()
		if b.Tick != 0 {
			return sink.ticked(ctx, b)
		}
		return sink.write(ctx, b)
	})
	if err := errors.Join(s.Run(ctx, nil, w), sink.finish(ctx)); err != nil {
		t.Fatal(err)
	}
}

type writerFunc func(*stage.Batch) error

func (f writerFunc) Write(b *stage.Batch) error { return f(b) }

func TestRotateEvery(t *testing.T) {
	f := func(want string, steps ...string) {
		t.Helper()
		dir := t.TempDir()
		env := &stage.Env{Pool: stage.NewPool(4)}
		st, err := make1(env, "--rotate-every", "1h", dir+"/a.log")
		if err != nil {
			t.Fatal(err)
		}
		direct(t, script{env: env, step: steps}, st)
		if got := tree(t, dir); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	f("a.log: b \na.log.1: a \n", "@3599", "a", "@3600", "@3601", "b", "@7000")
	f("a.log: c \na.log.1: a b \n", "a", "@3500", "b", "@7200", "c", "@7300")
	f("a.log.1: a \n", "@3500", "a", "@3600", "@7200", "@10800") // an empty one is not rotated
}

func TestTicksFlushAndReopen(t *testing.T) {
	dir := t.TempDir()
	env := &stage.Env{Pool: stage.NewPool(4)}
	st, err := make1(env, dir+"/a.heka")
	if err != nil {
		t.Fatal(err)
	}
	look := func(what string) {
		switch what {
		case "empty":
			if got := content(t, dir+"/a.heka"); got != "" {
				t.Errorf("%q", got)
			}
		case "one":
			if got := records(t, content(t, dir+"/a.heka")); len(got) != 1 {
				t.Errorf("%q", got)
			}
		case "move":
			if err := os.Rename(dir+"/a.heka", dir+"/b.heka"); err != nil {
				t.Fatal(err)
			}
		}
	}
	direct(t, script{env: env, look: look, step: []string{
		"a", "!empty", "@1", "!one", "!move", "b", "@2", "c",
	}}, st)
	if got := records(t, content(t, dir+"/b.heka")); strings.Join(got, "") != "ab" {
		t.Errorf("before the rename: %q", got)
	}
	if got := records(t, content(t, dir+"/a.heka")); strings.Join(got, "") != "c" {
		t.Errorf("after: %q", got)
	}
}

func TestSyncPolicies(t *testing.T) {
	for _, policy := range []string{"never", "batch", "1s", "close"} {
		for _, name := range []string{"a.log", "%{Logger}.heka"} {
			path := filepath.Join(t.TempDir(), name)
			run(t, &stage.Env{}, 1, stagetest.Payloads("a", "b"), "--fsync", policy, path)
			got := content(t, strings.ReplaceAll(path, "%{Logger}", "test"))
			if got != "a\nb\n" && strings.Join(records(t, got), "") != "ab" {
				t.Errorf("%q", got)
			}
		}
	}
}

// long are messages of more bytes than the child's limit.
func long() []msg.Message {
	var in []msg.Message
	for i := range 2000 {
		in = append(in, stagetest.Payloads(fmt.Sprintf("%d %x", i, bytes.Repeat([]byte{byte(i * 7)}, 100)))...)
	}
	return in
}

func runLimited(dest string) error {
	env := &stage.Env{Columns: []string{"Timestamp", "Payload"}}
	return runErr(env, 100, long(), dest)
}

func TestFullDisk(t *testing.T) {
	f := func(name string, whole func(string) bool) {
		t.Helper()
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0], "-test.run=none")
		cmd.Env = append(os.Environ(), childEnv+"="+filepath.Join(dir, name))
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), ": file too large\n") ||
			strings.Count(string(out), "\n") != 1 {
			t.Errorf("%v %s", err, out)
		}
		path := filepath.Join(dir, strings.ReplaceAll(name, "%{Logger}", "test"))
		got := content(t, path)
		if len(got) > 50_000 || len(got) < 20_000 || !whole(got) {
			t.Errorf("%s: %d bytes, or not whole: %q", name, len(got), got[max(0, len(got)-80):])
		}
	}
	lines := func(s string) bool { return strings.HasSuffix(s, "\n") }
	f("out.json", func(s string) bool { return strings.HasSuffix(s, "}\n") })
	f("out.log", lines)
	f("out.csv", lines)
	f("%{Logger}.logfmt", lines)
}

func TestLaneDoesNotAllocate(t *testing.T) {
	for _, name := range []string{"x.json", "x.logfmt", "x.log", "x.heka"} {
		env := &stage.Env{Pool: stage.NewPool(4)}
		l, in := laneAndBatch(t, env, name)
		do := func() {
			out, err := l.Do(in.Retain())
			if err != nil {
				t.Fatal(err)
			}
			out.Release()
		}
		do()
		if n := testing.AllocsPerRun(20, do); n > 0 {
			t.Errorf("%s: %v allocations a batch", name, n)
		}
	}
}

// laneAndBatch returns a lane of DEST and a full batch.
func laneAndBatch(t testing.TB, env *stage.Env, dest string) (stage.Lane, *stage.Batch) {
	t.Helper()
	st, err := make1(env, dest)
	if err != nil {
		t.Fatal(err)
	}
	in := env.Pool.Get()
	for i := 0; len(in.Buf) < stage.BatchFull; i++ {
		m := stagetest.Payloads("")[0]
		m.Type, m.Fields = "nginx.access", []msg.Field{
			{Name: "remote_addr", Value: fmt.Sprintf("192.0.2.%d", i%250)},
			{Name: "request", Value: fmt.Sprintf("GET /articles/%d?page=2 HTTP/1.1", i)},
			{Name: "status", Value: int64(200 + i%5)},
			{Name: "body_bytes_sent", Value: int64(i * 77)},
			{Name: "http_user_agent", Value: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)"},
			{Name: "request_time", Value: float64(i%100) / 1000},
		}
		in.Off = append(in.Off, uint32(len(in.Buf)))
		in.Buf = m.Append(in.Buf)
	}
	return st.(stage.Chain)[0].(stage.Parallel).NewLane(), in
}

func BenchmarkLane(b *testing.B) {
	for _, name := range []string{"x.json", "x.heka", "x.json.gz", "x.json.zst"} {
		b.Run(name, func(b *testing.B) {
			env := &stage.Env{Pool: stage.NewPool(4)}
			l, in := laneAndBatch(b, env, name)
			b.SetBytes(int64(len(in.Buf)))
			b.ReportAllocs()
			for b.Loop() {
				out, err := l.Do(in.Retain())
				if err != nil {
					b.Fatal(err)
				}
				out.Release()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*in.Len()), "ns/msg")
		})
	}
}

// BenchmarkTemplate is the sink that renders and writes to files by type.
func BenchmarkTemplate(b *testing.B) {
	env := &stage.Env{Pool: stage.NewPool(4)}
	_, in := laneAndBatch(b, env, "x.json")
	st, err := make1(env, "--fsync", "never", b.TempDir()+"/%{Type}-%Y.json")
	if err != nil {
		b.Fatal(err)
	}
	s := st.(*sink)
	b.SetBytes(int64(len(in.Buf)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if err := s.write(b.Context(), in); err != nil {
			b.Fatal(err)
		}
		if n++; n%1000 == 0 { // let it not grow for ever
			s.each(func(o *out) error { return os.Truncate(b.TempDir()+"/"+o.file.Name(), 0) })
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*in.Len()), "ns/msg")
	s.finish(b.Context())
}
