package supervise

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a program that runs, in a process group of its own. What it started and left
// in the group is killed when it ends.
type process struct {
	spec  *Spec
	pid   int
	p     *os.Process
	err   *stderr
	group *group // of its limits; nil: none

	gone  chan struct{} // closed when it has ended
	state *os.ProcessState

	// Of one that is kept: cut has the keeper kill all, and told returns what the keeper
	// said of the end. nil of others.
	cut  func()
	told func() (ws syscall.WaitStatus, ok bool)

	cpu float64 // when busy was asked last

	mu  sync.Mutex
	why string // what it was killed for
}

// launch is what start needs beside the Spec.
type launch struct {
	path  string // of the program; empty: that of argv[0]
	argv  []string
	files []*os.File // descriptors 0, 1, 3, ...; the second for stderr is ours; nil: /dev/null
	attr  *syscall.SysProcAttr

	// As in process.
	cut  func()
	told func() (ws syscall.WaitStatus, ok bool)
}

// start starts a process. The files of l stay the caller's. The thread that starts it
// lives as long as it does: the kernel kills a child with Pdeathsig when the thread ends
// that made it.
func start(s *Spec, l launch) (*process, error) {
	var err error
	if l.path == "" {
		if l.path, err = exec.LookPath(l.argv[0]); err != nil {
			return nil, fmt.Errorf("start %s: %w", s.Name, err)
		}
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", s.Name, err)
	}
	defer null.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", s.Name, err)
	}
	defer w.Close()
	p := &process{
		spec: s, err: newStderr(r, s), gone: make(chan struct{}), cut: l.cut, told: l.told,
	}
	if p.group, err = newGroup(s, l.cut != nil); err != nil {
		r.Close()
		return nil, err
	}
	attr := &os.ProcAttr{Dir: s.Dir, Env: s.Env, Sys: l.attr, Files: files(l.files, null, w)}
	if attr.Env == nil {
		attr.Env = os.Environ()
	}
	attr.Env = unique(attr.Env)
	p.group.born(attr.Sys)
	if err := p.spawn(l, attr); err != nil {
		r.Close()
		p.group.remove()
		return nil, fmt.Errorf("start %s: %w", s.Name, err)
	}
	p.err.started(p.pid)
	go p.err.read()
	if s.Limits.any() {
		go p.watch()
	}
	if s.Started != nil {
		s.Started(p.pid)
	}
	return p, nil
}

// spawn starts the program, and what waits for its end, on a thread of their own.
func (p *process) spawn(l launch, attr *os.ProcAttr) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		var err error
		if p.p, err = os.StartProcess(l.path, l.argv, attr); err == nil {
			p.pid = p.p.Pid
		}
		started <- err
		if err == nil {
			p.wait()
		}
	}()
	return <-started
}

// unique returns env with each variable once: the last one of a name, as who appends to an
// environment means it. Programs do not agree on which they take.
func unique(env []string) []string {
	seen := make(map[string]bool, len(env))
	var all []string
	for _, v := range slices.Backward(env) {
		name, _, _ := strings.Cut(v, "=")
		if !seen[name] {
			seen[name] = true
			all = append(all, v)
		}
	}
	slices.Reverse(all)
	return all
}

// files returns the descriptors of a process: 2 is w, and what is nil is null.
func files(list []*os.File, null, w *os.File) []*os.File {
	all := slices.Insert(slices.Clone(list), 2, w)
	for i, f := range all {
		if f == nil {
			all[i] = null
		}
	}
	return all
}

// wait waits for the process, and kills its group while its id can't be another's.
func (p *process) wait() {
	p.state = reap(p.p)
	close(p.gone)
}

// signal sends sig to the process, if it is still there.
func (p *process) signal(sig syscall.Signal) { p.p.Signal(sig) }

// kill ends the process at once; why stands in its error.
func (p *process) kill(why string) {
	p.because(why)
	if p.cut != nil {
		p.cut()
		if p.within(5 * time.Second) {
			return
		}
	}
	if p.over() {
		return
	}
	for _, pid := range tree(p.pid)[1:] {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	p.signal(syscall.SIGKILL)
}

// because notes what the process is ended for, if that is the first reason.
func (p *process) because(why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.why == "" && !p.over() {
		p.why = why
	}
}

// over reports whether the process has ended.
func (p *process) over() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// idle is how many seconds of a processor a process may use within its grace and count as
// one that does nothing.
const idle = 0.1

// busy reports whether the process has computed since it was asked last. It is for one
// goroutine.
func (p *process) busy() bool {
	was := p.cpu
	p.cpu = Used(p.pid).CPU
	return p.cpu-was >= idle
}

// stop ends the process: it waits for it to end by itself for wait, sends TERM, and kills
// it after the grace; why stands in the error if it comes to that. It returns when the
// process is gone; or in vain, if the kernel does not let go of it.
func (p *process) stop(wait time.Duration, why string) {
	if p.within(wait) {
		return
	}
	p.because(why)
	p.signal(syscall.SIGTERM)
	if p.within(p.spec.grace()) {
		return
	}
	p.kill(why)
	p.within(p.spec.grace())
}

// within waits for the end for so long, and reports whether it came.
func (p *process) within(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-p.gone:
		return true
	case <-t.C:
		return p.over()
	}
}

// close is called when stop has returned: it gives back what the process had, and returns
// how it died; nil if it ended with 0 and not by us.
func (p *process) close() error {
	if !p.over() {
		why := "it can't be killed: it waits in the kernel"
		return &Died{Name: p.spec.Name, Pid: p.pid, Status: -1, Why: why}
	}
	p.err.finish()
	d := &Died{Name: p.spec.Name, Pid: p.pid, Status: -1}
	usage := Usage{}
	if p.state != nil {
		d.Status = p.state.ExitCode()
		ws, ok := p.state.Sys().(syscall.WaitStatus)
		if p.told != nil {
			if s, known := p.told(); known {
				ws, d.Status = s, s.ExitStatus()
			}
		}
		if ok && ws.Signaled() {
			d.Signal = ws.Signal()
		}
		usage = ended(p.state)
	}
	oom := false
	d.Last, oom = p.err.words()
	l := p.spec.Limits.Memory
	oom = oom || l > 0 && usage.Memory > l || p.group.outOfMemory()
	d.Memory = oom && (d.Signal != 0 || d.Status != 0)
	p.mu.Lock()
	d.Why = p.why
	p.mu.Unlock()
	p.group.remove()
	if p.spec.Ended != nil {
		p.spec.Ended(p.pid, usage)
	}
	if d.Status == 0 && d.Why == "" {
		return nil
	}
	return d
}

// ended returns what a process that is gone had used.
func ended(s *os.ProcessState) Usage {
	u := Usage{CPU: (s.UserTime() + s.SystemTime()).Seconds()}
	if r, ok := s.SysUsage().(*syscall.Rusage); ok {
		u.Memory = int64(r.Maxrss) * maxrssUnit
	}
	return u
}
