// Package packed reads content that is compressed, or written in UTF-16, as the
// plain bytes that it stands for. Names don't count: Detect looks at the first
// bytes, and so does DetectText at those of the unpacked content.
//
//	r := packed.NewReader(file, format)        // gzip, zstd, xz -> bytes
//	defer r.Close()
//	t := packed.NewText(r, encoding)           // UTF-16 -> UTF-8, BOM dropped
//	packed.Skip(t, offset)                     // resume where one was
//
// Offsets into such content count the bytes that come out, so that a file and its
// compressed copy have the same ones. There is no way to them but from the start.
//
// Input is hostile: what unpacks to more than anyone expected costs time, never
// more memory than MaxMemory and the buffers.
package packed

import "bytes"

// Format is how content is compressed.
type Format uint8

// The formats that are known by their first bytes; all others are Plain.
const (
	Plain Format = iota
	Gzip         // RFC 1952
	Zstd         // RFC 8878
	Xz           // the .xz format, not .lzma
)

// String gives the usual name in lower case.
func (f Format) String() string {
	switch f {
	case Gzip:
		return "gzip"
	case Zstd:
		return "zstd"
	case Xz:
		return "xz"
	}
	return "plain"
}

// HeadLen is the number of first bytes with which Detect and DetectText are sure.
const HeadLen = 6

const (
	magicGzip = "\x1f\x8b\x08"
	magicZstd = "\x28\xb5\x2f\xfd"
	magicXz   = "\xfd7zXZ\x00"
	// A skippable frame of zstd starts with a byte of 0x50 to 0x5f, and these;
	// pzstd starts its files with one.
	magicSkippable = "\x2a\x4d\x18"
)

// Detect tells how content is compressed that starts with head. sure is false if
// head is too short to tell, as it is when empty: then f is Plain, and may turn
// out to be something else once there are more bytes.
func Detect(head []byte) (f Format, sure bool) {
	sure = true
	for _, f := range [...]Format{Gzip, Zstd, Xz} {
		is, may := f.starts(head)
		if is {
			return f, true
		}
		sure = sure && !may
	}
	return Plain, sure
}

// starts reports whether head starts content of the format, and if it is too short
// for that, whether it may.
func (f Format) starts(head []byte) (is, may bool) {
	switch f {
	case Gzip:
		return begins(head, magicGzip)
	case Xz:
		return begins(head, magicXz)
	case Zstd:
		if len(head) > 0 && head[0]&0xf0 == 0x50 {
			return begins(head[1:], magicSkippable)
		}
		return begins(head, magicZstd)
	}
	return false, false
}

func begins(head []byte, magic string) (is, may bool) {
	n := min(len(head), len(magic))
	if !bytes.Equal(head[:n], []byte(magic[:n])) {
		return false, false
	}
	return n == len(magic), n < len(magic)
}

// Encoding is how characters are written as bytes.
type Encoding uint8

// What is not marked by a byte order mark is Bytes: UTF-8, or whatever it may be.
const (
	Bytes   Encoding = iota
	UTF8BOM          // UTF-8 behind the mark EF BB BF
	UTF16LE          // UTF-16 behind the mark FF FE
	UTF16BE          // UTF-16 behind the mark FE FF
)

// String gives the usual name.
func (e Encoding) String() string {
	switch e {
	case UTF8BOM:
		return "UTF-8 with BOM"
	case UTF16LE:
		return "UTF-16LE"
	case UTF16BE:
		return "UTF-16BE"
	}
	return "bytes"
}

const (
	bomUTF8    = "\xef\xbb\xbf"
	bomUTF16LE = "\xff\xfe"
	bomUTF16BE = "\xfe\xff"
)

// DetectText tells by the byte order mark how text is written that starts with
// head. sure is false if head is too short to tell. UTF-32 is not known; its
// little-endian mark is taken for that of UTF-16 and a NUL.
func DetectText(head []byte) (e Encoding, sure bool) {
	sure = true
	for _, e := range [...]Encoding{UTF8BOM, UTF16LE, UTF16BE} {
		is, may := begins(head, e.bom())
		if is {
			return e, true
		}
		sure = sure && !may
	}
	return Bytes, sure
}

func (e Encoding) bom() string {
	switch e {
	case UTF8BOM:
		return bomUTF8
	case UTF16LE:
		return bomUTF16LE
	case UTF16BE:
		return bomUTF16BE
	}
	return ""
}
