package control

import (
	"encoding/binary"
	"errors"
	"io"

	"heka/lib/frame"
	"heka/lib/msg"
)

// DefaultMax is the longest message that is read, in bytes.
const DefaultMax = 2 << 20

// firstRead is how much a reader has room for before anything has come.
const firstRead = 4 << 10

// maxIdle is the largest buffer that is kept between two messages.
const maxIdle = 64 << 10

// errRefusedFraming is returned for a message whose signature in the framing is wrong.
var errRefusedFraming = errors.New("the signature in the framing is wrong")

// reader reads messages in Heka's framing. It takes memory for what has come, not for
// what a length says.
type reader struct {
	src io.Reader
	max int
	buf []byte
}

// next returns the next message as its protobuf, and the whole record with the framing;
// both are valid until the next call. io.EOF: the stream ended between two.
func (r *reader) next(used int) (body, record []byte, err error) {
	r.buf = r.buf[:copy(r.buf, r.buf[used:])]
	if len(r.buf) == 0 && cap(r.buf) > maxIdle {
		r.buf = nil
	}
	for {
		if len(r.buf) > 0 {
			body, _, n, err := frame.NextHeka(r.buf, r.max, nil)
			if err != frame.ErrShort {
				return body, r.buf[:n:n], err
			}
		}
		if cap(r.buf) == len(r.buf) {
			r.buf = append(make([]byte, 0, max(firstRead, 2*cap(r.buf))), r.buf...)
		}
		n, err := r.src.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+n]
		if err == io.EOF && len(r.buf) > 0 && n == 0 {
			return nil, nil, io.ErrUnexpectedEOF
		}
		if n == 0 && err != nil {
			return nil, nil, err
		}
	}
}

// viewOf converts a message of Heka's protobuf.
func viewOf(body []byte) (msg.View, error) {
	rec, err := frame.AppendFromHeka(nil, body)
	if err != nil {
		return msg.View{}, err
	}
	return msg.Parse(rec[msg.HeaderSize:])
}

// Fields of Heka's header that NextHeka does not tell of.
const (
	hashTag    = 3 << 3
	versionTag = 5 << 3
	wireBytes  = 2
)

// framingOf checks the signature in the framing of a whole record. It is empty where
// there is none.
func framingOf(record []byte, keys frame.Keys) (Framing, error) {
	if keys == nil {
		keys = frame.Keys{}
	}
	_, signer, _, err := frame.NextHeka(record, len(record), keys)
	if err != nil {
		return Framing{}, errRefusedFraming
	}
	f := Framing{Signer: string(signer)}
	if f.Signer == "" {
		return f, nil
	}
	header := record[2 : 2+int(record[1])]
	for len(header) > 0 {
		tag, n := binary.Uvarint(header)
		if n <= 0 {
			return Framing{}, errRefusedFraming
		}
		value, m := binary.Uvarint(header[n:])
		if m <= 0 {
			return Framing{}, errRefusedFraming
		}
		header = header[n+m:]
		switch {
		case tag == hashTag:
			f.Hash = frame.Hash(value)
		case tag == versionTag:
			f.Version = uint32(value)
		case tag&7 == wireBytes && value <= uint64(len(header)):
			header = header[value:]
		case tag&7 != 0:
			return Framing{}, errRefusedFraming // of fixed size: Heka has none
		}
	}
	return f, nil
}
