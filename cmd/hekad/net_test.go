package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
)

// runIn starts a daemon in a folder of the scene, which has its hekad.toml; files are its
// descriptors from 3 on, which it is told of as systemd does.
func (s *scene) runIn(folder string, names string, files ...*os.File) *process {
	s.t.Helper()
	p := &process{s: s, done: make(chan struct{})}
	line := `exec hekad run --state state hekad.toml`
	if len(files) > 0 {
		line = `LISTEN_PID=$$ ` + line
	}
	p.cmd = exec.Command("sh", "-c", line)
	p.cmd.Dir, p.cmd.Stderr, p.cmd.ExtraFiles = s.path(folder), &p.said, files
	p.cmd.Env = environment(s.token)
	if len(files) > 0 {
		p.cmd.Env = append(p.cmd.Env, "LISTEN_FDS="+string(rune('0'+len(files))), "LISTEN_FDNAMES="+names)
	}
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		p.cmd.Wait()
	}()
	s.t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.done
		if s.t.Failed() {
			s.t.Logf("hekad in %q said: %.6000s", folder, p.said.String())
		}
	})
	return p
}

// says waits until the daemon has said what re matches, and returns what the first group
// of it does.
func (p *process) says(re string) string {
	p.s.t.Helper()
	x := regexp.MustCompile(re)
	var m []string
	p.s.poll("a daemon says "+re, func() bool {
		m = x.FindStringSubmatch(p.said.String())
		select {
		case <-p.done:
			if m == nil {
				p.s.t.Fatalf("ended: %s", p.said.String())
			}
		default:
		}
		return m != nil
	})
	return m[len(m)-1]
}

// listens returns where the source of a node listens, of which the system has chosen the
// port.
func (p *process) listens(node string) string {
	return p.says(`"msg":"listening on ([^"]+)","node":"` + node + `"`)
}

// command runs a program of ours in the folder, with stdin, and returns its status and
// what it wrote.
func (s *scene) command(stdin string, words ...string) (status int, out string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, filepath.Join(bin, words[0]), words[1:]...)
	c.Dir, c.Env, c.Stdin = s.dir, environment(s.token), strings.NewReader(stdin)
	b, err := c.CombinedOutput()
	if ctx.Err() != nil {
		s.t.Errorf("%v: not ended in %v: %s", words, patience, b)
	} else if c.ProcessState == nil {
		s.t.Fatalf("%v: %v", words, err)
	}
	return c.ProcessState.ExitCode(), string(b)
}

// wants runs a program and wants a status, and a text in what it wrote.
func (s *scene) wants(status int, text string, words ...string) string {
	s.t.Helper()
	got, out := s.command("", words...)
	if got != status || !strings.Contains(out, text) {
		s.t.Errorf("%v: status %d, want %d: %s", words, got, status, out)
	}
	return out
}

// records returns the messages of a capture as far as they are whole; none if it is not
// there.
func (s *scene) records(name string) (all []msg.Message) {
	b, err := os.ReadFile(s.path(name))
	if err != nil {
		return nil
	}
	in := frame.NewReader(bytes.NewReader(b), frame.Options{})
	for {
		var buf []byte
		var off []uint32
		buf, off, err = in.Read(buf, off)
		for i, at := range off {
			end := len(buf)
			if i+1 < len(off) {
				end = int(off[i+1])
			}
			v, perr := msg.Parse(buf[int(at)+msg.HeaderSize : end])
			if perr != nil {
				s.t.Fatalf("%s: %v", name, perr)
			}
			all = append(all, v.Message())
		}
		if err != nil { // its end, perhaps in the middle of what is being written
			return all
		}
	}
}

// payloads returns those of a capture, joined.
func (s *scene) payloads(name string) string {
	var all []string
	for _, m := range s.records(name) {
		all = append(all, m.Payload)
	}
	return strings.Join(all, " ")
}

// node returns how a node stands, as ps tells; nil if there is none.
func (s *scene) node(folder, name string) map[string]any {
	_, out := s.hekad("ps", "-o", "json", "--state", s.path(folder, "state"))
	var st struct{ Nodes []map[string]any }
	json.Unmarshal([]byte(out), &st)
	for _, n := range st.Nodes {
		if n["name"] == name {
			return n
		}
	}
	return nil
}

// proxy stands between two programs, and harms connections as it is told.
type proxy struct {
	ln    net.Listener
	harm  func(i int) harm // of connection i
	count atomic.Int64
	wg    sync.WaitGroup
	quit  chan struct{}

	mu     sync.Mutex
	target string
	conns  []net.Conn
	there  []byte // what went there
}

// harm is what is done to a connection. Each direction counts its own bytes.
type harm struct {
	there, back int64         // bytes after which it happens; 0: never
	reset       bool          // it is reset, not closed
	hole        bool          // it stays open, and nothing comes through any more
	delay       time.Duration // of each piece
	piece       int           // bytes at a time; 0: many
}

func newProxy(t *testing.T, target string, f func(i int) harm) *proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{ln: ln, target: target, harm: f, quit: make(chan struct{})}
	p.wg.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

func (p *proxy) addr() string { return p.ln.Addr().String() }

// recorded returns what went there over all connections.
func (p *proxy) recorded() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]byte(nil), p.there...)
}

func (p *proxy) close() {
	p.ln.Close()
	close(p.quit)
	p.mu.Lock()
	for _, c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	p.wg.Wait()
}

func (p *proxy) accept() {
	for {
		a, err := p.ln.Accept()
		if err != nil {
			return
		}
		h := p.harm(int(p.count.Add(1)) - 1)
		p.mu.Lock()
		target := p.target
		p.mu.Unlock()
		b, err := net.Dial("tcp", target)
		if err != nil {
			a.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, a, b)
		p.mu.Unlock()
		p.wg.Go(func() { p.carry(a, b, h.there, h, true) })
		p.wg.Go(func() { p.carry(b, a, h.back, h, false) })
	}
}

// maxRecorded is how much a proxy keeps of what went there.
const maxRecorded = 1 << 20

// carry copies from a to b until the harm is done.
func (p *proxy) carry(a, b net.Conn, most int64, h harm, there bool) {
	buf := make([]byte, 64<<10)
	if h.piece > 0 {
		buf = buf[:h.piece]
	}
	var done int64
	for {
		n, err := a.Read(buf)
		if h.delay > 0 {
			select {
			case <-time.After(h.delay):
			case <-p.quit:
			}
		}
		harmed := most > 0 && done+int64(n) >= most
		if harmed {
			n = int(most - done)
		}
		if there {
			p.mu.Lock()
			if len(p.there) < maxRecorded {
				p.there = append(p.there, buf[:n]...)
			}
			p.mu.Unlock()
		}
		b.Write(buf[:n])
		done += int64(n)
		if harmed && h.hole {
			<-p.quit
		}
		if harmed || err != nil {
			if h.reset {
				a.(*net.TCPConn).SetLinger(0)
				b.(*net.TCPConn).SetLinger(0)
			}
			if c, ok := b.(*net.TCPConn); ok && err == io.EOF && !harmed {
				c.CloseWrite()
				return
			}
			a.Close()
			b.Close()
			return
		}
	}
}

// unharmed lets a connection be.
func unharmed(int) harm { return harm{} }
