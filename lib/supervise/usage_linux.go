package supervise

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// maxTree bounds how many processes tree looks at.
const maxTree = 10000

// Used returns what process pid and all that descend from it use now: seconds, with those
// of children that are gone; memory, where what they share counts for each. Zeros if there
// is no such process.
func Used(pid int) Usage {
	var u Usage
	for _, id := range tree(pid) {
		u.add(id)
	}
	return u
}

// add adds what process pid uses by itself: see proc_pid_stat(5).
func (u *Usage) add(pid int) {
	p, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	i := bytes.LastIndexByte(p, ')')
	if err != nil || i < 0 {
		return
	}
	f := bytes.Fields(p[i+1:])
	number := func(n int) int64 { // field n of the manual page
		if n-3 >= len(f) {
			return 0
		}
		v, _ := strconv.ParseInt(string(f[n-3]), 10, 64)
		return v
	}
	const ticks = 100 // a second: USER_HZ
	u.CPU += float64(number(14)+number(15)+number(16)+number(17)) / ticks
	u.Tasks += int(number(20))
	if p, err = os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid)); err != nil {
		return
	}
	if f := bytes.Fields(p); len(f) > 1 {
		pages, _ := strconv.ParseInt(string(f[1]), 10, 64)
		u.Memory += pages * int64(os.Getpagesize())
	}
}

// tree returns pid and what descends from it, parents first.
func tree(pid int) []int {
	all := []int{pid}
	for i := 0; i < len(all) && len(all) < maxTree; i++ {
		all = append(all, children(all[i])...)
	}
	return all
}

// children returns the children of process pid: those of each of its threads.
func children(pid int) (all []int) {
	dir := fmt.Sprintf("/proc/%d/task/", pid)
	tasks, _ := os.ReadDir(dir)
	for _, t := range tasks {
		p, _ := os.ReadFile(dir + t.Name() + "/children")
		for _, f := range bytes.Fields(p) {
			if id, err := strconv.Atoi(string(f)); err == nil {
				all = append(all, id)
			}
		}
	}
	return all
}
