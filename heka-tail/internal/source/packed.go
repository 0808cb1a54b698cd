package source

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// ErrPacked says that a file is compressed, so that it can't be followed;
// ErrSpecial that it is no regular file, so that it has no offsets.
var (
	ErrPacked  = errors.New("compressed")
	ErrSpecial = errors.New("no regular file")
)

// How content is compressed, as its first bytes tell.
const (
	plain = iota
	packedGzip
	packedZstd
)

var (
	magicGzip = []byte{0x1f, 0x8b, 8}
	magicZstd = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// packing tells how content that starts with head is compressed.
func packing(head []byte) int {
	switch {
	case bytes.HasPrefix(head, magicGzip):
		return packedGzip
	case bytes.HasPrefix(head, magicZstd):
		return packedZstd
	}
	return plain
}

// mayBePacked reports whether head, though too short, may start such content.
func mayBePacked(head []byte) bool {
	return bytes.HasPrefix(magicGzip, head) || bytes.HasPrefix(magicZstd, head)
}

// maxWindow bounds what unpacking of zstd takes in memory: zstd --long makes as
// much.
const maxWindow = 128 << 20

// unpack returns the reader of what r gives, unpacked, and what gives its memory
// and goroutines back.
func unpack(r io.Reader, how int) (io.Reader, func(), error) {
	switch how {
	case packedGzip:
		z, err := gzip.NewReader(bufio.NewReaderSize(r, 64<<10))
		return z, func() {}, err
	case packedZstd:
		z, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, func() {}, err
		}
		return z, z.Close, nil
	}
	return r, func() {}, nil
}
