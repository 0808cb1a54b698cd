package msg

import (
	"encoding/binary"
	"math"
)

// Key is a field's name, encoded once so that a Builder need not do it for each
// message. NewKey makes one.
type Key []byte

// NewKey encodes name.
func NewKey(name string) Key {
	return appendStr(make([]byte, 0, max(len(name)+5, keyCopy)), name)
}

// Short strings are copied in one piece of fixed size, whatever their length: the
// branches of a copy of so many bytes are what costs. The bytes behind a string that
// come along are written over by what follows.
const (
	keyCopy = 16 // of a Key, whose capacity is as large at least
	strCopy = 32 // of a string shorter than that
	slack   = keyCopy + strCopy
)

// Name returns the name that the key encodes.
func (k Key) Name() []byte { s, _ := text(k, 0); return s }

// Builder encodes messages, one after another. The envelope is set in the
// exported members, at any time and in any order; a field is a name (Key or
// Name), then one value (Str, Int, ...). Append writes the record and empties
// the builder for the next message. The zero Builder is ready to use.
//
// Slices given to the members must not change until Append has returned; the
// values of fields are copied at once. A Builder allocates only while its
// buffers grow. It is for one goroutine.
type Builder struct {
	Uuid       [16]byte
	Timestamp  int64 // nanoseconds since 1970 UTC
	Type       []byte
	Logger     []byte
	Severity   int64 // as of syslog; DefaultSeverity is "unset"
	Payload    []byte
	EnvVersion []byte
	Pid        int64
	Hostname   []byte

	fields []byte // encoded pairs of name and value
	n      int
	last   int // where in fields the last name stands
	reps   []byte
	nreps  int

	repNames map[string]struct{} // of reps, where there are many; nil: not made
}

// Reset empties b: no envelope, no fields, severity DefaultSeverity.
func (b *Builder) Reset() {
	*b = Builder{Severity: DefaultSeverity, fields: b.fields[:0], reps: b.reps[:0]}
}

// Copy makes b the message of v: its envelope, which b then aliases, and copies
// of its fields.
func (b *Builder) Copy(v *View) {
	b.CopyHeader(v)
	n, i := MapAt(v.body, v.fieldsAt())
	if n == 0 && v.body[0] < WireFixArray+withRep {
		return
	}
	stop := v.fieldsEnd()
	b.fields, b.n = append(b.fields, v.body[i:stop]...), n
	if v.body[0] >= WireFixArray+withRep {
		n, i = MapAt(v.body, stop)
		at := i
		for range 2 * n {
			i = Skip(v.body, i)
		}
		b.reps, b.nreps, b.repNames = append(b.reps, v.body[at:i]...), n, nil
	}
}

// CopyHeader makes b a message with the envelope of v, which b then aliases, and
// without fields.
func (b *Builder) CopyHeader(v *View) {
	b.fields, b.n, b.reps, b.nreps, b.repNames = b.fields[:0], 0, b.reps[:0], 0, nil
	copy(b.Uuid[:], v.Uuid())
	b.Timestamp = v.Timestamp()
	i := TypeAt
	b.Type, i = text(v.body, i)
	b.Logger, i = text(v.body, i)
	b.Severity = integer(v.body, i)
	i = Skip(v.body, i)
	b.Payload, i = text(v.body, i)
	b.EnvVersion, i = text(v.body, i)
	b.Pid = integer(v.body, i)
	i = Skip(v.body, i)
	b.Hostname, i = text(v.body, i)
	v.fields = int32(i)
}

// setHeader sets element k from the checked bytes at body[at:].
func (b *Builder) setHeader(k Header, body []byte, at int) {
	switch k {
	case Severity:
		b.Severity = integer(body, at)
		return
	case Pid:
		b.Pid = integer(body, at)
		return
	}
	s, _ := text(body, at)
	switch k {
	case Type:
		b.Type = s
	case Logger:
		b.Logger = s
	case Payload:
		b.Payload = s
	case EnvVersion:
		b.EnvVersion = s
	case Hostname:
		b.Hostname = s
	}
}

// ClearFields takes away all fields, and their representations.
func (b *Builder) ClearFields() {
	b.fields, b.n, b.reps, b.nreps, b.repNames = b.fields[:0], 0, b.reps[:0], 0, nil
}

// NumFields returns how many fields b holds.
func (b *Builder) NumFields() int { return b.n }

// Key starts a field of an encoded name. Exactly one value must follow.
func (b *Builder) Key(k Key) {
	b.last = len(b.fields)
	b.fields = append(b.fields, k...)
	b.n++
}

// Name starts a field. Exactly one value must follow.
func (b *Builder) Name(name []byte) {
	b.last = len(b.fields)
	b.fields = appendStr(b.fields, name)
	b.n++
}

// Str appends a string value. It need not be UTF-8, as in Heka.
func (b *Builder) Str(s []byte) { b.fields = appendStr(b.fields, s) }

// String appends a string value.
func (b *Builder) String(s string) { b.fields = appendStr(b.fields, s) }

// Bin appends a value of bytes.
func (b *Builder) Bin(s []byte) { b.fields = appendBin(b.fields, s) }

// Int appends an integer value.
func (b *Builder) Int(n int64) { b.fields = appendInt(b.fields, n) }

// Float appends a floating point value.
func (b *Builder) Float(f float64) {
	b.fields = append(b.fields, WireFloat64)
	b.fields = binary.BigEndian.AppendUint64(b.fields, math.Float64bits(f))
}

// Bool appends a boolean value.
func (b *Builder) Bool(t bool) {
	if t {
		b.fields = append(b.fields, WireTrue)
	} else {
		b.fields = append(b.fields, WireFalse)
	}
}

// KeyStr is Key and Str in one, for hot paths: the same, faster.
func (b *Builder) KeyStr(k Key, s []byte) {
	b.last = len(b.fields)
	b.n++
	f := b.fields
	if cap(f)-len(f) < len(k)+len(s)+5+slack {
		f = append(f, make([]byte, 2*len(f)+len(k)+len(s)+5+slack)...)[:len(f)]
	}
	if len(k) <= keyCopy && cap(k) >= keyCopy {
		n := len(f)
		f = f[:n+keyCopy]
		*(*[keyCopy]byte)(f[n:]) = [keyCopy]byte(k[:keyCopy])
		f = f[:n+len(k)]
	} else {
		f = append(f, k...)
	}
	b.fields = appendShort(f, s)
}

// appendShort is appendStr for strings that are short more often than not. dst has
// room for s and slack.
func appendShort(dst, s []byte) []byte {
	if len(s) >= strCopy || cap(s) < strCopy || cap(dst)-len(dst) < 1+strCopy {
		return appendStr(dst, s)
	}
	n := len(dst)
	dst = dst[:n+1+strCopy]
	dst[n] = WireFixStr | byte(len(s))
	*(*[strCopy]byte)(dst[n+1:]) = [strCopy]byte(s[:strCopy])
	return dst[:n+1+len(s)]
}

// Array starts a value that is an array; n scalars of one kind must follow.
func (b *Builder) Array(n int) {
	b.fields = appendHead(b.fields, n, WireFixArray, WireArray16, WireArray32)
}

// Value appends a copy of v.
func (b *Builder) Value(v Value) { b.fields = append(b.fields, v.Raw()...) }

// Rep says how the values of the field last started are represented: "ms", "B", "ipv4", ...
// One representation serves all fields of a name; the last given wins nothing,
// the first stands.
func (b *Builder) Rep(rep string) {
	name := b.fields[b.last:Skip(b.fields, b.last)]
	if b.nreps >= manyReps {
		b.repOfMany(name, rep)
		return
	}
	for i := 0; i < len(b.reps); {
		next := Skip(b.reps, i)
		if string(b.reps[i:next]) == string(name) {
			return
		}
		i = Skip(b.reps, next)
	}
	b.reps = append(b.reps, name...)
	b.reps = appendStr(b.reps, rep)
	b.nreps++
}

// manyReps is from how many representations on their names are looked up in a map.
const manyReps = 64

// repOfMany is Rep where there are many: hostile input alone gets there.
func (b *Builder) repOfMany(name []byte, rep string) {
	if len(b.repNames) == 0 {
		b.repNames = make(map[string]struct{}, 2*manyReps)
		for i := 0; i < len(b.reps); {
			next := Skip(b.reps, i)
			b.repNames[string(b.reps[i:next])] = struct{}{}
			i = Skip(b.reps, next)
		}
	}
	if _, ok := b.repNames[string(name)]; ok {
		return
	}
	b.repNames[string(name)] = struct{}{}
	b.reps = append(b.reps, name...)
	b.reps = appendStr(b.reps, rep)
	b.nreps++
}

// Append appends the record, header and body, to dst, and takes the fields
// away; the envelope stays as it is. The largest body is of 4 GiB; readers take
// 8 MiB unless told otherwise.
func (b *Builder) Append(dst []byte) []byte {
	at := len(dst)
	dst = append(dst, Sep, KindMessage, 0, Version, 0, 0, 0, 0)
	dst = b.AppendBody(dst)
	PutHeader(dst[at:])
	return dst
}

// PutHeader writes the header of the 'M' record that fills rec; its body stands
// already behind the first HeaderSize bytes.
func PutHeader(rec []byte) {
	rec[0], rec[1], rec[2], rec[3] = Sep, KindMessage, 0, Version
	binary.BigEndian.PutUint32(rec[4:], uint32(len(rec)-HeaderSize))
}

// AppendBody is Append without the record's header.
func (b *Builder) AppendBody(dst []byte) []byte {
	count := byte(WireFixArray + elements)
	if b.nreps > 0 {
		count = WireFixArray + withRep
	}
	dst = append(dst, count, WireBin8, 16)
	dst = append(dst, b.Uuid[:]...)
	dst = append(dst, WireInt64)
	dst = binary.BigEndian.AppendUint64(dst, uint64(b.Timestamp))
	dst = appendShort(dst, b.Type)
	dst = appendShort(dst, b.Logger)
	dst = appendInt(dst, b.Severity)
	dst = appendStr(dst, b.Payload)
	dst = appendShort(dst, b.EnvVersion)
	dst = appendInt(dst, b.Pid)
	dst = appendShort(dst, b.Hostname)
	dst = appendHead(dst, b.n, WireFixMap, WireMap16, WireMap32)
	dst = append(dst, b.fields...)
	if b.nreps > 0 {
		dst = appendHead(dst, b.nreps, WireFixMap, WireMap16, WireMap32)
		dst = append(dst, b.reps...)
	}
	b.ClearFields()
	return dst
}

func appendStr[S []byte | string](dst []byte, s S) []byte {
	switch n := len(s); {
	case n < 32:
		dst = append(dst, WireFixStr|byte(n))
	case n < 1<<8:
		dst = append(dst, WireStr8, byte(n))
	case n < 1<<16:
		dst = append(dst, WireStr16, byte(n>>8), byte(n))
	default:
		dst = append(dst, WireStr32)
		dst = binary.BigEndian.AppendUint32(dst, uint32(n))
	}
	return append(dst, s...)
}

func appendBin(dst, s []byte) []byte {
	switch n := len(s); {
	case n < 1<<8:
		dst = append(dst, WireBin8, byte(n))
	case n < 1<<16:
		dst = append(dst, WireBin16, byte(n>>8), byte(n))
	default:
		dst = append(dst, WireBin32)
		dst = binary.BigEndian.AppendUint32(dst, uint32(n))
	}
	return append(dst, s...)
}

func appendInt(dst []byte, n int64) []byte {
	switch {
	case n >= 0 && n < 0x80, n < 0 && n >= -32:
		return append(dst, byte(n))
	case n >= 0 && n < 1<<8:
		return append(dst, WireUint8, byte(n))
	case n >= 0 && n < 1<<16:
		return append(dst, WireUint16, byte(n>>8), byte(n))
	case n >= 0 && n < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, WireUint32), uint32(n))
	case n < 0 && n >= math.MinInt8:
		return append(dst, WireInt8, byte(n))
	case n < 0 && n >= math.MinInt16:
		return append(dst, WireInt16, byte(n>>8), byte(n))
	case n < 0 && n >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(dst, WireInt32), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, WireInt64), uint64(n))
}

func appendHead(dst []byte, n int, fix, t16, t32 byte) []byte {
	switch {
	case n < 16:
		return append(dst, fix|byte(n))
	case n < 1<<16:
		return append(dst, t16, byte(n>>8), byte(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, t32), uint32(n))
}
