package sandbox

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"heka/lib/position"
)

// Kept is a script's state in a file, with how far of each source is in it: so that
// after a crash, when a source sends again what was not acknowledged, each message is
// counted once.
//
// The file is what Save writes, and behind it a line for each content that messages
// came from, which Lua takes for a comment:
//
//	-- counted 8f14e45fceea867a 1048576
//
// That is the upper half of the messages' uuids, as a source with positions makes them
// of the identity of a content, and the largest offset. Messages with other uuids are
// counted whenever they come.
type Kept struct {
	path    string
	lock    *os.File
	state   []byte
	counted map[uint64]*counted
	turn    uint64
	skipped int64
}

// counted is how far one content has been counted.
type counted struct {
	offset uint64
	turn   uint64 // when it was used last, for the oldest to go
}

const (
	countedMark = "-- counted "
	maxCounted  = 10_000 // contents that are remembered
	maxState    = 1 << 30
	offsetBits  = 1<<62 - 1
)

// OpenKept reads the state in the file at path, which need not be there, and locks it
// against a second process. Nothing is written yet.
func OpenKept(path string) (*Kept, error) {
	k := &Kept{path: path, counted: map[uint64]*counted{}}
	// What is there is replaced: a device or a pipe would be lost.
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("state %s: not a regular file", path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, err
	}
	k.lock = lock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, fmt.Errorf("state %s: %w", path, &position.BusyError{Dir: filepath.Dir(path)})
	}
	info, err = os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err == nil && info.Size() > maxState {
		err = fmt.Errorf("state %s: larger than 1GiB", path)
	}
	if err == nil {
		k.state, err = os.ReadFile(path)
	}
	if err == nil {
		err = k.parse()
	}
	if err != nil {
		k.Close()
		return nil, err
	}
	return k, nil
}

// Close gives the file up.
func (k *Kept) Close() error { return k.lock.Close() }

// State returns what is in the file, for Config.State.
func (k *Kept) State() []byte { return k.state }

// Discard forgets how far was counted: the script has not taken the state over.
func (k *Kept) Discard() { clear(k.counted) }

// parse reads the lines of what was counted off the end of the state.
func (k *Kept) parse() error {
	for {
		text := bytes.TrimSuffix(k.state, []byte("\n"))
		at := bytes.LastIndexByte(text, '\n') + 1
		rest, ok := strings.CutPrefix(string(text[at:]), countedMark)
		if !ok {
			return nil
		}
		id, offset, _ := strings.Cut(rest, " ")
		b, err := hex.DecodeString(id)
		n, err2 := strconv.ParseUint(offset, 10, 62)
		if err != nil || err2 != nil || len(b) != 8 {
			return fmt.Errorf("state %s: damaged in its last lines; move it away to start anew", k.path)
		}
		var hi uint64
		for _, c := range b {
			hi = hi<<8 | uint64(c)
		}
		k.counted[hi] = &counted{offset: n}
		k.state = k.state[:at]
	}
}

// New reports whether the message of a uuid is to be counted, and notes that it was.
func (k *Kept) New(uuid []byte) bool {
	if uuid[6]>>4 != 8 { // not made of a content and an offset
		return true
	}
	var hi, lo uint64
	for i := range 8 {
		hi, lo = hi<<8|uint64(uuid[i]), lo<<8|uint64(uuid[8+i])
	}
	lo &= offsetBits
	k.turn++
	c := k.counted[hi]
	if c == nil {
		if len(k.counted) >= maxCounted {
			k.forget()
		}
		k.counted[hi] = &counted{offset: lo, turn: k.turn}
		return true
	}
	c.turn = k.turn
	if lo <= c.offset {
		k.skipped++
		return false
	}
	c.offset = lo
	return true
}

// Skipped returns how many messages were not counted again.
func (k *Kept) Skipped() int64 { return k.skipped }

// forget drops the tenth of the contents that were not met for longest.
func (k *Kept) forget() {
	turns := make([]uint64, 0, len(k.counted))
	for _, c := range k.counted {
		turns = append(turns, c.turn)
	}
	slices.Sort(turns)
	limit := turns[len(turns)/10]
	for hi, c := range k.counted {
		if c.turn <= limit {
			delete(k.counted, hi)
		}
	}
}

// Save writes the state of s and how far was counted, in one step: what is on disk is
// the old file or the new one.
func (k *Kept) Save(s *Sandbox) error {
	data, err := s.Save(nil)
	if err != nil {
		return fmt.Errorf("state %s: %w", k.path, err)
	}
	ids := make([]uint64, 0, len(k.counted))
	for hi := range k.counted {
		ids = append(ids, hi)
	}
	slices.SortFunc(ids, func(a, b uint64) int { return cmp.Compare(a, b) })
	for _, hi := range ids {
		data = fmt.Appendf(data, "%s%016x %d\n", countedMark, hi, k.counted[hi].offset)
	}
	return position.WriteFile(k.path, data)
}
