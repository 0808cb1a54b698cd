package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage/stagetest"
)

// TestGaps wants the gaps of a capture to go through pipelines in their places, by
// pipes and fused, into captures and into nothing else.
func TestGaps(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.heka"), filepath.Join(dir, "out.heka")
	var stream []byte
	for i, m := range stagetest.Payloads("a", "b", "c") {
		stream = frame.AppendGap(stream, &frame.Gap{Source: "s", Bytes: int64(i)})
		stream = m.Append(stream)
	}
	if err := os.WriteFile(in, stream, 0o644); err != nil {
		t.Fatal(err)
	}
	sh := func(line string) string {
		t.Helper()
		c := exec.Command("sh", "-c", line)
		c.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "IN="+in, "OUT="+out)
		p, err := c.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
		return string(p)
	}
	for _, line := range []string{
		"heka-cat %s > %s", "heka-replay --speed max %s | heka-decode json > %s",
		"heka-cat %s | heka-route TRUE | heka-filter where TRUE then head 5 | heka-out --truncate %s",
	} {
		line = fmt.Sprintf(line, in, out)
		for _, line := range []string{line, "heka run '" + line + "'"} {
			if said := sh(line); said != "" {
				t.Errorf("%s: said %s", line, said)
			}
			if got, want := outline(t, out), "gap 0, a, gap 1, b, gap 2, c"; got != want {
				t.Errorf("%s: %s; want %s", line, got, want)
			}
		}
	}
	if got := sh("heka-cat --count $IN"); got != "3\n" {
		t.Errorf("count: %q", got)
	}
	if got := sh("heka-cat -o text $IN"); got != "a\nb\nc\n" {
		t.Errorf("text: %q", got)
	}
	if got := sh("heka-cat --index -o logfmt --flat $IN"); strings.Count(got, "kind=gap") != 3 {
		t.Errorf("index: %s", got)
	}
}

// outline returns the payloads and the gaps of a capture.
func outline(t *testing.T, name string) string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []string
	r := frame.NewReader(f, frame.Options{Gap: func(g frame.Gap) {
		all = append(all, fmt.Sprint("gap ", g.Bytes))
	}})
	for err != io.EOF {
		var buf []byte
		var off []uint32
		if buf, off, err = r.Read(nil, nil); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		var v msg.View
		for _, at := range off {
			v.Reset(buf[at+msg.HeaderSize:])
			all = append(all, string(v.Payload()))
		}
	}
	return strings.Join(all, ", ")
}
