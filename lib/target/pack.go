package target

import (
	"bytes"
	"context"
	"encoding/binary"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"heka/lib/frame"
	"heka/lib/msg"
)

// PackSize is from how many gathered bytes on a unit is written.
const PackSize = 256 << 10

// Packer makes one unit of bytes that were gathered. Units stand behind one
// another in a file, and any number of them is a whole file. A Packer is for one
// goroutine.
type Packer interface {
	// Pack appends the unit that raw becomes to dst. For blocks, raw is records.
	Pack(dst, raw []byte) ([]byte, error)
}

// Level is how hard a Packer tries.
type Level uint8

// The levels of all packers.
const (
	None Level = iota
	Fast
	Default
	Best
)

// LevelNamed returns the level of this name: none, fast, default or best.
func LevelNamed(name string) (Level, bool) {
	for i, n := range [...]string{"none", "fast", "default", "best"} {
		if n == name {
			return Level(i), true
		}
	}
	return 0, false
}

// NewBlocks returns the packer of records into the blocks of a capture.
func NewBlocks(l Level) Packer {
	b := &blocks{}
	b.w = frame.NewBlockWriter(&b.out, frame.BlockOptions{
		Size: PackSize,
		Level: [...]frame.Level{
			frame.LevelNone, frame.LevelFastest, frame.LevelDefault, frame.LevelBetter,
		}[l],
	})
	return b
}

type blocks struct {
	w   *frame.BlockWriter
	out bytes.Buffer
}

func (b *blocks) Pack(dst, raw []byte) ([]byte, error) {
	b.out.Reset()
	count, first, last := span(raw)
	if err := b.w.Write(raw, count, first, last); err != nil {
		return dst, err
	}
	if err := b.w.Flush(); err != nil {
		return dst, err
	}
	return append(dst, b.out.Bytes()...), nil
}

// span counts the records in raw and returns their smallest and largest timestamps.
func span(raw []byte) (count int, first, last int64) {
	var v msg.View
	for len(raw) > 0 {
		n := recordLen(raw)
		v.Reset(raw[msg.HeaderSize:n])
		t := v.Timestamp()
		if count == 0 {
			first, last = t, t
		}
		first, last = min(first, t), max(last, t)
		count++
		raw = raw[n:]
	}
	return count, first, last
}

// recordLen returns the length of the record at the start of raw, with its header.
func recordLen(raw []byte) int {
	return msg.HeaderSize + int(binary.BigEndian.Uint32(raw[4:]))
}

// Records is the Whole of files of records.
func Records(p []byte) int {
	at := 0
	for len(p)-at >= msg.HeaderSize {
		n := recordLen(p[at:])
		if n > len(p)-at {
			break
		}
		at += n
	}
	return at
}

// Lines is the Whole of files of lines.
func Lines(p []byte) int { return bytes.LastIndexByte(p, '\n') + 1 }

// NewGzip returns the packer of text into members of gzip.
func NewGzip(l Level) Packer {
	level := [...]int{gzip.NoCompression, gzip.BestSpeed, gzip.DefaultCompression,
		gzip.BestCompression}[l]
	w, err := gzip.NewWriterLevel(nil, level)
	if err != nil {
		panic("target: level of gzip: " + err.Error())
	}
	return &gzipped{w: w}
}

type gzipped struct {
	w   *gzip.Writer
	out bytes.Buffer
}

func (g *gzipped) Pack(dst, raw []byte) ([]byte, error) {
	g.out.Reset()
	g.w.Reset(&g.out)
	if _, err := g.w.Write(raw); err != nil {
		return dst, err
	}
	if err := g.w.Close(); err != nil {
		return dst, err
	}
	return append(dst, g.out.Bytes()...), nil
}

// NewZstd returns the packer of text into frames of zstd.
func NewZstd(l Level) Packer {
	level := [...]zstd.EncoderLevel{zstd.SpeedFastest, zstd.SpeedFastest, zstd.SpeedDefault,
		zstd.SpeedBestCompression}[l]
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true))
	if err != nil {
		panic("target: options of zstd: " + err.Error())
	}
	return zstandard{e}
}

type zstandard struct{ e *zstd.Encoder }

func (z zstandard) Pack(dst, raw []byte) ([]byte, error) { return z.e.EncodeAll(raw, dst), nil }

// Packed is a File that is written in units. It is for one goroutine.
type Packed struct {
	*File
	p   Packer
	raw []byte
	out []byte
}

// NewPacked returns the file f, written in units of p. Several Packed files of
// one goroutine may share a packer.
func NewPacked(f *File, p Packer) *Packed { return &Packed{File: f, p: p} }

// Add takes raw, whole records or lines, and writes a unit if enough is gathered.
func (p *Packed) Add(ctx context.Context, raw []byte) error {
	if len(raw) == 0 {
		return nil
	}
	if len(p.raw) > 0 && len(p.raw)+len(raw) > PackSize {
		if err := p.Flush(ctx); err != nil {
			return err
		}
	}
	if len(raw) >= PackSize/2 && len(p.raw) == 0 {
		return p.unit(ctx, raw)
	}
	p.raw = append(p.raw, raw...)
	return nil
}

// Holds reports whether anything is gathered that is not written yet.
func (p *Packed) Holds() bool { return len(p.raw) > 0 }

// Flush writes what is gathered as a unit. After an error it is gathered still.
func (p *Packed) Flush(ctx context.Context) error {
	if len(p.raw) == 0 {
		return nil
	}
	if err := p.unit(ctx, p.raw); err != nil {
		return err
	}
	p.raw = p.raw[:0]
	return nil
}

func (p *Packed) unit(ctx context.Context, raw []byte) (err error) {
	if p.out, err = p.p.Pack(p.out[:0], raw); err != nil {
		return err
	}
	err = p.Write(ctx, p.out)
	if cap(p.out) > 4*PackSize {
		p.out = nil
	}
	return err
}
