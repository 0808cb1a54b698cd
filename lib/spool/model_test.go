package spool

import (
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"heka/lib/stage"
)

var seed = flag.Uint64("spool.seed", 0, "of TestModel; 0: a new one")

// model is what a spool has promised.
type model struct {
	t    *testing.T
	rnd  *rand.Rand
	dir  string
	disk *testDisk
	s    *Spool
	src  *source

	mu   sync.Mutex
	done map[int]bool // told to be on disk

	next  int          // message
	acked map[int]bool // what the reader has acknowledged
	seen  map[int]bool // delivered since start
	last  int          // the highest of them
	sent  []sent
}

type sent struct {
	r    stage.Range
	nums []int
}

// TestModel does random things to a spool, kills among them, and wants of all messages that
// were told to be on disk that they come at least once, in order.
func TestModel(t *testing.T) {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-spool.seed %d", *seed)
	rounds := 40
	if testing.Short() {
		rounds = 5
	}
	for i := range rounds {
		m := &model{t: t, rnd: rand.New(rand.NewPCG(*seed, uint64(i))), dir: scratch(t),
			done: map[int]bool{}, acked: map[int]bool{}}
		m.open()
		for range 60 {
			m.act()
			if t.Failed() {
				t.Fatalf("round %d", i)
			}
		}
		m.finish()
	}
}

func (m *model) open() {
	m.disk = &testDisk{fast: true, torn: true}
	m.disk.at = func(string) {} // writes in two halves
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(m.rnd.Uint64(), 0))
	m.disk.fail = func(step string) error {
		mu.Lock()
		defer mu.Unlock()
		if rnd.IntN(25) == 0 {
			return syscall.ENOSPC
		}
		return nil
	}
	opt := Options{Max: 64 << 10, Segment: 1 << (8 + m.rnd.IntN(5)), saveEvery: time.Millisecond}
	if m.rnd.IntN(3) == 0 {
		opt.Sync = time.Millisecond
	}
	opt.Compress = m.rnd.IntN(2) == 0
	s, err := open(m.dir, opt, m.disk)
	must(m.t, err)
	m.s = s
	m.start()
}

// start begins to read at the cursor.
func (m *model) start() {
	if m.src != nil {
		m.src.end()
	}
	m.src = m.s.Source(&stage.Env{Pool: pool}, "a").(*source)
	m.src.start()
	m.seen, m.last = map[int]bool{}, -1
	m.sent = nil
}

func (m *model) act() {
	switch n := m.rnd.IntN(20); {
	case n < 9:
		m.append()
	case n < 13:
		m.read()
	case n < 17:
		m.ack()
	case n < 18:
		m.start() // the node failed
	case n < 19:
		m.src.end()
		m.src = nil
		_ = m.s.Close() // the disk may fail just now
		m.open()
	default:
		m.kill()
	}
}

func (m *model) append() {
	from, n := m.next, 1+m.rnd.IntN(5)
	took := m.s.TryAppend(batch(from, from+n, m.rnd.IntN(400)), func(err error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		for i := from; err == nil && i < from+n; i++ {
			m.done[i] = true
		}
	})
	if took {
		m.next += n
	}
}

// read takes a batch, if there is one, and looks at its order.
func (m *model) read() {
	b := pool.Get()
	defer b.Release()
	from := m.src.pos
	must(m.t, m.src.gather(b))
	if m.src.pos == from {
		return
	}
	one := sent{r: m.src.sent(from)}
	for i := range b.Off {
		n := number(m.t, b, i)
		one.nums = append(one.nums, n)
	}
	for _, n := range one.nums {
		if n < m.last && !m.seen[n] {
			m.t.Errorf("message %d comes after %d", n, m.last)
		}
		m.seen[n] = true
		m.last = max(m.last, n)
	}
	m.sent = append(m.sent, one)
}

// ack acknowledges something that was sent.
func (m *model) ack() {
	if len(m.sent) == 0 {
		return
	}
	i := m.rnd.IntN(len(m.sent))
	for _, n := range m.sent[i].nums {
		m.acked[n] = true
	}
	m.src.Acked(m.sent[i].r)
	m.sent = append(m.sent[:i], m.sent[i+1:]...)
}

// kill goes on with a copy of the folder as a kill or a power cut leaves it.
func (m *model) kill() {
	m.mu.Lock()
	done := make(map[int]bool, len(m.done))
	for n := range m.done {
		done[n] = true
	}
	to := scratch(m.t)
	for _, name := range files(m.t, m.dir, "", "") {
		if b, err := os.ReadFile(filepath.Join(m.dir, name)); err == nil {
			must(m.t, os.WriteFile(filepath.Join(to, name), b, 0o600))
		}
	}
	m.mu.Unlock()
	m.src.end()
	m.src = nil
	_ = m.s.Close()
	m.dir = to
	m.mu.Lock()
	m.done = done
	m.mu.Unlock()
	m.open()
}

// finish reads all that is left, with a disk that works.
func (m *model) finish() {
	m.src.end()
	m.src = nil
	_ = m.s.Close()
	s, err := Open(m.dir, Options{Max: 64 << 10})
	must(m.t, err)
	defer s.Close()
	got := map[int]bool{}
	for _, n := range all(m.t, s, "a") {
		got[n] = true
	}
	for n := range m.next {
		if m.done[n] && !got[n] && !m.acked[n] {
			m.t.Errorf("message %d was on disk and is gone", n)
		}
	}
	if st := s.Stats(); st.Errors > 0 {
		m.t.Errorf("%+v", st)
	}
}
