package position

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

// The layout is described in README.md, which is heka-positions(5).
const (
	magic      = "heka-positions"
	version    = 1
	maxLine    = 128       // bytes of the first line
	maxFile    = 256 << 20 // bytes; more is damage
	recordHead = 12        // mark, length, crc32c
	recordMark = "\x1ePOS"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrNewer says that a store was written by a program newer than this one, in a
// format that this one does not know. Nothing of it was touched.
var ErrNewer = errors.New("written by a newer version of this program")

// parsed is what the bytes of a copy say.
type parsed struct {
	generation uint64   // 0: not known
	records    []Record // those that are whole, as they stand in the file
	err        error    // why the copy is not whole; nil if it is
}

// parse reads a copy. It errs only with ErrNewer; damage is in the answer.
func parse(b []byte) (parsed, error) {
	words, rest, err := firstLine(b)
	if err != nil {
		// Perhaps only that line is damaged, and the records are not.
		p := parsed{err: err}
		p.records, _ = readRecords(b)
		return p, nil
	}
	v, err := strconv.ParseUint(words[0], 10, 64)
	switch {
	case err != nil:
		return parsed{err: fmt.Errorf("format version %q is no number", words[0])}, nil
	case v > version:
		return parsed{}, fmt.Errorf("%w: format version %d, known up to %d", ErrNewer, v, version)
	case v == 1:
		return parse1(words[1:], rest), nil
	}
	return parsed{err: fmt.Errorf("format version %d is not known", v)}, nil
}

// firstLine returns the words of the line that begins a copy of any version, without
// the magic and the checksum, and what is behind the line.
func firstLine(b []byte) (words []string, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, errors.New("empty")
	}
	end := bytes.IndexByte(b[:min(len(b), maxLine)], '\n')
	if end < 0 || !bytes.HasPrefix(b, []byte(magic+" ")) {
		return nil, nil, errors.New("no line " + magic + " at the beginning")
	}
	line := string(b[:end])
	sum := strings.LastIndexByte(line, ' ') + 1
	if line[sum:] != lineSum(line[:sum]) {
		return nil, nil, errors.New("checksum of the first line is wrong")
	}
	words = strings.Fields(line[len(magic):sum])
	if len(words) == 0 {
		return nil, nil, errors.New("no format version")
	}
	return words, b[end+1:], nil
}

func lineSum(s string) string {
	return fmt.Sprintf("%08x", crc32.Checksum([]byte(s), castagnoli))
}

// parse1 reads a copy of version 1; words are its generation and its number of records.
func parse1(words []string, b []byte) (p parsed) {
	var count uint64
	var err error
	if len(words) < 2 {
		return parsed{err: errors.New("no number of records")}
	}
	if p.generation, err = strconv.ParseUint(words[0], 10, 64); err == nil {
		count, err = strconv.ParseUint(words[1], 10, 64)
	}
	if err != nil {
		return parsed{err: err}
	}
	p.records, p.err = readRecords(b)
	if n := uint64(len(p.records)); p.err == nil && n != count {
		p.err = fmt.Errorf("%d records of %d", n, count)
	}
	return p
}

// readRecords reads the records that are whole, and errs with the first place where one
// should be and is not. It looks for the next one behind such a place, but hashes at
// most 16 times what is there: marks in a hostile file may promise long records.
func readRecords(b []byte) (records []Record, err error) {
	var dec decoder
	budget := 16 * len(b)
	for at := 0; at < len(b) && budget >= 0; {
		body, cost, bad := cut(b[at:])
		budget -= cost
		var r Record
		if bad == nil {
			r, bad = dec.record(body)
		}
		if bad == nil {
			records = append(records, r)
			at += recordHead + len(body)
			continue
		}
		if err == nil {
			err = fmt.Errorf("record %d, %d bytes before the end: %w", len(records), len(b)-at, bad)
		}
		next := bytes.Index(b[at+1:], []byte(recordMark))
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return records, err
}

// cut returns the body of the record at the start of b, and how much it had to hash.
func cut(b []byte) (body []byte, cost int, err error) {
	if len(b) < recordHead {
		return nil, 0, errors.New("cut short")
	}
	if string(b[:4]) != recordMark {
		return nil, 0, errors.New("no mark")
	}
	length := int64(binary.BigEndian.Uint32(b[4:]))
	if length > int64(len(b)-recordHead) {
		return nil, 0, errors.New("cut short")
	}
	body = b[recordHead : recordHead+int(length)]
	if recordSum(b[4:8], body) != binary.BigEndian.Uint32(b[8:]) {
		return nil, len(body), errors.New("checksum is wrong")
	}
	return body, len(body), nil
}

func recordSum(length, body []byte) uint32 {
	return crc32.Update(crc32.Checksum(length, castagnoli), castagnoli, body)
}
