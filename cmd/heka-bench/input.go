package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"

	"heka/lib/msg"
)

// inputs are the files that workloads read.
type inputs struct {
	access file // an access log in the format combined
	raw    file // lines, twice as much
	routes file // a capture of messages of 500 bytes with 8 fields, of ten types
}

type file struct {
	path     string
	bytes    int64
	count    int64 // messages in it, if it is a capture
	messages int64 // bytes of the messages that it becomes, where that is what counts; or 0
}

// capture writes messages of about 500 bytes with 8 fields to path, n of each of
// ten types in turn.
func capture(path string, size int64) (file, error) {
	f, err := os.Create(path)
	if err != nil {
		return file{}, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	r := rand.New(rand.NewPCG(1, 2))
	out := file{path: path}
	var rec []byte
	for out.bytes < size {
		m := msg.Message{
			Timestamp: 1790000000e9 + out.count*1e6, Type: fmt.Sprintf("type%d", out.count%10),
			Logger: "bench", Severity: 6, Hostname: "web-1.example.com", Pid: 4711,
		}
		m.Uuid[6], m.Uuid[8], m.Uuid[15] = 0x70, 0x80, byte(out.count)
		m.Fields = []msg.Field{
			{Name: "remote_addr", Value: fmt.Sprintf("203.0.113.%d", r.IntN(256))},
			{Name: "request_method", Value: "GET"},
			{Name: "request_uri", Value: fmt.Sprintf("/articles/%d/river-stone-cloud-paper", r.IntN(1e6))},
			{Name: "status", Value: int64([]int{200, 200, 200, 404, 500}[r.IntN(5)])},
			{Name: "body_bytes_sent", Value: int64(r.IntN(1e6))},
			{Name: "request_time", Value: r.Float64()},
			{Name: "http_referer", Value: "https://www.example.com/articles/2026/river-stone-cloud-paper"},
			{Name: "http_user_agent", Value: "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"},
		}
		m.Payload = pad[:max(0, 500-len(m.Append(rec[:0])))]
		rec = m.Append(rec[:0])
		if _, err := w.Write(rec); err != nil {
			return out, err
		}
		out.count++
		out.bytes += int64(len(rec))
	}
	return out, w.Flush()
}

var pad = func() string {
	b := make([]byte, 500)
	for i := range b {
		b[i] = 'a' + byte(i%26)
	}
	return string(b)
}()

// lines writes an access log of this size with heka demo.
func lines(bin, path string, size int64, seed int) (file, error) {
	f, err := os.Create(path)
	if err != nil {
		return file{}, err
	}
	defer f.Close()
	c := command(bin, "heka", "demo", "nginx", "--bytes", fmt.Sprint(size), "--seed", fmt.Sprint(seed))
	c.Stdout = f
	if err := c.Run(); err != nil {
		return file{}, fmt.Errorf("heka demo: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return file{}, err
	}
	return file{path: path, bytes: info.Size()}, nil
}

// sizeOf returns how many bytes a command writes.
func sizeOf(c *exec.Cmd) (int64, error) {
	out, err := c.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := c.Start(); err != nil {
		return 0, err
	}
	n, err := io.Copy(io.Discard, out)
	if err != nil {
		return n, err
	}
	return n, c.Wait()
}

func makeInputs(bin, dir string, size int64) (in inputs, err error) {
	if in.access, err = lines(bin, filepath.Join(dir, "access.log"), size, 1); err != nil {
		return in, err
	}
	if in.raw, err = lines(bin, filepath.Join(dir, "raw.log"), 2*size, 2); err != nil {
		return in, err
	}
	if in.raw.messages, err = sizeOf(command(bin, "heka-tail", in.raw.path)); err != nil {
		return in, err
	}
	in.routes, err = capture(filepath.Join(dir, "routes.heka"), size)
	return in, err
}
