package frame

import (
	"bytes"
	"errors"
	"io"

	"heka/lib/msg"
)

// readRecords takes the next records of the stream. Messages are read straight
// into buf and stay where they come to stand; what can't stay as it is, a block or
// a message in another encoding, waits in raw and is taken by readAside.
func (r *Reader) readRecords(buf []byte, off []uint32) ([]byte, []uint32, error) {
	if r.aside {
		return r.readAside(buf, off)
	}
	r.checked = !r.opt.Unchecked
	at, want := 0, 0
	buf = append(buf, r.raw[r.at:]...)
	r.raw, r.at = r.raw[:0], 0
	for {
		at, off, want = r.scan(buf, at, off)
		if r.aside || len(off) > 0 && (len(buf) >= batchFull || !r.ready()) {
			break
		}
		if r.err != nil {
			if len(off) == 0 && (at == len(buf) || r.err == ErrCut) {
				return buf, off, r.err
			}
			break
		}
		buf = grow(buf, at+want)
		n, err := r.src.Read(buf[len(buf):max(len(buf)+1, min(cap(buf), max(rawSize, at+want)))])
		buf, r.err = buf[:len(buf)+n], err
		r.effort.read += int64(n)
	}
	r.raw = append(r.raw[:0], buf[at:]...)
	return buf[:at], off, nil
}

// grow makes room to read on. A buffer grows in steps of what it holds: a length
// that lies must be paid for in bytes before it is paid for in memory.
func grow(buf []byte, want int) []byte {
	room := cap(buf) - len(buf)
	if room >= rawSize/4 || room > 0 && cap(buf) >= want {
		return buf
	}
	size := max(rawSize, min(max(want, len(buf)+rawSize), 2*len(buf)+rawSize))
	return append(make([]byte, 0, size), buf...)
}

// scan appends the offsets of the messages in buf[at:] to off. It returns where
// it ended, and how many bytes the record there wants to be whole. It is on the
// hot path of every program that reads records.
func (r *Reader) scan(buf []byte, at int, off []uint32) (int, []uint32, int) {
	for at < len(buf) {
		kind, size, err := next(buf[at:], r.opt.MaxRecord)
		if kind != 0 && !r.effort.allows(size) {
			err = ErrDamaged
		}
		if err == ErrShort && (r.err == nil || r.err == ErrCut) {
			r.aside = kind != 0 && kind != KindMessage
			return at, off, size
		}
		if err == nil && kind != KindMessage {
			r.aside = true
			return at, off, size
		}
		if err == nil && !r.opt.Unchecked {
			err = r.effort.check(buf[at+msg.HeaderSize : at+size])
		}
		switch err {
		case nil:
			off = append(off, uint32(at))
			at += size
			r.damaged = false
		case msg.ErrNotCanonical:
			r.aside = true
			return at, off, size
		default:
			at, off = r.damage(buf, at, off)
		}
	}
	return at, off, msg.HeaderSize
}

// damage goes on where buf[at:] is no record, and returns where that is. The
// record before it may be at fault, and is taken back then: it was not checked and
// is none, so that its length means nothing; or it was torn.
func (r *Reader) damage(buf []byte, at int, off []uint32) (int, []uint32) {
	if len(off) > 0 && !r.damaged {
		from := int(off[len(off)-1])
		err := r.effort.check(buf[from+msg.HeaderSize : at])
		if err != nil && err != msg.ErrNotCanonical {
			return from + r.resync(buf[from:]), off[:len(off)-1]
		}
		if n := r.torn(buf, from, at); n >= 0 {
			return n, off[:len(off)-1]
		}
	}
	return at + r.resync(buf[at:]), off
}

// torn looks again at the record buf[from:at], behind which damage was found. If it
// was cut off, the bytes that seem to complete it are the start of the record behind
// it: a good one that starts within it and ends beyond. torn returns where that is,
// and counts what is given up; -1 if there is none.
func (r *Reader) torn(buf []byte, from, at int) int {
	for i := from + 1; i < at; i++ {
		n := bytes.IndexByte(buf[i:at], msg.Sep)
		if n < 0 {
			break
		}
		i += n
		size := r.effort.good(buf[i:], r.opt.MaxRecord)
		if i+size <= at {
			continue
		}
		r.Stats.Damaged++
		r.Stats.Skipped += int64(i - from)
		return i
	}
	return -1
}

// Salvage makes the best of a record that a Reader with Options.Unchecked gave and
// msg.Check does not pass: it appends to dst the record's canonical form, or the
// good records that stand within it, and to off where they start. skipped is how
// many bytes belong to none.
func Salvage(dst []byte, off []uint32, record []byte) (_ []byte, _ []uint32, skipped int) {
	at := len(dst)
	var head [msg.HeaderSize]byte
	if d, err := msg.Canonical(append(dst, head[:]...), record[msg.HeaderSize:]); err == nil {
		msg.PutHeader(d[at:])
		return d, append(off, uint32(at)), 0
	}
	e := effort{read: int64(len(record))}
	for i := 1; i < len(record); {
		if size := e.good(record[i:], len(record)); size > 0 {
			off, dst = append(off, uint32(len(dst))), append(dst, record[i:i+size]...)
			i += size
			continue
		}
		n := bytes.IndexByte(record[i+1:], msg.Sep)
		if n < 0 {
			skipped += len(record) - i
			break
		}
		skipped += n + 1
		i += n + 1
	}
	return dst, off, skipped + 1
}

// resync returns how many bytes of b to pass over to the next separator, or to
// its end, and counts them.
func (r *Reader) resync(b []byte) int {
	n := len(b)
	if i := bytes.IndexByte(b[1:], msg.Sep); i >= 0 {
		n = 1 + i
	}
	if !r.damaged {
		r.damaged = true
		r.Stats.Damaged++
	}
	r.Stats.Skipped += int64(n)
	return n
}

// readAside takes the one record at raw[at:].
func (r *Reader) readAside(buf []byte, off []uint32) ([]byte, []uint32, error) {
	for {
		kind, size, err := next(r.raw[r.at:], r.opt.MaxRecord)
		switch {
		case err == ErrShort:
			if err := r.fill(size); err == nil {
				continue
			} else if err == ErrCut {
				return buf, off, err
			}
		case err == nil && r.effort.allows(size):
			body := r.raw[r.at+msg.HeaderSize : r.at+size]
			if buf, off, err = r.unpack(buf, off, kind, r.raw[r.at+2], body); err == nil {
				r.at += size
				r.aside, r.damaged = false, false
				return buf, off, nil
			}
			r.effort.vain += int64(size + len(r.raw) - r.at) // looked at, and moved for it
		}
		r.aside = false
		r.at += r.resync(r.raw[r.at:])
		return buf, off, nil
	}
}

// unpack appends the messages of a record that is no message in canonical form.
func (r *Reader) unpack(buf []byte, off []uint32, kind, flags byte, body []byte) (
	[]byte, []uint32, error,
) {
	had := len(buf)
	switch kind {
	case KindMessage:
		var head [msg.HeaderSize]byte
		buf = append(buf, head[:]...)
		buf, err := msg.Canonical(buf, body)
		if err != nil {
			return buf[:had], off, err
		}
		msg.PutHeader(buf[had:])
		return buf, append(off, uint32(had)), nil
	case KindBlock:
		if r.opt.Skip != nil {
			h, err := ParseBlock(body)
			if err != nil {
				return buf, off, err
			}
			if r.opt.Skip(Span{h.First, h.Last}) {
				return buf, off, nil
			}
		}
		buf, _, err := r.block.Unpack(buf, flags, body)
		if err != nil {
			return buf[:had], off, err
		}
		buf, off = r.scanBlock(buf, had, off)
		return buf, off, nil
	}
	if kind == KindGap && r.opt.Gap != nil {
		g, err := ParseGap(body)
		if err != nil {
			return buf, off, err
		}
		r.opt.Gap(g)
	}
	return buf, off, nil // a control record: nothing for a reader of messages
}

// scanBlock is scan for what a block held, buf[at:]. Its checksum was good, so that
// whoever wrote it meant these bytes: a message in another encoding is put into ours
// behind them, and what is no message is only counted.
func (r *Reader) scanBlock(buf []byte, at int, off []uint32) ([]byte, []uint32) {
	for end := len(buf); at < end; {
		kind, size, err := next(buf[at:end], MaxBlock)
		if err == nil && kind != KindMessage {
			err = ErrDamaged
		}
		if err == nil {
			err = msg.Check(buf[at+msg.HeaderSize : at+size])
		}
		switch err {
		case nil:
			off = append(off, uint32(at))
		case msg.ErrNotCanonical:
			buf, off, _ = Salvage(buf, off, buf[at:at+size])
		default:
			at += r.resync(buf[at:end])
			continue
		}
		r.damaged = false
		at += size
	}
	return buf, off
}

// readHeka takes the next messages of Heka's framing and converts them.
func (r *Reader) readHeka(buf []byte, off []uint32) ([]byte, []uint32, error) {
	for full := batchFull; len(buf) < full; {
		body, signer, n, err := NextHeka(r.raw[r.at:], r.opt.MaxRecord, r.opt.Keys)
		if err == nil && r.opt.Keys != nil && len(signer) == 0 {
			err = ErrSignature
		}
		if err == nil {
			was := len(buf)
			if buf, err = r.convert.Append(buf, body); err == nil {
				off = append(off, uint32(was))
				r.at += n
				r.damaged = false
				continue
			}
			buf = buf[:was]
		}
		switch {
		case errors.Is(err, ErrSignature):
			r.Stats.Unsigned++
			r.at += n
		case err == ErrShort:
			if len(off) > 0 && !r.ready() {
				return buf, off, nil
			}
			if err = r.fill(n); err == nil {
				continue
			}
			if r.at == len(r.raw) || err == ErrCut {
				return buf, off, eofBehind(off, err)
			}
			r.at += r.resync(r.raw[r.at:])
		default:
			r.at += r.resync(r.raw[r.at:])
		}
	}
	return buf, off, nil
}

// eofBehind holds an end back while there are records to hand over first.
func eofBehind(off []uint32, err error) error {
	if len(off) > 0 && (err == io.EOF || err == ErrCut) {
		return nil
	}
	return err
}
