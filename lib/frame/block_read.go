package frame

import (
	"encoding/binary"
	"hash/crc32"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// maxWindow is the largest window of a compressed block that is read: what all
// decoders of zstd are asked to have.
const maxWindow = 8 << 20

// BlockReader unpacks blocks. The zero BlockReader is ready to use; it starts no
// goroutine and needs no closing. It is for one goroutine.
type BlockReader struct {
	dec *zstd.Decoder
}

// Unpack appends the records of a block to dst, end to end; flags and body are
// those of its 'B' record. The checksum was right, and the records are as many as
// the head says, but they have not passed msg.Check: who wrote the block may have
// been anyone.
//
// The error wraps ErrDamaged, and dst is returned as it was. A block takes no
// more memory than its raw length, which is checked first, beyond what the
// decoder keeps: about its window.
func (r *BlockReader) Unpack(dst []byte, flags byte, body []byte) ([]byte, BlockHead, error) {
	h, err := ParseBlock(body)
	switch {
	case err != nil:
		return dst, BlockHead{}, err
	case flags&^flagZstd != 0:
		return dst, BlockHead{}, errBlockFlags
	case crc32.Checksum(body[blockCount:], castagnoli) != binary.BigEndian.Uint32(body):
		return dst, BlockHead{}, errBlockCrc
	}
	at, payload := len(dst), body[blockHead:]
	out := dst
	if flags&flagZstd == 0 {
		if len(payload) != h.Raw {
			return dst, BlockHead{}, errBlockLength
		}
		out = append(dst, payload...)
	} else if out, err = r.unzip(dst, payload, h.Raw); err != nil {
		return dst, BlockHead{}, err
	}
	if !holds(out[at:], h.Count) {
		return dst, BlockHead{}, errBlockRecords
	}
	return out, h, nil
}

// unzip appends what payload unpacks to, which must be of raw bytes.
func (r *BlockReader) unzip(dst, payload []byte, raw int) ([]byte, error) {
	if r.dec == nil {
		dec, err := zstd.NewReader(nil,
			zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(MaxBlock),
			zstd.WithDecoderMaxWindow(maxWindow),
			zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			panic("frame: options of the zstd decoder: " + err.Error())
		}
		r.dec = dec
	}
	at := len(dst)
	dst = slices.Grow(dst, raw)
	want := dst[: at+raw : at+raw]
	// The decoder stops where the capacity ends, whatever the payload would give.
	out, err := r.dec.DecodeAll(payload, want[:at])
	if err != nil || len(out) != at+raw {
		return dst, errBlockLength
	}
	if raw > 0 && &out[at] != &want[at] {
		copy(want[at:], out[at:])
	}
	return dst[:at+raw], nil
}
