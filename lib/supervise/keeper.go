package supervise

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
)

// keeperName is the argv[0] of a keeper: it tells a program of ours what it is to be.
// Behind it stand the limits of the command as JSON, the path of the command's program,
// and the command.
const keeperName = "heka-keeper"

// keeperFd is the keeper's end of a socket pair. The keeper writes to it how the command
// ended; when it closes, the keeper kills all.
const keeperFd = 3

// ending is what a keeper writes, as JSON.
type ending struct {
	Status int    // of wait(2)
	Error  string // why the command could not be started
}

// Keep is called first of all in the main of a program that runs Command: if the process
// was started as the keeper of a command, it does a keeper's work and exits. Otherwise it
// returns at once.
//
// A keeper is a process between us and a command that is not ours. It adopts what the
// command's children leave behind, hands TERM on to the command's group, and kills all of
// them when the command has ended, and when we have, however we did.
func Keep() {
	if len(os.Args) > 3 && os.Args[0] == keeperName {
		os.Exit(keep(os.Args[1], os.Args[2], os.Args[3:]))
	}
}

// lifeline is our end of the socket pair of a keeper.
type lifeline struct {
	conn *net.UnixConn
	once sync.Once
	end  ending
	ok   bool
	read chan struct{} // closed when end is there, or will not be
}

func newLifeline(conn *net.UnixConn) *lifeline {
	l := &lifeline{conn: conn, read: make(chan struct{})}
	go func() {
		defer close(l.read)
		p, _ := io.ReadAll(io.LimitReader(conn, maxControl))
		l.ok = json.Unmarshal(p, &l.end) == nil
	}()
	return l
}

// cut has the keeper kill all.
func (l *lifeline) cut() { l.once.Do(func() { l.conn.CloseWrite() }) }

// close is called when the keeper is gone.
func (l *lifeline) close() {
	l.conn.Close()
	<-l.read
}

// told returns how the command ended, as the keeper has told it; it waits for that.
func (l *lifeline) told() (syscall.WaitStatus, bool) {
	<-l.read
	return syscall.WaitStatus(l.end.Status), l.ok
}

// startKept starts a command with a keeper. files are as in launch, of which the
// keeper takes none for itself.
func startKept(s *Spec, path string, argv []string, files []*os.File) (*process, *lifeline, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, nil, fmt.Errorf("start %s: %w", s.Name, err)
	}
	ours, theirs, err := pair()
	if err != nil {
		return nil, nil, fmt.Errorf("start %s: %w", s.Name, err)
	}
	defer theirs.Close()
	limits, _ := json.Marshal(s.Limits)
	words := append([]string{keeperName, string(limits), path}, argv...)
	l := newLifeline(ours)
	p, err := start(s, launch{
		path: exe, argv: words, files: append(files, theirs), attr: attributes(false),
		cut: l.cut, told: l.told,
	})
	if err != nil {
		theirs.Close()
		l.close()
		return nil, nil, err
	}
	return p, l, nil
}
