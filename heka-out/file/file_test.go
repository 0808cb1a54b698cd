package file

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

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
