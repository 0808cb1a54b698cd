package frame

import (
	"encoding/binary"
	"math"

	"heka/lib/msg"
)

// appendPB appends the message of v as Heka's protobuf. It is on the hot path of
// what sends to Heka.
func appendPB(dst []byte, v *msg.View) []byte {
	dst = pbAppendBytes(dst, pbUuid, v.Uuid())
	dst = pbAppend(append(dst, pbTimestamp), uint64(v.Timestamp()))
	dst = pbAppendText(dst, pbType, v.Type())
	dst = pbAppendText(dst, pbLogger, v.Logger())
	if n := v.Severity(); n != msg.DefaultSeverity {
		dst = pbAppend(append(dst, pbSeverity), uint64(to32(n)))
	}
	dst = pbAppendText(dst, pbPayload, v.Payload())
	dst = pbAppendText(dst, pbEnvVersion, v.EnvVersion())
	if n := v.Pid(); n != 0 {
		dst = pbAppend(append(dst, pbPid), uint64(to32(n)))
	}
	dst = pbAppendText(dst, pbHostname, v.Hostname())

	reps := repsOf(v)
	if reps.n > fewReps {
		var room [repRoom]uint32
		reps.slots = reps.index(room[:])
	}
	for it := v.Fields(); it.Next(); {
		dst = append(dst, pbField, 0)
		at := len(dst) - 1
		dst = pbAppendBytes(dst, pbName, it.Name)
		dst = appendValue(dst, it.Value, reps.take(it.Name))
		dst = pbClose(dst, at)
	}
	return dst
}

// to32 cuts n to what an int32 holds.
func to32(n int64) int64 { return min(max(n, math.MinInt32), math.MaxInt32) }

// pbTypes has the value type of each kind.
var pbTypes = [...]byte{
	msg.String: pbString, msg.Bytes: pbBytesValue, msg.Int: pbInteger,
	msg.Float: pbDouble, msg.Bool: pbBool,
}

// appendValue appends value_type, representation and values of a field.
func appendValue(dst []byte, v msg.Value, rep []byte) []byte {
	k := v.Kind()
	if k == msg.Array {
		return appendArray(dst, v, rep)
	}
	dst = append(dst, pbValueType, pbTypes[k])
	dst = pbAppendText(dst, pbRep, rep)
	number := byte(pbValues+pbTypes[k]) << 3
	switch k {
	case msg.String, msg.Bytes:
		return pbAppendBytes(dst, number|pbBytes, v.Text())
	case msg.Float:
		return appendNumber(append(dst, number|pbFixed8), v, k)
	}
	return appendNumber(append(dst, number|pbVarint), v, k)
}

// appendArray is appendValue for an array.
func appendArray(dst []byte, v msg.Value, rep []byte) []byte {
	k := elemKind(v)
	dst = append(dst, pbValueType, pbTypes[k])
	dst = pbAppendText(dst, pbRep, rep)
	tag := byte(pbValues+pbTypes[k])<<3 | pbBytes
	if k == msg.String || k == msg.Bytes {
		for e := v.Elems(); e.Next(); {
			dst = pbAppendBytes(dst, tag, elemText(e.Value))
		}
		return dst
	}
	dst = append(dst, tag, 0)
	at := len(dst) - 1
	for e := v.Elems(); e.Next(); {
		dst = appendNumber(dst, e.Value, k)
	}
	return pbClose(dst, at)
}

// elemKind returns the kind as which the elements of an array are written: their
// own, if they have one.
func elemKind(v msg.Value) msg.Kind {
	k := msg.Invalid
	for e := v.Elems(); e.Next(); {
		switch have := e.Value.Kind(); {
		case k == msg.Invalid || k == have:
			k = have
		case (k == msg.Int || k == msg.Float) && (have == msg.Int || have == msg.Float):
			k = msg.Float
		default:
			return msg.Bytes
		}
	}
	if k == msg.Invalid {
		return msg.String
	}
	return k
}

// elemText returns the content of a string; of any other value its msgpack.
func elemText(v msg.Value) []byte {
	if k := v.Kind(); k == msg.String || k == msg.Bytes {
		return v.Text()
	}
	return v.Raw()
}

// appendNumber appends a number or bool without tag, as kind k.
func appendNumber(dst []byte, v msg.Value, k msg.Kind) []byte {
	if k == msg.Float {
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Float()))
	}
	return pbAppend(dst, uint64(v.Int()))
}
