package frame

import (
	"encoding/binary"
	"math"

	"heka/lib/msg"
)

// maxPB is the longest protobuf message that is converted, in bytes: what is
// made of it must fit the length of a record.
const maxPB = 1 << 30

// Converter makes records of Heka's protobuf messages. The zero Converter is
// ready to use; it allocates only while its buffers grow. It is for one goroutine.
type Converter struct {
	b    msg.Builder
	reps repTable
}

// Append appends the canonical 'M' record of the protobuf message pb to dst. The
// record may be up to twice as long as pb (numbers are shorter there), and passes
// msg.Check. The severity of a message without one is 7. A field without values
// is an empty array, one with a single value that value. Of the representations
// that the fields of a name have, the first stands. Values that are not of their
// field's value_type, and protobuf fields that Heka does not have, are passed over.
//
// The error wraps msg.ErrMalformed, and dst is returned as it was, if pb is no
// message: also if it has no uuid of 16 bytes or no timestamp, or a field has no
// name or an unknown type.
func (c *Converter) Append(dst, pb []byte) ([]byte, error) {
	c.b.Reset()
	c.reps.reset()
	err := c.message(pb)
	if err == nil {
		at := len(dst)
		dst = c.b.Append(dst)
		dst = c.reps.appendTo(dst, at)
	}
	c.b.Reset() // it must not hold on to pb
	return dst, err
}

// AppendFromHeka is Append of a new Converter, for those who have one message.
func AppendFromHeka(dst, pb []byte) ([]byte, error) {
	var c Converter
	return c.Append(dst, pb)
}

// message reads pb into c.
func (c *Converter) message(pb []byte) error {
	if len(pb) > maxPB {
		return pbErr(maxPB, "longer than a message can be")
	}
	b := &c.b
	uuid, timestamp := false, false
	p := pbCursor{b: pb}
	for p.next() {
		switch p.tag {
		case pbUuid:
			if uuid = len(p.data) == len(b.Uuid); !uuid {
				return pbErr(p.i, "uuid is not of 16 bytes")
			}
			copy(b.Uuid[:], p.data)
		case pbTimestamp:
			b.Timestamp, timestamp = int64(p.n), true
		case pbType:
			b.Type = p.data
		case pbLogger:
			b.Logger = p.data
		case pbSeverity:
			b.Severity = int64(int32(p.n))
		case pbPayload:
			b.Payload = p.data
		case pbEnvVersion:
			b.EnvVersion = p.data
		case pbPid:
			b.Pid = int64(int32(p.n))
		case pbHostname:
			b.Hostname = p.data
		case pbField:
			if what := c.field(p.data); what != "" {
				return pbErr(p.i-len(p.data), what)
			}
		default:
			if p.tag>>3 <= pbLastNumber {
				return pbErr(p.i, "a member of the message is of the wrong wire type")
			}
		}
	}
	switch {
	case p.bad:
		return pbErr(p.i, "no protobuf")
	case !uuid:
		return pbErr(p.i, "ends without a uuid")
	case !timestamp:
		return pbErr(p.i, "ends without a timestamp")
	}
	return nil
}

// fieldHead is what must be known of a field before its values are read; they
// may stand before it.
type fieldHead struct {
	name   []byte
	named  bool
	rep    []byte
	typ    uint64
	counts [pbValueTypes]int // values of each type
	last   pbItem            // the last value, or packed array of them
}

// field appends the field f. It returns what is wrong with it, or "".
func (c *Converter) field(f []byte) (what string) {
	var h fieldHead
	if what = h.scan(f); what != "" {
		return what
	}
	c.b.Name(h.name)
	n, number := h.counts[h.typ], pbValues+h.typ
	if n != 1 {
		c.b.Array(n)
	}
	if n == 1 && h.last.tag>>3 == number { // as most are
		c.values(&h.last, h.typ)
	} else {
		p := pbCursor{b: f}
		for p.next() {
			if p.tag>>3 == number {
				c.values(&p.pbItem, h.typ)
			}
		}
	}
	if len(h.rep) > 0 {
		c.reps.add(h.name, h.rep)
	}
	return ""
}

// scan reads all of f but its values, which it checks and counts.
func (h *fieldHead) scan(f []byte) (what string) {
	p := pbCursor{b: f}
	for p.next() {
		switch p.tag {
		case pbName:
			h.name, h.named = p.data, true
		case pbValueType:
			h.typ = p.n
		case pbRep:
			h.rep = p.data
		default:
			number := p.tag >> 3
			if number >= pbValues+pbValueTypes {
				continue
			}
			if number < pbValues {
				return "a member of a field is of the wrong wire type"
			}
			n := countValues(&p.pbItem, number-pbValues)
			if n < 0 {
				return "a field's value is of the wrong wire type"
			}
			h.counts[number-pbValues] += n
			h.last = p.pbItem
		}
	}
	switch {
	case p.bad:
		return "a field is no protobuf"
	case !h.named:
		return "a field has no name"
	case h.typ >= pbValueTypes:
		return "a field is of no type that Heka has"
	}
	return ""
}

// countValues returns how many values of this type stand at p; -1 if they are
// malformed.
func countValues(p *pbItem, typ uint64) int {
	wire := p.tag & 7
	switch typ {
	case pbString, pbBytesValue:
		if wire == pbBytes {
			return 1
		}
	case pbDouble:
		if wire == pbFixed8 {
			return 1
		}
		if wire == pbBytes && len(p.data)%8 == 0 {
			return len(p.data) / 8
		}
	case pbInteger, pbBool:
		if wire == pbVarint {
			return 1
		}
		if wire == pbBytes {
			return countVarints(p.data)
		}
	}
	return -1
}

func countVarints(b []byte) int {
	n := 0
	for c := (pbCursor{b: b}); c.i < len(b); n++ {
		if _, ok := c.varint(); !ok {
			return -1
		}
	}
	return n
}

// values appends the values at p, which scan has seen.
func (c *Converter) values(p *pbItem, typ uint64) {
	packed := p.tag&7 == pbBytes
	switch {
	case typ == pbString:
		c.b.Str(p.data)
	case typ == pbBytesValue:
		c.b.Bin(p.data)
	case !packed:
		c.number(p.n, typ)
	case typ == pbDouble:
		for b := p.data; len(b) >= 8; b = b[8:] {
			c.number(binary.LittleEndian.Uint64(b), typ)
		}
	default:
		for q := (pbCursor{b: p.data}); q.i < len(q.b); {
			n, _ := q.varint()
			c.number(n, typ)
		}
	}
}

func (c *Converter) number(n, typ uint64) {
	switch typ {
	case pbInteger:
		c.b.Int(int64(n))
	case pbDouble:
		c.b.Float(math.Float64frombits(n))
	case pbBool:
		c.b.Bool(n != 0)
	}
}
