package file

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// make1 makes the stage of a command line.
func make1(env *stage.Env, words ...string) (stage.Stage, error) {
	return stagetest.Make(Kind, env, words...)
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
