package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"heka/lib/oracle"
)

// faults says that faults are wanted at their full length.
var faults = os.Getenv("HEKA_FAULTS") != ""

// full returns all of what a test may take if faults are wanted, else little of it.
func full[T any](little, all T) T {
	if faults {
		return all
	}
	return little
}

// seed is that of the lines of all tests.
const seed = 7

// scene is a folder with a daemon's configuration and state, logs that are written and
// rotated, and captures that sinks write.
type scene struct {
	t      *testing.T
	dir    string
	token  string // in the environment of all processes that the scene begins
	ledger *oracle.Ledger
	logs   map[string]*log
	sinks  map[string]*sink
	plans  sync.WaitGroup
	stop   context.CancelFunc // of plans
	ctx    context.Context
}

// log is a file that is written and rotated.
type log struct {
	w *oracle.Writer
	r *oracle.Rotator
}

// sink is a capture that is checked while it grows.
type sink struct {
	check *oracle.Checker
	ended func() // reads it to its end
}

// scenes numbers them.
var scenes atomic.Int64

func newScene(t *testing.T) *scene {
	t.Helper()
	t.Logf("seed %d", seed)
	s := &scene{
		t: t, dir: t.TempDir(), ledger: oracle.NewLedger(),
		token: fmt.Sprintf("HEKAD_SCENE=%d-%d", os.Getpid(), scenes.Add(1)),
		logs:  map[string]*log{}, sinks: map[string]*sink{},
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	t.Cleanup(s.end)
	return s
}

// end ends what the scene began, and keeps its folder if the test failed and
// ORACLE_KEEP says where.
func (s *scene) end() {
	s.stop()
	s.plans.Wait()
	for _, k := range s.sinks {
		k.ended()
	}
	for _, pid := range s.processes() {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	if to := os.Getenv("ORACLE_KEEP"); to != "" && s.t.Failed() {
		os.CopyFS(filepath.Join(to, strings.ReplaceAll(s.t.Name(), "/", "-")), os.DirFS(s.dir))
	}
}

// path returns the path of something in the folder.
func (s *scene) path(elem ...string) string {
	return filepath.Join(append([]string{s.dir}, elem...)...)
}

// file writes a file in the folder.
func (s *scene) file(name, text string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(s.path(name)), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(s.path(name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// log begins logs/NAME.log, to be rotated in these ways. Of several, each has to have a
// folder of its own: what one rotator renames others may see twice.
func (s *scene) log(name string, hows ...oracle.How) *log {
	s.t.Helper()
	path := s.path("logs", name+".log")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	w, err := oracle.NewWriter(s.ledger, path, seed)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := oracle.NewRotator(w, oracle.Rotation{Hows: hows})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { w.Close() })
	s.logs[name] = &log{w, r}
	return s.logs[name]
}

// write writes n lines to a log.
func (s *scene) write(name string, n int) {
	s.t.Helper()
	if err := s.logs[name].w.Write(n); err != nil {
		s.t.Fatal(err)
	}
}

// begin writes and rotates all logs by a plan, until quiet is called.
func (s *scene) begin(p oracle.Plan) {
	for name, l := range s.logs {
		s.plans.Go(func() {
			if err := p.Run(s.ctx, l.w, l.r); err != nil {
				s.t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// quiet ends the writing.
func (s *scene) quiet() {
	s.stop()
	s.plans.Wait()
	s.ctx, s.stop = context.WithCancel(context.Background())
}

// sink begins to check NAME, a capture, which need not be there yet.
func (s *scene) sink(name string) *oracle.Checker {
	k := &sink{check: oracle.NewChecker(s.ledger)}
	s.sinks[name] = k
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- k.read(ctx, s.path(name)) }()
	k.ended = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("%s: %v", name, err)
		}
	})
	return k.check
}

func (k *sink) read(ctx context.Context, path string) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		f, err := os.Open(path)
		if err == nil {
			defer f.Close()
			return k.check.Read(oracle.NewGrowing(ctx, f))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// config writes hekad.toml.
func (s *scene) config(text string) { s.file("hekad.toml", text) }

// text is a buffer that one goroutine writes and others look at.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// process is a daemon that runs.
type process struct {
	s    *scene
	cmd  *exec.Cmd
	said text
	done chan struct{}
}

// run starts a daemon in the folder.
func (s *scene) run(args ...string) *process {
	s.t.Helper()
	args = append([]string{"run", "--state", "state"}, args...)
	p := &process{s: s, done: make(chan struct{})}
	p.cmd = exec.Command(filepath.Join(bin, "hekad"), append(args, "hekad.toml")...)
	p.cmd.Dir, p.cmd.Stderr = s.dir, &p.said
	p.cmd.Env = environment(s.token)
	p.cmd.WaitDelay = time.Second // processes that it left may have its stderr
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		p.cmd.Wait()
	}()
	s.t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.done
		if s.t.Failed() {
			s.t.Logf("hekad %d said: %.4000s", p.cmd.Process.Pid, p.said.String())
		}
	})
	return p
}

// lives waits for so long, and wants the daemon to be there all the time.
func (p *process) lives(after time.Duration) {
	p.s.t.Helper()
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.done:
		p.s.t.Fatalf("ended by itself: %v; %s", p.cmd.ProcessState, p.said.String())
	}
}

// kill ends it as nobody can prevent.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.done
	p.sound()
}

// sound wants it to have said nothing of bugs.
func (p *process) sound() {
	p.s.t.Helper()
	said := p.said.String()
	for _, bug := range []string{"panic:", "DATA RACE", "goroutine "} {
		if strings.Contains(said, bug) {
			p.s.t.Errorf("said: %.8000s", said)
		}
	}
}

// children returns the processes that it has begun, by the node that they run.
func (p *process) children(node string) (all []int) {
	var b []byte
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.cmd.Process.Pid))
	for _, name := range tasks {
		more, _ := os.ReadFile(name)
		b = append(append(b, more...), ' ')
	}
	for _, word := range strings.Fields(string(b)) {
		pid, _ := strconv.Atoi(word)
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if bytes.HasSuffix(line, []byte("\x00node\x00"+node+"\x00")) {
			all = append(all, pid)
		}
	}
	return all
}

// child waits for the process of a node.
func (p *process) child(node string) (pid int) {
	p.s.t.Helper()
	p.s.poll("node "+node+" runs", func() bool {
		if all := p.children(node); len(all) == 1 {
			pid = all[0]
		}
		return pid != 0
	})
	return pid
}

// memory returns a number of /proc/PID/status in bytes: VmRSS, VmHWM.
func (p *process) memory(name string) (n int64) {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	_, rest, _ := strings.Cut(string(b), name+":")
	fmt.Sscan(rest, &n)
	return n << 10
}

// stop ends it by a signal.
func (p *process) stop(want ...int) {
	p.s.t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.ends(patience, want...)
}

// ends waits until it has ended, with one of these statuses; 0 if none is named.
func (p *process) ends(within time.Duration, want ...int) {
	p.s.t.Helper()
	select {
	case <-p.done:
	case <-time.After(within):
		p.cmd.Process.Signal(syscall.SIGQUIT)
		select {
		case <-p.done:
		case <-time.After(10 * time.Second):
		}
		p.s.t.Fatalf("not ended after %v: %.60000s", within, p.said.String())
	}
	if len(want) == 0 {
		want = []int{0}
	}
	p.sound()
	code := p.cmd.ProcessState.ExitCode()
	for _, w := range want {
		if code == w {
			return
		}
	}
	p.s.t.Errorf("status %d, want %v; said %s", code, want, p.said.String())
}

// come waits until all lines that are written have come to a sink. patience is how long
// nothing may come.
func (p *process) come(name string) {
	p.s.t.Helper()
	c := p.s.sinks[name].check
	last, since := c.Lines(), time.Now()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for ; !c.Complete(); <-tick.C {
		if n := c.Lines(); n != last {
			last, since = n, time.Now()
		}
		if time.Since(since) > patience {
			r := c.Report()
			p.s.t.Fatalf("%s: nothing more: %v\n%+v\n%s\n%s", name, r.Err(oracle.Allow{}), r, p.s.ps(), p.said.String())
		}
		select {
		case <-p.done:
			p.s.t.Fatalf("%s: ended: %s", name, p.said.String())
		default:
		}
	}
}

// well reads a sink to its end and wants all that was written in it.
func (s *scene) well(name string, allow oracle.Allow) oracle.Report {
	s.t.Helper()
	k := s.sinks[name]
	k.ended()
	r := k.check.Report()
	if err := r.Err(allow); err != nil {
		s.t.Errorf("%s is not what was written: %v\n%+v", name, err, r)
	}
	if r.Wrote == 0 {
		s.t.Error("nothing was written")
	}
	return r
}

// hekad runs a command of hekad and returns its status and what it wrote.
func (s *scene) hekad(args ...string) (status int, out string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, filepath.Join(bin, "hekad"), args...)
	c.Dir, c.Env = s.dir, environment(s.token)
	b, err := c.CombinedOutput()
	if ctx.Err() != nil {
		s.t.Errorf("hekad %v: no answer in %v", args, patience)
	}
	_ = err
	return c.ProcessState.ExitCode(), string(b)
}

// ps says how the nodes stand.
func (s *scene) ps() string {
	_, out := s.hekad("ps", "--state", "state")
	return out
}

// number returns a number of a node, by its name in ps -o json; -1 if there is none.
func (s *scene) number(node, name string) int64 {
	_, out := s.hekad("ps", "--state", "state", "--over", "0", "-o", "json")
	var st struct{ Nodes []map[string]any }
	if err := json.Unmarshal([]byte(out), &st); err != nil {
		s.t.Fatalf("ps: %v: %.500s", err, out)
	}
	for _, n := range st.Nodes {
		if n["name"] == node {
			f, _ := n[name].(float64)
			return int64(f)
		}
	}
	return -1
}

// processes returns the ids of all that the scene began and that are there yet, zombies
// included.
func (s *scene) processes() (all []int) {
	dirs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, name := range dirs {
		b, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(append(b, 0), append([]byte(s.token), 0)) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
			all = append(all, pid)
		}
	}
	return all
}

// nobody waits until no process of the scene is left.
func (s *scene) nobody() {
	s.t.Helper()
	s.poll("no process is left", func() bool { return len(s.processes()) == 0 })
}

// poll waits until what is to become true is.
func (s *scene) poll(what string, ok func() bool) {
	s.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// lines returns n lines of a source of their own, which come from no log.
func (s *scene) lines(n int) []byte {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "lines")
	w, err := oracle.NewWriter(s.ledger, path, seed)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := w.Write(n); err != nil {
		s.t.Fatal(err)
	}
	w.Close()
	f, err := os.Open(path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}
