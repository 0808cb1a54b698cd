package frame

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"heka/lib/msg"
)

// Level is how hard a BlockWriter tries to make a block small.
type Level uint8

// The levels: no compression, and those of zstd.
const (
	LevelNone Level = iota
	LevelFastest
	LevelDefault
	LevelBetter
)

var levels = [...]struct {
	name string
	zstd zstd.EncoderLevel
}{
	{name: "none"},
	{"fastest", zstd.SpeedFastest},
	{"default", zstd.SpeedDefault},
	{"better", zstd.SpeedBetterCompression},
}

// ParseLevel returns the level of this name: none, fastest, default or better.
func ParseLevel(name string) (Level, error) {
	for i := range levels {
		if levels[i].name == name {
			return Level(i), nil
		}
	}
	return 0, fmt.Errorf("compression %q: want none, fastest, default or better", name)
}

// String returns the name that ParseLevel takes.
func (l Level) String() string { return levels[l].name }

const (
	// DefaultBlock is the size of blocks before compression, in bytes.
	DefaultBlock = 256 << 10

	// blockWindow is how far back a compressed block refers. It bounds the memory
	// of those who read it as well.
	blockWindow = 1 << 20

	// front is what stands before a block's payload.
	front = msg.HeaderSize + blockHead
)

// BlockOptions are those of a BlockWriter. The zero BlockOptions serve.
type BlockOptions struct {
	Size  int   // bytes of records gathered for a block; DefaultBlock if 0
	Level Level // of compression
}

// BlockWriter gathers messages and writes them as 'B' records. It holds one
// block, packed and unpacked. It is for one goroutine.
type BlockWriter struct {
	w    io.Writer
	opt  BlockOptions
	enc  *zstd.Encoder // nil for LevelNone
	raw  []byte        // front, then the records gathered
	out  []byte        // front, then the records compressed
	head BlockHead
}

// NewBlockWriter returns a writer of blocks to w.
func NewBlockWriter(w io.Writer, opt BlockOptions) *BlockWriter {
	if opt.Size <= 0 {
		opt.Size = DefaultBlock
	}
	opt.Size = min(opt.Size, maxRaw)
	b := &BlockWriter{w: w, opt: opt}
	if opt.Level != LevelNone {
		enc, err := zstd.NewWriter(nil,
			zstd.WithEncoderLevel(levels[opt.Level].zstd),
			zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(blockWindow),
			zstd.WithLowerEncoderMem(true),
			zstd.WithEncoderCRC(false)) // the block has its own
		if err != nil {
			panic("frame: options of the zstd encoder: " + err.Error())
		}
		b.enc = enc
	}
	return b
}

// Write takes records: count whole 'M' records end to end, whose timestamps are
// between first and last, in nanoseconds since 1970 UTC. It copies them. If they
// would make the block larger than its size, what was gathered before is written
// first. On an error none of the records were taken: once its cause is mended,
// they may be given again.
func (b *BlockWriter) Write(records []byte, count int, first, last int64) error {
	if len(records) == 0 {
		return nil
	}
	if count < 1 || first > last {
		panic("frame: BlockWriter.Write with count or timestamps that can't be")
	}
	if len(records) > maxRaw {
		return fmt.Errorf("write block: %d bytes of records, at most %d fit", len(records), maxRaw)
	}
	if b.head.Raw > 0 && b.head.Raw+len(records) > b.opt.Size {
		if err := b.Flush(); err != nil {
			return err
		}
	}
	if b.head.Raw == 0 {
		var room [front]byte
		b.raw = append(b.raw[:0], room[:]...)
		b.head = BlockHead{First: first, Last: last}
	}
	b.raw = append(b.raw, records...)
	b.head.Count += count
	b.head.First = min(b.head.First, first)
	b.head.Last = max(b.head.Last, last)
	b.head.Raw += len(records)
	return nil
}

// Buffered returns how many bytes of records were taken and not written yet.
func (b *BlockWriter) Buffered() int { return b.head.Raw }

// Flush writes what was gathered, in one call of the writer. If that fails, the
// records are kept, and the next Flush writes all of them again: whoever owns the
// file cuts it back to where the block began.
func (b *BlockWriter) Flush() error {
	if b.head.Raw == 0 {
		return nil
	}
	block, flags := b.raw, byte(0)
	if b.enc != nil {
		b.out = b.enc.EncodeAll(b.raw[front:], append(b.out[:0], b.raw[:front]...))
		if len(b.out) < len(b.raw) {
			block, flags = b.out, flagZstd
		}
	}
	copy(block, []byte{msg.Sep, KindBlock, flags, msg.Version})
	binary.BigEndian.PutUint32(block[4:], uint32(len(block)-msg.HeaderSize))
	b.head.put(block[msg.HeaderSize:])
	n, err := b.w.Write(block)
	if err == nil && n < len(block) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return fmt.Errorf("write block: %w", err)
	}
	b.head = BlockHead{}
	if cap(b.raw) > 4*b.opt.Size+front { // it held a run of uncommon length
		b.raw, b.out = nil, nil
	}
	return nil
}

// Close writes what was gathered. It does not close the writer. After an error
// it may be called again, and nothing else but Flush.
func (b *BlockWriter) Close() error {
	return b.Flush()
}
