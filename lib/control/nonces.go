package control

import (
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Reasons for which Take refuses.
var (
	ErrReplay  = errors.New("it was sent before: each is taken once")
	ErrTooMany = errors.New("too many commands are remembered: wait a minute")
	ErrTooOld  = errors.New("it may have been sent before: what was taken then is not known any more")
)

// maxNonces is how many are remembered, at most.
const maxNonces = 1 << 16

// ID is what is remembered of a command: a hash of its signer and nonce.
type ID [32]byte

// Nonces remembers, on disk, which commands were taken, until their time is over. Any
// number of goroutines may use it.
//
// The file has a line for each, which is appended and synced before Take returns, so
// that a crash forgets none; now and then it is written anew without those that are
// over. In its first line stands the latest time of those that were left out: a command
// that ends no later might be one of them, and is refused, also when the clock was set
// back. A last line that is cut was never answered, and is dropped. Any other damage
// puts that time into the future: then nothing is taken for a while, rather than
// something twice.
type Nonces struct {
	path string
	log  *slog.Logger

	// step is called before each step that changes what is on disk; tests have it fail.
	step func(name string) error

	mu        sync.Mutex
	f         *os.File // nil: it could not be made yet
	closed    bool
	size      int64 // of the file, as far as it is known to be good
	lines     int   // in the file, with those that are over
	limit     int   // of lines, when it is written anew
	torn      bool  // the file has to be written anew before it is used again
	taken     map[ID]int64
	forgotten int64 // latest end of those that are not known any more
}

// Layout of the file.
const (
	headFormat = "heka-nonces 1 %016x"
	lineFormat = "%016x %x"
	headSize   = 14 + 16 + 1 + 8 + 1
	lineSize   = 16 + 1 + 64 + 1 + 8 + 1
	// maxNoncesSize is the size from which on a file is none of ours.
	maxNoncesSize = headSize + 4*maxNonces*lineSize
)

// OpenNonces opens the file at path, or makes it. lost is how long after now a command
// may end that was taken already: so long nothing is taken if the file is damaged. log
// may be nil.
func OpenNonces(path string, now time.Time, lost time.Duration, log *slog.Logger) (*Nonces, error) {
	n := &Nonces{path: path, log: log, taken: map[ID]int64{}}
	if log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	n.step = func(string) error { return nil }
	if err := n.load(now, lost); err != nil {
		return nil, fmt.Errorf("nonces: %w", err)
	}
	return n, nil
}

// load reads the file, and writes it anew.
func (n *Nonces) load(now time.Time, lost time.Duration) error {
	f, err := os.OpenFile(n.path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err == nil {
		defer f.Close()
		var text []byte
		if text, err = readAll(f); err != nil {
			return err
		}
		if what := n.parse(text); what != "" {
			n.forgotten = max(n.forgotten, now.Add(lost).UnixNano())
			n.log.Error("nonces are damaged: no commands are taken for a while",
				"file", n.path, "damage", what, "for", lost)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := n.rewrite(now.UnixNano()); err != nil {
		n.torn = true
		n.log.Error("nonces can't be written: no commands are taken until they can",
			"file", n.path, "error", err)
	}
	return nil
}

func readAll(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", f.Name())
	}
	return io.ReadAll(io.LimitReader(f, maxNoncesSize+1))
}

// parse takes over what is in the file, and says what of it is damaged.
func (n *Nonces) parse(text []byte) (damage string) {
	if len(text) > maxNoncesSize {
		return "it is too long"
	}
	if len(text) < headSize {
		return "its first line is cut"
	}
	head, ok := checked(text[:headSize])
	if !ok || !n.parseHead(head) {
		damage = "its first line"
	}
	for at, i := headSize, 1; at < len(text); at, i = at+lineSize, i+1 {
		if at+lineSize > len(text) {
			return damage // cut: it was not synced, so that nobody had an answer
		}
		line, ok := checked(text[at : at+lineSize])
		id, end, good := parseLine(line)
		if !ok || !good {
			damage = "line " + strconv.Itoa(i+1)
			continue
		}
		n.taken[id] = end
	}
	return damage
}

func (n *Nonces) parseHead(head string) bool {
	var at uint64
	_, err := fmt.Sscanf(head, headFormat, &at)
	n.forgotten = int64(at)
	return err == nil && fmt.Sprintf(headFormat, at) == head && n.forgotten >= 0
}

func parseLine(line string) (id ID, end int64, ok bool) {
	if len(line) != lineSize-10 {
		return id, 0, false
	}
	at, err := strconv.ParseUint(line[:16], 16, 63)
	b, err2 := hex.DecodeString(line[17:])
	if err != nil || err2 != nil || len(b) != len(id) {
		return id, 0, false
	}
	return ID(b), int64(at), true
}

// castagnoli makes the table of the checksums.
func castagnoli(text []byte) uint32 {
	return crc32.Checksum(text, crc32.MakeTable(crc32.Castagnoli))
}

// checked returns a line without its checksum, and whether that is right.
func checked(line []byte) (string, bool) {
	body := line[:len(line)-10]
	return string(body), string(line[len(body):]) == fmt.Sprintf(" %08x\n", castagnoli(body))
}

func appendChecked(dst []byte, format string, args ...any) []byte {
	at := len(dst)
	dst = fmt.Appendf(dst, format, args...)
	return fmt.Appendf(dst, " %08x\n", castagnoli(dst[at:]))
}

// Take notes that the command of an id, which holds until end, is taken now. When it
// returns nil that is on disk. ErrReplay says that it was taken already; the other
// errors, too, mean that it must not be carried out.
func (n *Nonces) Take(id ID, end, now int64) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, known := n.taken[id]; known {
		return ErrReplay
	}
	if end <= n.forgotten {
		return ErrTooOld
	}
	if n.closed {
		return fs.ErrClosed
	}
	if n.torn || len(n.taken) >= maxNonces || n.lines >= n.limit {
		if err := n.rewrite(now); err != nil {
			return fmt.Errorf("nonces: %w", err)
		}
	}
	if len(n.taken) >= maxNonces {
		return ErrTooMany
	}
	// Whatever comes of the write: it may be on disk from here on.
	n.taken[id] = end
	if err := n.append(appendChecked(nil, lineFormat, uint64(end), id[:])); err != nil {
		n.torn = true
		return fmt.Errorf("nonces: %w", err)
	}
	return nil
}

// append writes a line behind the others, and returns when it is on disk.
func (n *Nonces) append(line []byte) error {
	if err := n.step("append"); err != nil {
		return err
	}
	if _, err := n.f.WriteAt(line, n.size); err != nil {
		return err
	}
	if err := n.step("sync"); err != nil {
		return err
	}
	if err := n.f.Sync(); err != nil {
		return err
	}
	n.size += int64(len(line))
	n.lines++
	return nil
}

// rewrite puts a file of what is not over at now in the place of the present one.
func (n *Nonces) rewrite(now int64) error {
	for id, end := range n.taken {
		if end < now {
			n.forgotten = max(n.forgotten, end)
			delete(n.taken, id)
		}
	}
	text := appendChecked(nil, headFormat, uint64(n.forgotten))
	for id, end := range n.taken {
		text = appendChecked(text, lineFormat, uint64(end), id[:])
	}
	f, err := n.replace(text)
	if err != nil {
		return err
	}
	if n.f != nil {
		n.f.Close()
	}
	n.f, n.size, n.lines, n.torn = f, int64(len(text)), len(n.taken), false
	n.limit = 2*n.lines + 1024
	return nil
}

// replace returns the new file when it and its name are on disk.
func (n *Nonces) replace(text []byte) (*os.File, error) {
	tmp := n.path + ".new"
	if err := n.step("create"); err != nil {
		return nil, err
	}
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(text)
	for _, s := range []struct {
		name string
		do   func() error
	}{
		{"sync new", f.Sync},
		{"rename", func() error { return os.Rename(tmp, n.path) }},
		{"sync folder", func() error { return syncFolder(filepath.Dir(n.path)) }},
	} {
		if err == nil {
			err = n.step(s.name)
		}
		if err == nil {
			err = s.do()
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// Len returns how many are remembered.
func (n *Nonces) Len() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.taken)
}

// Close closes the file; nothing is taken any more.
func (n *Nonces) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed = true; n.f == nil {
		return nil
	}
	f := n.f
	n.f = nil
	return f.Close()
}
