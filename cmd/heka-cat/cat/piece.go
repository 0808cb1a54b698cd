package cat

import (
	"encoding/binary"

	"heka/lib/frame"
	"heka/lib/msg"
)

// kindHeka stands for a record of Heka's framing, and kindDamage for bytes that are
// no record, among the kinds of records.
const (
	kindDamage = 0
	kindHeka   = 'H'
)

// kindNames are the kinds as people read them.
var kindNames = map[byte]string{
	kindDamage: "damaged", kindHeka: "heka", frame.KindMessage: "messages",
	frame.KindBlock: "block", frame.KindAck: "ack", frame.KindGap: "gap", frame.KindTick: "tick",
}

// piece is a stretch of a capture: one record, or bytes that are none.
type piece struct {
	kind     byte
	at, size int64
	count    int   // good messages in it
	raw      int64 // their bytes, unpacked
	first    int64 // smallest of their timestamps
	last     int64 // largest
	bad      int   // in a block whose checksum is good: what is no message, or has another form
}

func (p *piece) end() int64 { return p.at + p.size }

const (
	maxControl  = 64 << 10 // longest body of acknowledgements, gaps and ticks
	blockHead   = 28       // bytes of a block's body before its payload
	hekaPeek    = 1 << 10  // what is looked at of a record of Heka's framing at first
	blockFlags  = 1
	maxMessages = 1 << 16 // candidates that are tried within one record

	// Bytes of what proved to be no record after all that are looked at: so many, and
	// so many for each byte of the file up to there; short ones always. Headers that
	// all claim to be long can't make a file take for ever.
	wasteFree   = 1 << 30
	wasteFactor = 64
	wasteSmall  = 4 << 10
)

// parser reads the record at a place of a file.
type parser struct {
	w         window
	maxRecord int
	verify    bool // unpack all blocks; without, those that are followed by a record are believed
	format    byte // kindMessage for records, kindHeka for Heka's framing, 0 until it is known

	wasted  int64 // bytes of records that were looked at and were none
	blocks  frame.BlockReader
	convert frame.Converter
	scratch []byte
}

// parse returns the record at `at`; false if there is none.
func (p *parser) parse(at int64) (piece, bool, error) {
	h, err := p.w.bytes(at, msg.HeaderSize)
	if err != nil || len(h) == 0 || h[0] != msg.Sep {
		return piece{}, false, err
	}
	if p.format != kindHeka && len(h) == msg.HeaderSize && h[3] == msg.Version {
		got, ok, err := p.record(at, h[1], h[2], binary.BigEndian.Uint32(h[4:]))
		if ok && got.count > 0 {
			p.format = frame.KindMessage
		}
		if ok || err != nil {
			return got, ok, err
		}
	}
	if p.format == frame.KindMessage {
		return piece{}, false, nil
	}
	got, ok, err := p.heka(at)
	if ok {
		p.format = kindHeka
	}
	return got, ok, err
}

// record reads one of our own records.
func (p *parser) record(at int64, kind, flags byte, length uint32) (piece, bool, error) {
	got := piece{kind: kind, at: at, size: msg.HeaderSize + int64(length)}
	if got.end() > p.w.size || kind != frame.KindBlock && flags != 0 || flags > blockFlags {
		return got, false, nil
	}
	if got.size > wasteSmall && p.wasted+got.size > wasteFree+wasteFactor*at {
		return got, false, nil
	}
	got, ok, err := p.content(got, flags)
	if !ok {
		p.wasted += got.size
	}
	return got, ok, err
}

// content reads what stands behind a header that may be one.
func (p *parser) content(got piece, flags byte) (piece, bool, error) {
	length := got.size - msg.HeaderSize
	switch got.kind {
	case frame.KindMessage:
		if length > int64(p.maxRecord) {
			return got, false, nil
		}
		return p.message(got)
	case frame.KindBlock:
		if length > frame.MaxBlock {
			return got, false, nil
		}
		if !p.verify {
			if ok, err := p.believe(&got); ok || err != nil {
				return got, ok, err
			}
		}
		return p.block(got, flags)
	case frame.KindAck, frame.KindGap, frame.KindTick:
		return got, length <= maxControl, nil
	}
	return got, false, nil
}

func (p *parser) message(got piece) (piece, bool, error) {
	b, err := p.w.bytes(got.at, int(got.size))
	if err != nil || int64(len(b)) < got.size {
		return got, false, err
	}
	body := b[msg.HeaderSize:]
	switch err := msg.Check(body); {
	case err == msg.ErrNotCanonical:
		if p.scratch, err = msg.Canonical(p.scratch[:0], body); err != nil {
			return got, false, nil
		}
		body = p.scratch
	case err != nil:
		return got, false, nil
	}
	var v msg.View
	v.Reset(body)
	got.count, got.raw, got.first = 1, got.size, v.Timestamp()
	got.last = got.first
	return got, true, nil
}

// believe reads the head of a block alone. It is taken for true if a record, or the
// end of the file, stands where the block ends.
func (p *parser) believe(got *piece) (bool, error) {
	b, err := p.w.bytes(got.at+msg.HeaderSize, int(min(blockHead, got.size-msg.HeaderSize)))
	if err != nil {
		return false, err
	}
	h, err := frame.ParseBlock(b)
	if err != nil {
		return false, nil
	}
	next, err := p.w.bytes(got.end(), msg.HeaderSize)
	if err != nil || len(next) > 0 && (next[0] != msg.Sep || len(next) < 4 || next[3] != msg.Version) {
		return false, err
	}
	got.count, got.raw, got.first, got.last = h.Count, int64(h.Raw), h.First, h.Last
	return true, nil
}

// block unpacks a block and checks its messages.
func (p *parser) block(got piece, flags byte) (piece, bool, error) {
	h, err := p.unpack(got, flags)
	if err != nil {
		return got, false, nil
	}
	got.first, got.last = h.First, h.Last
	for b := p.scratch; len(b) > 0; {
		n := recordLen(b)
		if msg.Check(b[msg.HeaderSize:n]) == nil {
			got.count++
			got.raw += int64(n)
		} else {
			got.bad++
		}
		b = b[n:]
	}
	return got, true, nil
}

// recordLen returns the length of the record at the start of b, with its header.
func recordLen(b []byte) int { return msg.HeaderSize + int(binary.BigEndian.Uint32(b[4:])) }

// unpack puts the records of a block into scratch.
func (p *parser) unpack(got piece, flags byte) (frame.BlockHead, error) {
	b, err := p.w.bytes(got.at, int(got.size))
	if err != nil {
		return frame.BlockHead{}, err
	}
	if int64(len(b)) < got.size {
		return frame.BlockHead{}, frame.ErrShort
	}
	var h frame.BlockHead
	p.scratch, h, err = p.blocks.Unpack(p.scratch[:0], flags, b[msg.HeaderSize:])
	return h, err
}

// heka reads a record of Heka's framing.
func (p *parser) heka(at int64) (piece, bool, error) {
	b, err := p.w.bytes(at, hekaPeek)
	if err != nil {
		return piece{}, false, err
	}
	body, _, n, err := frame.NextHeka(b, p.maxRecord, nil)
	if err == frame.ErrShort && n > len(b) {
		if b, err = p.w.bytes(at, n); err != nil {
			return piece{}, false, err
		}
		body, _, n, err = frame.NextHeka(b, p.maxRecord, nil)
	}
	if err != nil {
		return piece{}, false, nil
	}
	p.scratch, err = p.convert.Append(p.scratch[:0], body)
	if err != nil {
		return piece{}, false, nil
	}
	var v msg.View
	v.Reset(p.scratch[msg.HeaderSize:])
	t := v.Timestamp()
	return piece{kind: kindHeka, at: at, size: int64(n), count: 1, raw: int64(n), first: t, last: t},
		true, nil
}
