package file

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

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

// long are messages of more bytes than the child's limit.
func long() []msg.Message {
	var in []msg.Message
	for i := range 2000 {
		payload := fmt.Sprintf("%d %x", i, bytes.Repeat([]byte{byte(i * 7)}, 100))
		in = append(in, stagetest.Payloads(payload)...)
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
