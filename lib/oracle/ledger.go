package oracle

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Ledger says what was written. In its file, each line is an entry, appended by one
// write:
//
//	src 3 7 app.log      source 3 writes lines of seed 7 to app.log
//	wrote 3 0-24         its lines 0 to 24 are written, with their ends
//	lost 3 20-24         these may be missing: their file was cut or removed
//	half 3 25            the start of this line was written, and its end never will be
//	end 3                source 3 has written its last line
//	# ...                for people
//
// All methods may be called by several goroutines at once.
type Ledger struct {
	mu      sync.Mutex
	file    *os.File // nil: kept in memory alone
	sources map[uint32]*claims
	err     error // of the file
}

// claims is what the ledger says of one source.
type claims struct {
	seed  uint64
	file  string
	wrote spans
	lost  spans
	half  spans
	ended bool
}

// next returns the number of the line behind the last that is claimed.
func (c *claims) next() int64 {
	if n := len(c.wrote); n > 0 {
		return c.wrote[n-1].to + 1
	}
	return 0
}

// NewLedger returns an empty ledger in memory.
func NewLedger() *Ledger { return &Ledger{sources: map[uint32]*claims{}} }

// OpenLedger returns the ledger of a file, to be appended to; the file is made if it
// is not there.
func OpenLedger(path string) (*Ledger, error) {
	l, err := ReadLedger(path)
	if errors.Is(err, fs.ErrNotExist) {
		l, err = NewLedger(), nil
	}
	if err != nil {
		return nil, err
	}
	if l.file, err = os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o644); err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	b, err := os.ReadFile(path)
	if whole := bytes.LastIndexByte(b, '\n') + 1; err == nil && whole < len(b) {
		err = l.file.Truncate(int64(whole))
	}
	if err != nil {
		l.file.Close()
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	return l, nil
}

// ReadLedger returns what a file says. A last line without its end was being written
// when its writer was killed, and says nothing.
func ReadLedger(path string) (*Ledger, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	l := NewLedger()
	for n := 1; ; n++ {
		line, rest, whole := bytes.Cut(b, []byte("\n"))
		if !whole {
			return l, nil
		}
		b = rest
		if err := l.entry(string(line)); err != nil {
			return nil, fmt.Errorf("read ledger: %s:%d: %w", path, n, err)
		}
	}
}

var errEntry = errors.New("not an entry of a ledger")

// entry takes one line.
func (l *Ledger) entry(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	if word == "" || word == "#" {
		return nil
	}
	num, rest, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseUint(num, 10, 32)
	if err != nil {
		return errEntry
	}
	src := uint32(n)
	c := l.sources[src]
	if word == "src" {
		num, name, ok := strings.Cut(rest, " ")
		seed, err := strconv.ParseUint(num, 10, 64)
		if err != nil || !ok {
			return errEntry
		}
		l.sources[src] = &claims{seed: seed, file: name}
		return nil
	}
	if c == nil {
		return errEntry
	}
	if word == "end" {
		c.ended = true
		return nil
	}
	first, last, two := strings.Cut(rest, "-")
	from, err1 := strconv.ParseInt(first, 10, 64)
	to := from
	var err2 error
	if two {
		to, err2 = strconv.ParseInt(last, 10, 64)
	}
	set := map[string]*spans{"wrote": &c.wrote, "lost": &c.lost, "half": &c.half}[word]
	if err1 != nil || err2 != nil || set == nil || to < from {
		return errEntry
	}
	set.add(from, to)
	return nil
}

// append appends an entry, in memory and to the file.
func (l *Ledger) append(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.appendLocked(fmt.Sprintf(format, args...))
}

func (l *Ledger) appendLocked(line string) {
	if err := l.entry(line); err != nil {
		panic("oracle: entry " + line)
	}
	if l.file == nil || l.err != nil {
		return
	}
	if _, err := l.file.WriteString(line + "\n"); err != nil {
		l.err = fmt.Errorf("write ledger: %w", err)
	}
}

// source begins a new source, with a number that none has.
func (l *Ledger) source(seed uint64, file string) uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	src := uint32(1)
	for n := range l.sources {
		src = max(src, n+1)
	}
	l.appendLocked(fmt.Sprintf("src %d %d %s", src, seed, strings.ReplaceAll(file, "\n", "?")))
	return src
}

func (l *Ledger) wrote(src uint32, from, to int64) {
	if to >= from {
		l.append("wrote %d %d-%d", src, from, to)
	}
}

func (l *Ledger) lost(src uint32, from, to int64) {
	if to >= from {
		l.append("lost %d %d-%d", src, from, to)
	}
}

// Note adds a line for people.
func (l *Ledger) Note(text string) { l.append("# %s", text) }

// Lost says that these lines may be missing from now on. Which lines a Rotator loses
// it says itself.
func (l *Ledger) Lost(src uint32, from, to int64) { l.lost(src, from, to) }

// Sources returns the numbers of all sources, in order.
func (l *Ledger) Sources() []uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Keys(l.sources))
}

// Wrote returns how many lines were written, by all sources.
func (l *Ledger) Wrote() (n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.sources {
		n += c.wrote.count()
	}
	return n
}

// claims returns a copy of what is said of src; false if nothing is.
func (l *Ledger) claims(src uint32) (claims, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.sources[src]
	if c == nil {
		return claims{}, false
	}
	cc := *c
	cc.wrote, cc.lost, cc.half = slices.Clone(c.wrote), slices.Clone(c.lost), slices.Clone(c.half)
	return cc, true
}

// Clone returns a ledger in memory that says what l says now.
func (l *Ledger) Clone() *Ledger {
	c := NewLedger()
	for _, src := range l.Sources() {
		cc, _ := l.claims(src)
		c.sources[src] = &cc
	}
	return c
}

// Close closes the file. The error is the first that writing to it met: from then on
// its ledger was less than was written.
func (l *Ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return l.err
	}
	err := l.file.Close()
	l.file = nil
	if l.err == nil {
		l.err = err
	}
	return l.err
}
