package supervise

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// slack is what a process may map beyond Limits.Memory before the kernel refuses it more:
// runtimes map more than they touch, and Go's does not start with less.
const slack = 160 << 20

// rlimits sets the limits of process pid that the kernel keeps for each process; ours says
// that it is this program, too.
func (l *Limits) rlimits(pid int, ours bool) error {
	set := func(what string, resource, n int) error {
		var old unix.Rlimit
		if err := unix.Prlimit(pid, resource, nil, &old); err != nil {
			return fmt.Errorf("limit %s: %w", what, err)
		}
		most := min(uint64(n), old.Max)
		if err := unix.Prlimit(pid, resource, &unix.Rlimit{Cur: most, Max: most}, nil); err != nil {
			return fmt.Errorf("limit %s: %w", what, err)
		}
		return nil
	}
	if l.any() {
		if err := set("core", unix.RLIMIT_CORE, 0); err != nil {
			return err
		}
	}
	if l.Memory > 0 && !(ours && raced) {
		if err := set("memory", unix.RLIMIT_DATA, int(l.Memory)+slack); err != nil {
			return err
		}
	}
	if l.Files > 0 {
		if err := set("open files", unix.RLIMIT_NOFILE, l.Files); err != nil {
			return err
		}
	}
	if uid := os.Getuid(); l.Tasks > 0 && uid != 0 { // it counts all of the user's, and not root's
		if err := set("tasks", unix.RLIMIT_NPROC, tasksOf(uid)+l.Tasks); err != nil {
			return err
		}
	}
	if l.CPU > 0 && l.Cgroup == "" {
		unix.Setpriority(unix.PRIO_PGRP, pid, 10)
	}
	return nil
}

// tasksOf returns how many processes and threads user uid has.
func tasksOf(uid int) int {
	var u Usage
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		var st unix.Stat_t
		var pid int
		if unix.Stat(dir, &st) == nil && int(st.Uid) == uid {
			fmt.Sscanf(filepath.Base(dir), "%d", &pid)
			u.add(pid)
		}
	}
	return u.Tasks
}
