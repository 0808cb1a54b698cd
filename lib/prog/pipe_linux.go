package prog

import (
	"os"

	"golang.org/x/sys/unix"
)

// pipeSize is how much the pipes between programs hold: a few batches, so that
// both ends can work at once.
const pipeSize = 1 << 20

// widen makes the pipe that f is, if it is one, hold pipeSize bytes. Where the
// limit of the system is lower, it stays as it is.
func widen(f *os.File) {
	if info, err := f.Stat(); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
		unix.FcntlInt(f.Fd(), unix.F_SETPIPE_SZ, pipeSize)
	}
}
