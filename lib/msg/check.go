package msg

import "encoding/binary"

// elements of a message's array: the envelope and the fields, and perhaps the
// representations behind them.
const (
	elements     = 10
	withRep      = 11
	fieldsIndex  = 9
	depthForeign = 16 // how deep elements behind those we know may nest
)

// Check reports whether body is the body of an 'M' record that a View may read:
// nil, ErrNotCanonical, or an error that wraps ErrMalformed and names the byte.
// It looks at each byte's role once and at no string's content, and allocates
// only for an error.
func Check(body []byte) error {
	if len(body) < TypeAt+8 {
		return foreign(body, malformed(len(body), "ends within the envelope"))
	}
	count := int(body[0]) - WireFixArray
	if count < elements || count > 15 || body[1] != WireBin8 || body[2] != 16 || body[19] != WireInt64 {
		return foreign(body, nil)
	}
	i, err := checkHeaders(body, TypeAt)
	if err != nil {
		return err
	}
	if i, err = checkFields(body, i); err != nil {
		return err
	}
	if count >= withRep {
		if i, err = checkReps(body, i); err != nil {
			return err
		}
	}
	for range count - withRep {
		if i, err = checkAny(body, i, depthForeign); err != nil {
			return err
		}
	}
	if i != len(body) {
		return malformed(i, "more bytes than the message has")
	}
	return nil
}

// foreign tells a message in another form from bytes that are none. what is
// the error if the form can't be told.
func foreign(body []byte, what error) error {
	if _, err := Canonical(nil, body); err != nil {
		if what != nil {
			return what
		}
		return err
	}
	return ErrNotCanonical
}

// allowed has, for each header from Type on, a bit for each Kind that it may be of.
var allowed = [...]uint8{
	Type: 1 << String, Logger: 1 << String, Severity: 1 << Int, Payload: 1<<String | 1<<Bytes,
	EnvVersion: 1 << String, Pid: 1 << Int, Hostname: 1 << String,
}

// checkHeaders checks the envelope from Type, which stands at b[i:], on, and returns
// the offset behind it.
func checkHeaders(b []byte, i int) (int, error) {
	for k := Type; k <= Hostname; k++ {
		if i >= len(b) {
			return i, malformed(len(b), "ends within the envelope")
		}
		c := b[i]
		if allowed[k]>>kinds[c]&1 == 0 {
			return i, malformed(i, k.String()+" is of the wrong type")
		}
		if size := int(sizes[c]); size != 0 {
			i += size
			continue
		}
		var err error
		if i, err = checkScalar(b, i); err != nil {
			return i, err
		}
	}
	return i, nil
}

// plainSizes is sizes for values of fields, of which nil is none.
var plainSizes = func() [256]uint8 {
	t := sizes
	t[WireNil] = 0
	return t
}()

// checkFields checks the map of fields at b[i:] and returns the offset behind it.
// It lets i go beyond the end, and looks before it reads.
func checkFields(b []byte, i int) (int, error) {
	n, i, err := checkMapHead(b, i)
	if err != nil {
		return i, err
	}
	for range n {
		if i >= len(b) {
			return i, malformed(len(b), "ends within the fields")
		}
		if c := b[i]; c&0xe0 == WireFixStr {
			i += 1 + int(c&0x1f)
		} else if kinds[c] != String {
			return i, malformed(i, "a field's name is no str")
		} else if i, err = checkScalar(b, i); err != nil {
			return i, err
		}
		if i >= len(b) {
			return i, malformed(len(b), "ends within the fields")
		}
		if size := int(plainSizes[b[i]]); size != 0 {
			i += size
			continue
		}
		switch kinds[b[i]] {
		case Invalid:
			return i, malformed(i, "a field's value is of no type that a message has")
		case Array:
			i, err = checkArray(b, i)
		default:
			i, err = checkScalar(b, i)
		}
		if err != nil {
			return i, err
		}
	}
	if i > len(b) {
		return len(b), malformed(len(b), "ends within a field's value")
	}
	return i, nil
}

// checkReps checks the map of representations at b[i:].
func checkReps(b []byte, i int) (int, error) {
	n, i, err := checkMapHead(b, i)
	if err != nil {
		return i, err
	}
	for range 2 * n {
		if i >= len(b) {
			return i, malformed(i, "ends within the representations")
		}
		if kinds[b[i]] != String {
			return i, malformed(i, "a representation is no str")
		}
		if i, err = checkScalar(b, i); err != nil {
			return i, err
		}
	}
	return i, nil
}

// checkArray checks the array of scalars at b[i:].
func checkArray(b []byte, i int) (int, error) {
	n, i, err := checkArrayHead(b, i)
	if err != nil {
		return i, err
	}
	for range n {
		if i >= len(b) {
			return i, malformed(i, "ends within an array")
		}
		if k := kinds[b[i]]; k == Invalid || k == Array {
			return i, malformed(i, "an array's element is no scalar")
		}
		if i, err = checkScalar(b, i); err != nil {
			return i, err
		}
	}
	return i, nil
}

// checkScalar returns the offset behind the string, bin, number, bool or nil at
// b[i:]; i < len(b).
func checkScalar(b []byte, i int) (int, error) {
	c := b[i]
	size := int(sizes[c])
	if size == 0 {
		left := len(b) - i
		switch c {
		case WireStr8, WireBin8:
			if left < 2 {
				return i, malformed(i, "ends within a length")
			}
			size = 2 + int(b[i+1])
		case WireStr16, WireBin16:
			if left < 3 {
				return i, malformed(i, "ends within a length")
			}
			size = 3 + int(binary.BigEndian.Uint16(b[i+1:]))
		case WireStr32, WireBin32:
			if left < 5 {
				return i, malformed(i, "ends within a length")
			}
			size = 5 + int(binary.BigEndian.Uint32(b[i+1:]))
		default:
			return i, malformed(i, "no scalar")
		}
	}
	if size > len(b)-i {
		return i, malformed(i, "a value is longer than the message")
	}
	return i + size, nil
}

// checkMapHead returns the number of pairs of the map at b[i:] and where they
// start; a count that the bytes left can't hold is an error.
func checkMapHead(b []byte, i int) (n, next int, err error) {
	if i >= len(b) {
		return 0, i, malformed(i, "ends where a map should be")
	}
	c := b[i]
	switch {
	case c&0xf0 == WireFixMap:
	case c == WireMap16 && len(b)-i >= 3, c == WireMap32 && len(b)-i >= 5:
	default:
		return 0, i, malformed(i, "no map")
	}
	n, next = MapAt(b, i)
	if n > (len(b)-next)/2 {
		return 0, i, malformed(i, "a map of more pairs than bytes")
	}
	return n, next, nil
}

// checkArrayHead is checkMapHead for an array.
func checkArrayHead(b []byte, i int) (n, next int, err error) {
	if i >= len(b) {
		return 0, i, malformed(i, "ends where an array should be")
	}
	c := b[i]
	switch {
	case c&0xf0 == WireFixArray:
	case c == WireArray16 && len(b)-i >= 3, c == WireArray32 && len(b)-i >= 5:
	default:
		return 0, i, malformed(i, "no array")
	}
	n, next = ArrayAt(b, i)
	if n > len(b)-next {
		return 0, i, malformed(i, "an array of more elements than bytes")
	}
	return n, next, nil
}

// checkAny returns the offset behind whatever msgpack value stands at b[i:],
// nested at most depth deep. It is for elements that later versions may add.
func checkAny(b []byte, i, depth int) (int, error) {
	if depth == 0 {
		return i, malformed(i, "nested too deep")
	}
	if i >= len(b) {
		return i, malformed(i, "ends where a value should be")
	}
	c := b[i]
	var n int
	var err error
	switch {
	case c&0xf0 == WireFixMap || c == WireMap16 || c == WireMap32:
		n, i, err = checkMapHead(b, i)
		n *= 2
	case kinds[c] == Array:
		n, i, err = checkArrayHead(b, i)
	case c >= 0xc7 && c <= 0xc9 || c >= 0xd4 && c <= 0xd8:
		return checkExt(b, i)
	default:
		return checkScalar(b, i)
	}
	for ; err == nil && n > 0; n-- {
		i, err = checkAny(b, i, depth-1)
	}
	return i, err
}

// checkExt returns the offset behind the msgpack extension at b[i:].
func checkExt(b []byte, i int) (int, error) {
	left, size := len(b)-i, 0
	switch c := b[i]; {
	case c >= 0xd4:
		size = 2 + 1<<(c-0xd4)
	case c == 0xc7 && left >= 2:
		size = 3 + int(b[i+1])
	case c == 0xc8 && left >= 3:
		size = 4 + int(binary.BigEndian.Uint16(b[i+1:]))
	case c == 0xc9 && left >= 5:
		size = 6 + int(binary.BigEndian.Uint32(b[i+1:]))
	default:
		return i, malformed(i, "ends within a length")
	}
	if size > left {
		return i, malformed(i, "a value is longer than the message")
	}
	return i + size, nil
}

// Canonical appends to dst the canonical form of body, a message in any valid
// msgpack encoding: longer forms of lengths and integers, and elements that we
// do not know, which are dropped. It returns dst unchanged, and an error that
// wraps ErrMalformed, if body is no message.
func Canonical(dst, body []byte) ([]byte, error) {
	count, i, err := checkArrayHead(body, 0)
	if err != nil {
		return dst, err
	}
	if count < elements {
		return dst, malformed(0, "an array of fewer elements than a message has")
	}
	var b Builder
	uuid, i, err := foreignUuid(body, i)
	if err != nil {
		return dst, err
	}
	b.Uuid = uuid
	if i >= len(body) || kinds[body[i]] != Int {
		return dst, malformed(i, "Timestamp is no integer")
	}
	at := i
	if i, err = checkScalar(body, i); err != nil {
		return dst, err
	}
	b.Timestamp = integer(body, at)
	if _, err = checkHeaders(body, i); err != nil {
		return dst, err
	}
	for k := Type; k <= Hostname; k++ {
		b.setHeader(k, body, i)
		i = Skip(body, i)
	}
	at = i
	if i, err = checkFields(body, i); err != nil {
		return dst, err
	}
	n, first := MapAt(body, at)
	b.fields, b.n = append(b.fields, body[first:i]...), n
	if count >= withRep {
		at = i
		if i, err = checkReps(body, i); err != nil {
			return dst, err
		}
		n, first = MapAt(body, at)
		b.reps, b.nreps, b.repNames = append(b.reps, body[first:i]...), n, nil
	}
	for range count - withRep {
		if i, err = checkAny(body, i, depthForeign); err != nil {
			return dst, err
		}
	}
	if i != len(body) {
		return dst, malformed(i, "more bytes than the message has")
	}
	return b.AppendBody(dst), nil
}

// foreignUuid reads the uuid in any form of bin or str of 16 bytes; an empty
// one is the zero uuid.
func foreignUuid(b []byte, i int) (u [16]byte, next int, err error) {
	if i >= len(b) || kinds[b[i]] != Bytes && kinds[b[i]] != String {
		return u, i, malformed(i, "Uuid is no bin")
	}
	if next, err = checkScalar(b, i); err != nil {
		return u, i, err
	}
	s, _ := text(b, i)
	if len(s) != 16 && len(s) != 0 {
		return u, i, malformed(i, "Uuid is not of 16 bytes")
	}
	copy(u[:], s)
	return u, next, nil
}
