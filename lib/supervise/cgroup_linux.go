package supervise

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// group is the control group of one process, below Limits.Cgroup; nil: it has none.
type group struct {
	dir string
	fd  *os.File
}

// groups numbers the groups of this process: a node that is started again has a new one
// while the old one goes.
var groups atomic.Int64

// What a keeper takes, beside its command.
const (
	keeperMemory = 64 << 20
	keeperTasks  = 32
)

// newGroup makes the group of a process that is to be started, of a keeper and its command
// if it is kept.
func newGroup(s *Spec, kept bool) (*group, error) {
	l := s.Limits
	if kept && l.Memory > 0 {
		l.Memory += keeperMemory
	}
	if kept && l.Tasks > 0 {
		l.Tasks += keeperTasks
	}
	if l.Cgroup == "" {
		return nil, nil
	}
	name := fmt.Sprintf("%s-%d-%d", strings.Map(plain, s.Name), os.Getpid(), groups.Add(1))
	g := &group{dir: filepath.Join(l.Cgroup, name)}
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		return nil, fmt.Errorf("control group of %s: %w", s.Name, err)
	}
	err := g.limit(&l)
	if err == nil {
		g.fd, err = os.Open(g.dir)
	}
	if err != nil {
		os.Remove(g.dir)
		return nil, fmt.Errorf("control group of %s: %w", s.Name, err)
	}
	return g, nil
}

// plain makes a name that is no path of a name.
func plain(r rune) rune {
	if r == '/' || r < ' ' {
		return '_'
	}
	return r
}

// limit writes the limits into the group.
func (g *group) limit(l *Limits) error {
	var errs []error
	set := func(file, text string) {
		errs = append(errs, os.WriteFile(filepath.Join(g.dir, file), []byte(text), 0))
	}
	if l.Memory > 0 {
		set("memory.max", strconv.FormatInt(l.Memory, 10))
		set("memory.oom.group", "1")
		os.WriteFile(filepath.Join(g.dir, "memory.swap.max"), []byte("0"), 0) // if there is swap
	}
	if l.CPU > 0 {
		const period = 100_000 // microseconds
		set("cpu.max", fmt.Sprintf("%d %d", max(1000, int(l.CPU*period)), period))
	}
	if l.Tasks > 0 {
		set("pids.max", strconv.Itoa(l.Tasks))
	}
	return errors.Join(errs...)
}

// born makes a process with attributes a start in the group.
func (g *group) born(a *syscall.SysProcAttr) {
	if g != nil {
		a.UseCgroupFD, a.CgroupFD = true, int(g.fd.Fd())
	}
}

// outOfMemory reports whether the kernel has killed something in the group for memory.
func (g *group) outOfMemory() bool {
	if g == nil {
		return false
	}
	p, _ := os.ReadFile(filepath.Join(g.dir, "memory.events"))
	for line := range bytes.Lines(p) {
		if n, ok := bytes.CutPrefix(line, []byte("oom_kill ")); ok {
			return string(bytes.TrimSpace(n)) != "0"
		}
	}
	return false
}

// remove kills what is left in the group and removes it.
func (g *group) remove() {
	if g == nil {
		return
	}
	g.fd.Close()
	os.WriteFile(filepath.Join(g.dir, "cgroup.kill"), []byte("1"), 0)
	for range 50 { // the killed must be gone first
		if err := os.Remove(g.dir); err == nil || errors.Is(err, os.ErrNotExist) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
