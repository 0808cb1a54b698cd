package client

import (
	"os"
	"os/user"
	"path/filepath"
)

// systemState is the state folder of a daemon that root runs.
const systemState = "/var/lib/hekad"

// DefaultState is the state folder of a daemon, and of its clients, where neither
// --state nor the configuration names one: /var/lib/hekad for root,
// $XDG_STATE_HOME/hekad or ~/.local/state/hekad for others.
func DefaultState() string {
	if os.Geteuid() == 0 {
		return systemState
	}
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "hekad")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		u, err := user.Current()
		if err != nil || u.HomeDir == "" {
			return systemState
		}
		home = u.HomeDir
	}
	return filepath.Join(home, ".local", "state", "hekad")
}
