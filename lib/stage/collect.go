package stage

import (
	"math/rand/v2"

	"heka/lib/msg"
)

// Collector gathers messages that a stage makes into batches and writes them to
// the next stage. It is for one goroutine.
type Collector struct {
	// Interim says that what is added from now on is a snapshot for a terminal. It is
	// changed between a Flush and the next Add.
	Interim bool

	pool *Pool
	out  Writer
	b    *Batch
	ack  Range
	hops uint8
	low  uint64
}

// NewCollector returns a Collector that writes to out.
func NewCollector(env *Env, out Writer) *Collector {
	return &Collector{pool: env.pool(), out: out, low: rand.Uint64()}
}

// Add appends the message that b holds, and writes the batch if it is full.
func (c *Collector) Add(b *msg.Builder) error {
	t := c.batch()
	t.Off = append(t.Off, uint32(len(t.Buf)))
	t.Buf = b.Append(t.Buf)
	return c.full()
}

// AddRecord appends a copy of a whole record.
func (c *Collector) AddRecord(record []byte) error {
	t := c.batch()
	t.Off = append(t.Off, uint32(len(t.Buf)))
	t.Buf = append(t.Buf, record...)
	return c.full()
}

// Acknowledge says that what was added since the last call stands for r: what holds
// the last of it has r as its acknowledgement. Where r does not go on where the range
// before ends, that is flushed first.
func (c *Collector) Acknowledge(r Range) error {
	if c.ack.Empty() {
		c.ack = r
		return nil
	}
	if c.ack.From <= r.From && c.ack.touches(r) {
		c.ack.To, c.ack.Hops = max(c.ack.To, r.To), max(c.ack.Hops, r.Hops)
		return nil
	}
	err := c.Flush()
	c.ack = r
	return err
}

// Follow says that what is added from now on comes of b: its Hops are b's, or those of
// what was followed since the last batch was written, if they are more.
func (c *Collector) Follow(b *Batch) { c.hops = max(c.hops, b.Ack.Hops) }

// Flush writes what is held, if anything.
func (c *Collector) Flush() error {
	if c.b == nil && c.ack.Empty() {
		return nil
	}
	b := c.b
	if b == nil {
		b = c.pool.child()
	}
	b.Ack, c.ack = c.ack, Range{}
	return c.write(b)
}

// write writes b, which is what is held.
func (c *Collector) write(b *Batch) error {
	c.b = nil
	b.Interim = c.Interim
	b.Ack.Hops, c.hops = max(b.Ack.Hops, c.hops), 0
	return c.out.Write(b)
}

func (c *Collector) batch() *Batch {
	if c.b == nil {
		c.b = c.pool.Get()
	}
	return c.b
}

func (c *Collector) full() error {
	if len(c.b.Buf) >= BatchFull {
		return c.write(c.b)
	}
	return nil
}

// NewUuid puts a uuid of version 7 into b: of its Timestamp, and of bits that start
// at random and count on.
func (c *Collector) NewUuid(b *msg.Builder) {
	c.low++
	hi := uint64(b.Timestamp/1e6)<<16 | 7<<12 | rand.Uint64()&0xfff
	msg.PutUuid(&b.Uuid, hi, 1<<63|c.low&(1<<62-1))
}
