package client

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// thisHost asks this machine.
func thisHost() host {
	return host{now: time.Now, room: roomOf, files: filesOf, synced: clockSynced}
}

func roomOf(dir string) (room, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return room{}, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	block := uint64(st.Bsize)
	return room{
		free: uint64(st.Bavail) * block, size: uint64(st.Blocks) * block,
		inodes: uint64(st.Ffree), most: uint64(st.Files),
	}, nil
}

// filesOf is about the process pid; 0: this one.
func filesOf(pid int) (openFiles, error) {
	if pid == 0 {
		var l unix.Rlimit
		err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l)
		return openFiles{most: uint64(l.Cur)}, err
	}
	f, err := os.Open(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil {
		return openFiles{}, err
	}
	defer f.Close()
	var files openFiles
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, is := strings.CutPrefix(s.Text(), "Max open files"); is {
			fmt.Sscan(rest, &files.most)
		}
	}
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	files.open = uint64(len(open))
	if files.most == 0 {
		return files, fmt.Errorf("no limit of open files of process %d", pid)
	}
	return files, err
}

// zombie reports whether process pid has ended and waits for its parent to be told.
func zombie(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, ok := strings.Cut(string(b[max(strings.LastIndexByte(string(b), ')'), 0):]), ") ")
	return err == nil && ok && strings.HasPrefix(rest, "Z")
}
