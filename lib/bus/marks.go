package bus

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"

	"github.com/vmihailenco/msgpack/v5"

	"heka/lib/position"
	"heka/lib/stage"
)

// mark says how far of a content a batch goes: the last of its messages, whose uuid is
// made of the content and the offset in it.
type mark struct {
	producer string
	content  uint64 // 0: none
	offset   uint64
}

const offsetBits = 1<<62 - 1

// place returns the content and the offset that a record's uuid is made of; false if it
// is made of something else.
func place(rec []byte) (content, offset uint64, ok bool) {
	const uuid = 8 + 3 // behind the header, the array's head and that of the uuid
	if len(rec) < uuid+16 || rec[uuid+6]>>4 != 8 {
		return 0, 0, false
	}
	hi, lo := binary.BigEndian.Uint64(rec[uuid:]), binary.BigEndian.Uint64(rec[uuid+8:])
	return hi, lo & offsetBits, true
}

// markOf returns the mark of b, which p publishes: of the last message, if the first is
// of the same content, and the messages of a content come in order.
func (p *Port) markOf(b *stage.Batch) mark {
	if !p.ordered {
		return mark{}
	}
	first, _, ok := place(b.Record(0))
	last, offset, ok2 := place(b.Record(b.Len() - 1))
	if !ok || !ok2 || first != last {
		return mark{}
	}
	return mark{p.name, last, offset}
}

// maxContents is how many contents are remembered of a node's producer.
const maxContents = 10_000

// Marks is how far nodes have been given what others publish, by the contents that it
// came from, so that who is ahead is not given again what a source repeats for those
// who are behind. Save and Load keep it in a file.
type Marks struct {
	mu      sync.Mutex
	nodes   map[string]map[string]map[uint64]uint64 // node, producer, content: offset
	changed bool
}

// NewMarks returns empty Marks.
func NewMarks() *Marks {
	return &Marks{nodes: map[string]map[string]map[uint64]uint64{}}
}

// LoadMarks reads the file at path; if there is none, they are empty. Marks that can't
// be read are given up: messages come again then.
func LoadMarks(path string) (*Marks, error) {
	m := NewMarks()
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	sum := position.NewSum(data[min(16, len(data)):])
	if len(data) < 16 || sum.Hash != [16]byte(data[:16]) {
		return m, fmt.Errorf("marks %s: damaged", path)
	}
	if err := msgpack.Unmarshal(data[16:], &m.nodes); err != nil {
		return NewMarks(), fmt.Errorf("marks %s: %w", path, err)
	}
	return m, nil
}

// Save writes the marks to the file at path, if they have changed since.
func (m *Marks) Save(path string) error {
	m.mu.Lock()
	if !m.changed {
		m.mu.Unlock()
		return nil
	}
	data, err := msgpack.Marshal(m.nodes)
	m.changed = false
	m.mu.Unlock()
	if err == nil {
		sum := position.NewSum(data)
		err = position.WriteFile(path, append(sum.Hash[:], data...))
	}
	if err != nil {
		m.mu.Lock()
		m.changed = true
		m.mu.Unlock()
	}
	return err
}

// Forget drops the marks of nodes that keep returns false for.
func (m *Marks) Forget(keep func(node string) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for node := range m.nodes {
		if !keep(node) {
			delete(m.nodes, node)
			m.changed = true
		}
	}
}

func (m *Marks) put(node string, k mark) {
	if k.content == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	producers := m.nodes[node]
	if producers == nil {
		producers = map[string]map[uint64]uint64{}
		m.nodes[node] = producers
	}
	contents := producers[k.producer]
	if contents == nil {
		contents = map[uint64]uint64{}
		producers[k.producer] = contents
	}
	if _, ok := contents[k.content]; !ok && len(contents) >= maxContents {
		for old := range contents { // any: what it costs is that messages come again
			delete(contents, old)
			break
		}
	}
	if k.offset > contents[k.content] {
		contents[k.content], m.changed = k.offset, true
	}
}

// of returns a copy of a node's marks.
func (m *Marks) of(node string) map[mark]uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[mark]uint64{}
	for producer, contents := range m.nodes[node] {
		for content, offset := range contents {
			all[mark{producer: producer, content: content}] = offset
		}
	}
	return all
}

// resume has what a node was given before the daemon was started, as long as that may
// come again.
type resume struct {
	mu   sync.Mutex
	had  map[mark]uint64
	some atomic.Bool
}

func (r *resume) load(had map[mark]uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.had = had
	r.some.Store(len(had) > 0)
}

// rest returns those of off, records of b, that the node has not had. What it leaves
// out is counted.
func (r *resume) rest(b *stage.Batch, m mark, off []uint32, s *stats) []uint32 {
	if !r.some.Load() || len(off) == 0 {
		return off
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, first, _ := place(b.Record(0)); m.content != 0 {
		if had, ok := r.had[mark{producer: m.producer, content: m.content}]; !ok || had < first {
			return off
		}
	}
	left := off[:0]
	for _, at := range off {
		content, offset, ok := place(b.Buf[at:])
		if ok {
			if had, ok := r.had[mark{producer: m.producer, content: content}]; ok && offset <= had {
				s.skipped.Add(1)
				continue
			}
		}
		left = append(left, at)
	}
	return left
}
