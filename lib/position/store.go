package position

import (
	"cmp"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Names of the files in the folder of a store.
const (
	currentName = "positions"         // the copy of the last Save
	oldName     = "positions.old"     // of the one before
	newName     = "positions.new"     // of one that is being written
	damagedName = "positions.damaged" // a copy that could not be read whole
	lockName    = "lock"
)

// Store has the records of one folder, all in memory. Its methods may be called from
// several goroutines. One process has a store at a time.
type Store struct {
	dir     string
	log     *slog.Logger
	fresh   bool
	damaged bool

	mu      sync.Mutex // for a moment only: Put is called near the hot path
	records []Record
	index   map[uint64]int // by ID, into records
	changes uint64         // how often the records changed

	saving     sync.Mutex // held while a Save writes; taken before mu
	disk       disk
	lock       *os.File // nil: closed
	marked     bool     // the lock says that there has been a Save
	saved      uint64   // the count of changes that is on disk
	generation uint64   // of the last copy written, or tried to
	currentBad bool     // currentName is damaged: not to become oldName
	oldBad     bool
	snapshot   []Record
	enc        encoder
}

// Open takes the store in the folder dir, which it makes (0700) if it is missing,
// and loads the records. It tidies up after a program that was killed, and tells log
// (nil: nobody) of damage; damage is no error. These are: *BusyError if another
// process has the store, or this one; ErrNewer if a newer program wrote it; and what
// the system says if dir or a file in it can't be used.
func Open(dir string, log *slog.Logger) (*Store, error) {
	return open(dir, log, realDisk{})
}

func open(dir string, log *slog.Logger, d disk) (*Store, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Store{dir: dir, log: log, disk: d, index: map[uint64]int{}}
	if err := makeFolders(dir); err != nil {
		return nil, failed("make folder of positions", dir, err)
	}
	lock, saved, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	s.lock, s.marked = lock, saved
	if err := s.load(); err != nil {
		lock.Close()
		return nil, err
	}
	if !s.fresh {
		s.mark()
	}
	return s, nil
}

// Fresh reports whether this is a first run: no store was saved here before Open.
func (s *Store) Fresh() bool { return s.fresh }

// Damaged reports whether there was a store, but no copy of it that could be read
// whole, so that records are missing, all of them or some. Open has said so in the
// log. A content without a record is then to be read from its beginning. What is left
// is written anew as a whole store, so only the first Open after the damage reports it:
// a caller does well to read unknown contents from the beginning unless Fresh.
func (s *Store) Damaged() bool { return s.damaged }

// All returns a copy of the records, by ID.
func (s *Store) All() []Record {
	s.mu.Lock()
	all := slices.Clone(s.records)
	s.mu.Unlock()
	sortByID(all)
	return all
}

// Get returns the record with this ID, if there is one.
func (s *Store) Get(id uint64) (Record, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.index[id]
	if !ok {
		return Record{}, false
	}
	return s.records[i], true
}

// Put adds r, or replaces the record of its ID. It is on disk after the next Save
// that succeeds. Put never waits for a disk and, for an ID that is known, allocates
// nothing. It panics if r.Offset is negative.
func (s *Store) Put(r Record) {
	if r.Offset < 0 {
		panic("position: negative offset")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.index[r.ID]
	switch {
	case !ok:
		s.index[r.ID] = len(s.records)
		s.records = append(s.records, r)
	case s.records[i] == r:
		return
	default:
		s.records[i] = r
	}
	s.changes++
}

// Delete removes the record with this ID, if there is one.
func (s *Store) Delete(id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.index[id]
	if !ok {
		return
	}
	last := len(s.records) - 1
	s.records[i] = s.records[last]
	s.index[s.records[i].ID] = i
	s.records[last] = Record{}
	s.records = s.records[:last]
	delete(s.index, id)
	s.changes++
}

// Close saves, and gives the lock up whether or not that succeeded. The store can't
// be saved afterwards; a second Close does nothing.
func (s *Store) Close() error {
	s.saving.Lock()
	defer s.saving.Unlock()
	if s.lock == nil {
		return nil
	}
	err := s.save()
	s.lock.Close()
	s.lock = nil
	return err
}

func (s *Store) path(name string) string { return filepath.Join(s.dir, name) }

func sortByID(records []Record) {
	slices.SortFunc(records, func(a, b Record) int { return cmp.Compare(a.ID, b.ID) })
}
