package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"heka/lib/oracle"
)

// faults says that faults are wanted at their full length, and those that need more
// than an ordinary machine gives: servers, file systems to be mounted.
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

// lines returns n lines of a source of their own.
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
	b, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// scene is a folder with a log, what was written there, and what has come out of
// pipelines that read it.
type scene struct {
	t      *testing.T
	dir    string
	ledger *oracle.Ledger
	check  *oracle.Checker
	w      *oracle.Writer
	r      *oracle.Rotator
	reads  []chan error
	seen   int64 // lines that some has waited for
}

func newScene(t *testing.T) *scene {
	t.Helper()
	t.Logf("seed %d", seed)
	s := &scene{t: t, dir: t.TempDir(), ledger: oracle.NewLedger()}
	s.check = oracle.NewChecker(s.ledger)
	t.Cleanup(s.keep)
	return s
}

// log begins logs/app.log, to be rotated so.
func (s *scene) log(opt oracle.Rotation) {
	s.t.Helper()
	s.logAt(filepath.Join(s.dir, "logs", "app.log"), opt)
}

func (s *scene) logAt(path string, opt oracle.Rotation) {
	s.t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		s.w, err = oracle.NewWriter(s.ledger, path, seed)
	}
	if err == nil {
		s.r, err = oracle.NewRotator(s.w, opt)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	w := s.w
	s.t.Cleanup(func() { w.Close() })
}

// path returns the path of something in the folder.
func (s *scene) path(elem ...string) string {
	return filepath.Join(append([]string{s.dir}, elem...)...)
}

func (s *scene) write(n int) {
	s.t.Helper()
	if err := s.w.Write(n); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) rotate() {
	s.t.Helper()
	if err := s.r.Rotate(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) plan(p oracle.Plan) {
	s.t.Helper()
	if err := p.Run(context.Background(), s.w, s.r); err != nil {
		s.t.Fatal(err)
	}
}

// run starts a pipeline in the folder, of which all that comes out is checked.
func (s *scene) run(pipeline string) *line {
	s.t.Helper()
	return s.runAt(pipeline, func(r io.Reader) io.Reader { return r })
}

// runAt is run, with what comes out read by way of a reader that by returns.
func (s *scene) runAt(pipeline string, by func(io.Reader) io.Reader) *line {
	s.t.Helper()
	l := run(s.t, s.dir, pipeline, false)
	read := make(chan error, 1)
	s.reads = append(s.reads, read)
	go func() { read <- s.check.Read(by(l.out)) }()
	return l
}

// drained waits until all that pipelines wrote has been checked.
func (s *scene) drained() {
	s.t.Helper()
	for _, read := range s.reads {
		select {
		case err := <-read:
			if err != nil {
				s.t.Fatal(err)
			}
		case <-time.After(patience):
			s.t.Fatal("what came out has no end")
		}
	}
	s.reads = nil
}

// stuck is how long a pipeline may take to give the next line while lines are due.
const stuck = patience

// come waits until all lines that are written have come.
func (s *scene) come(l *line) {
	s.t.Helper()
	s.comeWithin(l, stuck)
}

// comeWithin is come, with no more than within between a line and the next.
func (s *scene) comeWithin(l *line, within time.Duration) {
	s.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	last, since := s.check.Lines(), time.Now()
	for ended := false; !s.check.Complete(); <-tick.C {
		if n := s.check.Lines(); n != last {
			last, since = n, time.Now()
		}
		if ended || time.Since(since) > within {
			r := s.check.Report()
			s.t.Fatalf("nothing more after %v: %v\n%+v\n%s", within, r.Err(oracle.Allow{}), r, l.said())
		}
		if l.ended() {
			s.drained()
			ended = true
		}
	}
}

// ended reports whether all processes have ended.
func (l *line) ended() bool {
	for _, p := range l.procs {
		select {
		case <-p.done:
		default:
			return false
		}
	}
	return true
}

// fresh wants a line that is written now within 5 s, where time is measured.
func (s *scene) fresh(l *line) {
	s.t.Helper()
	s.write(1)
	s.comeWithin(l, full(patience, 5*time.Second))
}

// stop ends a pipeline by a signal, and wants status 0.
func (s *scene) stop(l *line) {
	s.t.Helper()
	l.signal(syscall.SIGTERM)
	l.wait(patience, 0)
	s.drained()
}

// kill ends the first process of a pipeline as nobody can prevent; the others read
// what is left, and end.
func (s *scene) kill(l *line) {
	s.t.Helper()
	l.procs[0].cmd.Process.Kill()
	for _, p := range l.procs {
		select {
		case <-p.done:
		case <-time.After(patience):
			s.t.Fatalf("%s: not ended", p.cmd.Args)
		}
	}
	s.drained()
}

// well wants all that has come to be what was written.
func (s *scene) well(allow oracle.Allow) oracle.Report {
	s.t.Helper()
	r := s.check.Report()
	if err := r.Err(allow); err != nil {
		s.t.Errorf("not what was written: %v\n%+v", err, r)
	}
	if r.Wrote == 0 {
		s.t.Error("nothing was written")
	}
	return r
}

// nothingWrong wants nobody to have said more than that a file was truncated, as it
// was if it was rotated so.
func (s *scene) nothingWrong(l *line) {
	s.t.Helper()
	for _, said := range strings.Split(strings.TrimSpace(l.said()), "\n") {
		if said != "" && !strings.Contains(said, "reading it from its start") {
			s.t.Errorf("stderr: %s", said)
		}
	}
}

// said returns what the processes wrote to stderr.
func (l *line) said() string {
	var all []string
	for _, p := range l.procs {
		all = append(all, p.stderr.String())
	}
	return strings.Join(all, "")
}

// slow reads so many bytes a second, until it is told to read as fast as it can.
type slow struct {
	r    io.Reader
	rate float64
	free <-chan struct{}
	at   time.Time
	read float64
}

// Read implements io.Reader.
func (s *slow) Read(p []byte) (int, error) {
	if s.at.IsZero() {
		s.at = time.Now()
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		due := time.Since(s.at).Seconds()*s.rate - s.read
		if due >= 1 {
			n, err := s.r.Read(p[:min(len(p), int(due))])
			s.read += float64(n)
			return n, err
		}
		select {
		case <-s.free:
			s.rate, s.free = 1e12, nil
		case <-tick.C:
		}
	}
}

// keep leaves the folder of a test that failed where ORACLE_KEEP says, to be looked at.
func (s *scene) keep() {
	if to := os.Getenv("ORACLE_KEEP"); to != "" && s.t.Failed() {
		os.CopyFS(filepath.Join(to, strings.ReplaceAll(s.t.Name(), "/", "-")), os.DirFS(s.dir))
	}
}
