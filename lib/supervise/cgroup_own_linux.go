package supervise

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrNoCgroup is returned by OwnCgroup where no control group was delegated to us.
var ErrNoCgroup = errors.New("no control group of version 2 was delegated to this process")

// OwnCgroup returns the folder of the control group that this process is in, ready to be
// a Limits.Cgroup. The group must have been delegated, as systemd does with Delegate=yes:
// whatever else we might write to is somebody's whose limits are not ours to set. The
// process moves into a group "hekad" below it, since one with members can't hand
// controllers down.
func OwnCgroup() (string, error) {
	member, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoCgroup, err)
	}
	path := cgroupPath(member)
	if path == "" {
		return "", ErrNoCgroup
	}
	dir := filepath.Join("/sys/fs/cgroup", path)
	if filepath.Base(dir) == leafName { // we have moved already
		dir = filepath.Dir(dir)
	}
	return own(dir, delegated)
}

// leafName is the group that the process itself moves into.
const leafName = "hekad"

// cgroupPath returns the path of the group of version 2 in /proc/PID/cgroup.
func cgroupPath(member []byte) string {
	for line := range bytes.Lines(member) {
		if path, ok := bytes.CutPrefix(line, []byte("0::")); ok {
			return string(bytes.TrimSpace(path))
		}
	}
	return ""
}

// delegated reports whether the group was given to us: systemd(1) says so in an attribute.
func delegated(dir string) bool {
	for _, name := range []string{"user.delegate", "trusted.delegate"} {
		var v [8]byte
		if n, err := unix.Getxattr(dir, name, v[:]); err == nil && string(v[:n]) == "1" {
			return true
		}
	}
	return false
}

// own is OwnCgroup for the group at dir.
func own(dir string, delegated func(string) bool) (string, error) {
	have, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	if err != nil || !delegated(dir) {
		return "", ErrNoCgroup
	}
	enable := ""
	for _, c := range []string{"memory", "cpu", "pids"} {
		if !strings.Contains(" "+strings.TrimSpace(string(have))+" ", " "+c+" ") {
			return "", fmt.Errorf("%w with the controller %s", ErrNoCgroup, c)
		}
		enable += "+" + c + " "
	}
	leaf := filepath.Join(dir, leafName)
	if err := os.Mkdir(leaf, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("own control group: %w", err)
	}
	pid := strconv.Itoa(os.Getpid())
	if err := os.WriteFile(filepath.Join(leaf, "cgroup.procs"), []byte(pid), 0o644); err != nil {
		return "", fmt.Errorf("own control group: %w", err)
	}
	control := filepath.Join(dir, "cgroup.subtree_control")
	if err := os.WriteFile(control, []byte(enable), 0o644); err != nil {
		return "", fmt.Errorf("own control group: %w", err)
	}
	return dir, nil
}
