// Package keys makes of the values of some variables in a message a key: bytes
// that are equal when the values are, types included, so that the number 200 and
// the text "200" are two. A [By] makes keys and turns them into fields again; a
// [Table] numbers them; [Groups] has a row of the caller's for each.
//
// A key holds at most MaxText bytes of a text: what is longer ends in an ellipsis
// and its hash, so that a key is of bounded size and still one value's alone.
package keys

import (
	"encoding/binary"
	"math"

	"github.com/cespare/xxhash/v2"

	"heka/lib/match"
	"heka/lib/msg"
)

// MaxText is how many bytes of a text a key holds at most.
const MaxText = 1024

// Other is the value of all variables of the row that gathers what was too much.
const Other = "(other)"

// Tags that a value starts with. Their order is the order of keys.
const (
	tagMissing = iota
	tagFalse
	tagTrue
	tagInt   // 8 bytes, the sign flipped
	tagHuge  // 8 bytes: an integer of 2^63 and more
	tagFloat // 8 bytes, in an order of their own
	tagText  // length of 2 bytes, text
	tagBytes // the same
)

const (
	textHead = 3
	sign     = 1 << 63
)

// By makes keys of the values of its variables. It is for one goroutine.
type By struct {
	vars  []match.Var
	names []msg.Key
	reps  []string // of the fields, as first met
	noted int
}

// maxNoted is how many messages are asked for representations.
const maxNoted = 100

// New returns the By of vars; without any, all messages have one key, which is
// empty.
func New(vars ...match.Var) *By {
	b := &By{vars: vars, reps: make([]string, len(vars))}
	for _, v := range vars {
		b.names = append(b.names, msg.NewKey(v.Name()))
	}
	return b
}

// Len returns the number of variables.
func (b *By) Len() int { return len(b.vars) }

// Append appends the key of m to dst. It is on the hot path of every aggregate.
func (b *By) Append(dst []byte, m *msg.View) []byte {
	for i := range b.vars {
		v := &b.vars[i]
		if h, ok := v.Header(); ok {
			dst = appendHeader(dst, h, m)
		} else if f, ok := v.Value(m); ok {
			dst = appendValue(dst, f)
		} else {
			dst = append(dst, tagMissing)
		}
	}
	return dst
}

func appendHeader(dst []byte, h msg.Header, m *msg.View) []byte {
	switch h {
	case msg.Uuid:
		dst = append(dst, tagText, 0, 36)
		return msg.AppendUuid(dst, m.Uuid())
	case msg.Timestamp:
		return appendInt(dst, m.Timestamp())
	case msg.Severity:
		return appendInt(dst, m.Severity())
	case msg.Pid:
		return appendInt(dst, m.Pid())
	}
	return appendText(dst, tagText, m.Text(h))
}

func appendValue(dst []byte, v msg.Value) []byte {
	switch v.Kind() {
	case msg.String:
		return appendText(dst, tagText, v.Text())
	case msg.Bytes:
		return appendText(dst, tagBytes, v.Text())
	case msg.Int:
		n := v.Int()
		if n < 0 && v.Float() > 0 {
			return binary.BigEndian.AppendUint64(append(dst, tagHuge), uint64(n))
		}
		return appendInt(dst, n)
	case msg.Float:
		u := math.Float64bits(v.Float())
		if u&sign != 0 {
			u = ^u
		} else {
			u |= sign
		}
		return binary.BigEndian.AppendUint64(append(dst, tagFloat), u)
	case msg.Bool:
		if v.Bool() {
			return append(dst, tagTrue)
		}
		return append(dst, tagFalse)
	}
	return append(dst, tagMissing)
}

func appendInt(dst []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, tagInt), uint64(n)^sign)
}

func appendText(dst []byte, tag byte, s []byte) []byte {
	if len(s) > MaxText {
		return appendLong(dst, tag, s)
	}
	dst = append(dst, tag, byte(len(s)>>8), byte(len(s)))
	return append(dst, s...)
}

// appendLong appends the beginning of s and its hash: MaxText bytes.
func appendLong(dst []byte, tag byte, s []byte) []byte {
	const digits, tail = "0123456789abcdef", "…#"
	dst = append(dst, tag, MaxText>>8, MaxText&0xff)
	dst = append(dst, s[:MaxText-len(tail)-16]...)
	dst = append(dst, tail...)
	for h, i := xxhash.Sum64(s), 0; i < 16; i++ {
		dst = append(dst, digits[h>>60])
		h <<= 4
	}
	return dst
}

// Note remembers the representations that m gives the variables. Call it for
// messages with a new key; the first of them decide.
func (b *By) Note(m *msg.View) {
	if b.noted == maxNoted || len(b.vars) == 0 {
		return
	}
	b.noted++
	for i, v := range b.vars {
		if b.reps[i] == "" && v.IsField() {
			b.reps[i] = string(m.Rep(b.names[i].Name()))
		}
	}
}

// Missing reports whether none of the values of key is there.
func Missing(key []byte) bool {
	for _, c := range key {
		if c != tagMissing {
			return false
		}
	}
	return true
}

// Emit adds the values of key to out, under the names of the variables and with
// their representations, and returns what follows them in key. A missing value
// adds nothing.
func (b *By) Emit(out *msg.Builder, key []byte) (rest []byte) {
	for i, name := range b.names {
		n := size(key)
		if key[0] != tagMissing {
			out.Key(name)
			emit(out, key[:n])
			if b.reps[i] != "" {
				out.Rep(b.reps[i])
			}
		}
		key = key[n:]
	}
	return key
}

// EmitOther adds Other as the value of each variable.
func (b *By) EmitOther(out *msg.Builder) {
	for _, name := range b.names {
		out.Key(name)
		out.String(Other)
	}
}

// Cut returns the first values of key, as many as b has variables.
func (b *By) Cut(key []byte) []byte {
	n := 0
	for range b.vars {
		n += size(key[n:])
	}
	return key[:n]
}

func size(key []byte) int {
	switch key[0] {
	case tagInt, tagHuge, tagFloat:
		return 9
	case tagText, tagBytes:
		return textHead + (int(key[1])<<8 | int(key[2]))
	}
	return 1
}

func emit(out *msg.Builder, v []byte) {
	switch v[0] {
	case tagFalse, tagTrue:
		out.Bool(v[0] == tagTrue)
	case tagInt:
		out.Int(int64(binary.BigEndian.Uint64(v[1:]) ^ sign))
	case tagHuge:
		out.Float(float64(binary.BigEndian.Uint64(v[1:])))
	case tagFloat:
		u := binary.BigEndian.Uint64(v[1:])
		if u&sign != 0 {
			u ^= sign
		} else {
			u = ^u
		}
		out.Float(math.Float64frombits(u))
	case tagText:
		out.Str(v[textHead:])
	case tagBytes:
		out.Bin(v[textHead:])
	}
}
