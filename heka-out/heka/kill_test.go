package heka

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"heka/lib/oracle"
)

// process is a pipeline that runs as a process of its own.
type process struct {
	cmd  *exec.Cmd
	errs bytes.Buffer
}

func start(t *testing.T, bin, dir, pipeline string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(bin, "run", pipeline)}
	p.cmd.Dir, p.cmd.Stderr = dir, &p.errs
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// end ends p by a signal and returns its status; -1 if the signal was the end of it.
func (p *process) end(sig os.Signal) int {
	p.cmd.Process.Signal(sig)
	p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode()
}

// TestKilled kills a sender and a receiver again and again, while lines are written. No
// line is missing, and none comes out of order.
func TestKilled(t *testing.T) {
	rounds, longest := 8, 600*time.Millisecond
	if os.Getenv("HEKA_FAULTS") != "" {
		rounds, longest = 200, 3*time.Second
	}
	bin := filepath.Join(t.TempDir(), "heka")
	if out, err := exec.Command("go", "build", "-o", bin, "heka/cmd/heka").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	dir := t.TempDir()
	ledger := oracle.NewLedger()
	log := filepath.Join(dir, "app.log")
	w, err := oracle.NewWriter(ledger, log, 7)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	wrote := make(chan error, 1)
	go func() { wrote <- write(ctx, w) }()

	const (
		send    = "heka-tail -f --from-start --state s app.log | heka-out --timeout 2s heka://%s"
		receive = "heka-tail --timeout 2s heka://%s | heka-out --fsync batch out.heka"
	)
	sock := filepath.Join(dir, "s.sock")
	from, to := start(t, bin, dir, fmt.Sprintf(send, sock)), start(t, bin, dir, fmt.Sprintf(receive, sock))
	defer func() {
		from.end(syscall.SIGKILL)
		to.end(syscall.SIGKILL)
	}()
	random := rand.New(rand.NewPCG(1, 1))
	for i := range rounds {
		pause(100*time.Millisecond + time.Duration(random.Int64N(int64(longest))))
		if i%3 != 1 {
			to.end(syscall.SIGKILL)
			to = start(t, bin, dir, fmt.Sprintf(receive, sock))
		}
		if i%3 != 0 {
			from.end(syscall.SIGKILL)
			from = start(t, bin, dir, fmt.Sprintf(send, sock))
		}
	}
	cancel()
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	r := complete(t, ledger, filepath.Join(dir, "out.heka"))
	t.Logf("%d lines, %d came again", r.Wrote, r.Duplicate)
	if r.Missing+r.Disorder+r.Corrupt+r.Foreign+r.OtherUuid+r.SharedUuid > 0 {
		t.Errorf("%+v", r)
	}
	for _, p := range []*process{from, to} {
		if code := p.end(syscall.SIGTERM); code != 0 {
			t.Errorf("status %d: %s", code, p.errs.String())
		}
	}
}

// pause lets what runs run for a while: a kill comes at any time.
func pause(d time.Duration) { <-time.After(d) }

// write writes lines until ctx ends.
func write(ctx context.Context, w *oracle.Writer) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := w.Write(20); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return w.Close()
		}
	}
}

// complete reads a capture until all lines of the ledger are in it.
func complete(t *testing.T, l *oracle.Ledger, capture string) oracle.Report {
	t.Helper()
	for end := time.Now().Add(patient); ; pause(100 * time.Millisecond) {
		c := oracle.NewChecker(l)
		f, err := os.Open(capture)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Read(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if c.Complete() || time.Now().After(end) {
			return c.Report()
		}
	}
}
