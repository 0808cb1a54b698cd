package supervise

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"heka/lib/stage"
)

// Descriptors of a child.
const (
	socketFd = 3 // the socket to the parent
	setupFd  = 4 // a file of memory with Spec.Setup
)

// Conn is a child's end of the socket pair, in the program that Remote or RemoteSource
// has started. Its pipeline is one of
//
//	Source() ── stages ── Sink()       a node in the middle
//	source   ── stages ── Sink()       a source
//	Source() ── stages ── Done()       a node that delivers
//	source   ── stages ── Done()       one that does it all
//
// run by stage.Run, whose outcome Close tells the parent.
type Conn struct {
	env   *stage.Env // of the pipeline; set by its stages
	setup []byte
	conn  *net.UnixConn
	send  *sender

	sourced bool // Source was called: what the parent sends is its input
	stop    chan struct{}
	once    sync.Once
	told    [statsSize / 8]int64
}

// Serve takes over the descriptors that the parent left, and returns the way to it. It
// may be called again in a program that has started itself anew, as wall.Enter does,
// as long as no stage has run.
func Serve() (*Conn, error) {
	f := os.NewFile(socketFd, "parent")
	c, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("serve on descriptor %d: %w", socketFd, err)
	}
	u, ok := c.(*net.UnixConn)
	if !ok {
		c.Close()
		return nil, fmt.Errorf("serve on descriptor %d: not a unix socket", socketFd)
	}
	setup, err := readSetup()
	if err != nil {
		u.Close()
		return nil, err
	}
	return &Conn{setup: setup, conn: u, send: newSender(u), stop: make(chan struct{})}, nil
}

// readSetup reads the file without moving its offset, so that it can be read again.
func readSetup() ([]byte, error) {
	var st unix.Stat_t
	if err := unix.Fstat(setupFd, &st); err != nil {
		return nil, fmt.Errorf("read setup: %w", err)
	}
	p := make([]byte, st.Size)
	for n := 0; n < len(p); {
		k, err := unix.Pread(setupFd, p[n:], int64(n))
		if err == unix.EINTR {
			continue
		}
		if err != nil || k == 0 {
			return nil, fmt.Errorf("read setup: %w", errors.Join(err, io.ErrUnexpectedEOF))
		}
		n += k
	}
	return p, nil
}

// Setup returns the parent's Spec.Setup.
func (c *Conn) Setup() []byte { return c.setup }

// Stop is closed when the parent wants sources to end, or is gone: it is the Stop of the
// pipeline's Env. Somebody must read what the parent sends for that: Sink or Done.
func (c *Conn) Stop() <-chan struct{} { return c.stop }

func (c *Conn) stopped() { c.once.Do(func() { close(c.stop) }) }

// Dead sends a record to the parent's dead letters: it is the Fail of the pipeline's Env.
func (c *Conn) Dead(record []byte) error { return c.send.control(codeDead, record) }

// Close tells the parent how the pipeline has ended, err, with the last of its counters, and
// ends the way to it. Its own error is of that alone.
func (c *Conn) Close(err error) error {
	serr := c.tell()
	if err == nil {
		serr = errors.Join(serr, c.send.control(codeEnd, nil))
	} else {
		text := append([]byte{natures(err)}, err.Error()...)
		serr = errors.Join(serr, c.send.control(codeError, text[:min(len(text), maxControl-1)]))
	}
	return errors.Join(serr, c.conn.Close())
}

// start is called by the stages when they run. Programs that they start do not inherit
// the descriptors.
func (c *Conn) start() {
	unix.CloseOnExec(socketFd)
	unix.CloseOnExec(setupFd)
}

// tell sends what the counters of the pipeline have become since the last time.
func (c *Conn) tell() error {
	if c.env == nil {
		return nil
	}
	var text [statsSize]byte
	changed := false
	for i, n := range counters(&c.env.Stats) {
		now := n.Load()
		binary.BigEndian.PutUint64(text[8*i:], uint64(now-c.told[i]))
		changed = changed || now != c.told[i]
		c.told[i] = now
	}
	if !changed {
		return nil
	}
	return c.send.control(codeStats, text[:])
}

// statsSize is the size of the text of codeStats.
const (
	statsSize = 8 * 14
	lagAt     = 13 // which of them is Lag, the only one that falls
)

// counters returns the counters of s, in the order in which they are sent.
func counters(s *stage.Stats) [statsSize / 8]*atomic.Int64 {
	return [...]*atomic.Int64{
		&s.In, &s.InBytes, &s.Out, &s.OutBytes, &s.Bad, &s.Dropped, &s.Damaged, &s.Skipped,
		&s.Refused, &s.Files, &s.Rotations, &s.Gaps, &s.GapBytes, &s.Lag,
	}
}

// pool returns the pool of the pipeline of env, as stage.Run will find it.
func pool(env *stage.Env) *stage.Pool {
	if env.Pool == nil {
		env.Pool = stage.NewPool(32)
	}
	return env.Pool
}
