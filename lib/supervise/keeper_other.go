//go:build !linux

package supervise

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// keep runs the command and kills its group at the end. What has left the group gets away
// here.
func keep(_, path string, argv []string) int {
	say := os.NewFile(keeperFd, "lifeline")
	c := exec.Cmd{
		Path: path, Args: argv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
	}
	if err := c.Start(); err != nil {
		json.NewEncoder(say).Encode(ending{Status: 127 << 8, Error: err.Error()})
		return 127
	}
	go func() {
		io.Copy(io.Discard, say)
		syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
	}()
	c.Wait()
	syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
	ws, _ := c.ProcessState.Sys().(syscall.WaitStatus)
	json.NewEncoder(say).Encode(ending{Status: int(ws)})
	return ws.ExitStatus()
}
