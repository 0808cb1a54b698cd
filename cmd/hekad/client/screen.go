package client

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"heka/lib/pollfd"
)

// Sequences of ECMA-48 and xterm.
const (
	alternate  = "\x1b[?1049h\x1b[?25l\x1b[?7l" // screen, no cursor, no wrapping
	original   = "\x1b[?7h\x1b[?25h\x1b[?1049l"
	home       = "\x1b[H"
	eraseLine  = "\x1b[K"
	eraseBelow = "\x1b[J"
)

// screen is a terminal taken over: its alternate screen, and its keys as they are
// pressed.
type screen struct {
	in, out *os.File
	keys    <-chan []byte // what is typed; nil if stdin is no terminal
	was     *term.State   // of in
	cancel  context.CancelFunc
	wg      sync.WaitGroup
	buf     strings.Builder
}

// openScreen takes the terminal over until close.
func openScreen(ctx context.Context, in, out *os.File) (*screen, error) {
	ctx, cancel := context.WithCancel(ctx)
	s := &screen{in: in, out: out, cancel: cancel}
	if err := s.enter(); err != nil {
		cancel()
		return nil, err
	}
	if s.was == nil {
		return s, nil
	}
	w, err := pollfd.New(ctx, nil, int(in.Fd()))
	if err != nil {
		s.close()
		return nil, err
	}
	keys := make(chan []byte)
	s.keys = keys
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		defer w.Close()
		defer close(keys)
		s.read(ctx, w, keys)
	}()
	return s, nil
}

// read sends what is typed.
func (s *screen) read(ctx context.Context, w *pollfd.Waiter, keys chan<- []byte) {
	for {
		if ok, err := w.Wait(); !ok || err != nil {
			return
		}
		buf := make([]byte, 64)
		n, err := unix.Read(int(s.in.Fd()), buf)
		if err == unix.EINTR || err == unix.EAGAIN {
			continue
		}
		if err != nil || n <= 0 {
			return
		}
		select {
		case keys <- buf[:n]:
		case <-ctx.Done():
			return
		}
	}
}

func (s *screen) enter() error {
	if term.IsTerminal(int(s.in.Fd())) {
		var err error
		if s.was, err = term.MakeRaw(int(s.in.Fd())); err != nil {
			return fmt.Errorf("set up the terminal: %w", err)
		}
	}
	_, err := s.out.WriteString(alternate)
	return err
}

// leave gives the terminal back as it was.
func (s *screen) leave() {
	s.out.WriteString(original)
	if s.was != nil {
		term.Restore(int(s.in.Fd()), s.was)
	}
}

func (s *screen) close() {
	s.cancel()
	s.wg.Wait()
	s.leave()
}

// suspend stops the process, as Ctrl-Z does where it is not taken for a key, and takes
// the terminal over again when it goes on.
func (s *screen) suspend() {
	s.leave()
	unix.Kill(0, unix.SIGTSTP)
	s.enter()
}

// size is that of the terminal.
func (s *screen) size() (width, height int) {
	w, h, err := term.GetSize(int(s.out.Fd()))
	if err != nil || w <= 0 || h <= 0 {
		return 80, 24
	}
	return w, h
}

// draw shows lines, which fit, in one write.
func (s *screen) draw(lines []string) error {
	b := &s.buf
	b.Reset()
	b.WriteString(home)
	for i, l := range lines {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(l)
		b.WriteString(eraseLine)
	}
	b.WriteString(eraseBelow)
	_, err := s.out.WriteString(b.String())
	return err
}

// Keys that are no characters.
const (
	keyUp = 0x100 + iota
	keyDown
	keyPageUp
	keyPageDown
	keyHome
	keyEnd
	keyLeft
	keyRight
	keyOther
)

// sequences are what terminals send for them.
var sequences = []struct {
	text string
	key  int
}{
	{"\x1b[A", keyUp}, {"\x1b[B", keyDown}, {"\x1b[C", keyRight}, {"\x1b[D", keyLeft},
	{"\x1bOA", keyUp}, {"\x1bOB", keyDown}, {"\x1bOC", keyRight}, {"\x1bOD", keyLeft},
	{"\x1b[5~", keyPageUp}, {"\x1b[6~", keyPageDown},
	{"\x1b[H", keyHome}, {"\x1b[F", keyEnd}, {"\x1b[1~", keyHome}, {"\x1b[4~", keyEnd},
	{"\x1bOH", keyHome}, {"\x1bOF", keyEnd},
}

// readKey returns the key that p, which is not empty, starts with, and how many bytes
// that are.
func readKey(p []byte) (key, n int) {
	if p[0] != 0x1b || len(p) == 1 {
		return int(p[0]), 1
	}
	for _, s := range sequences {
		if strings.HasPrefix(string(p), s.text) {
			return s.key, len(s.text)
		}
	}
	for n = 2; n < len(p) && p[1] == '['; n++ { // some other sequence: to its final byte
		if p[n] >= '@' && p[n] <= '~' {
			n++
			break
		}
	}
	return keyOther, min(n, len(p))
}
