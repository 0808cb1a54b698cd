package structs

import (
	"encoding/binary"
	"math"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

func pack(L *lua.LState) int {
	r := newReader(L, "pack")
	var out []byte
	room := 0 // bytes that were charged
	arg := 2
	for {
		opt, n, padding, ok := r.next(len(out))
		if !ok {
			L.Push(lua.LString(out))
			return 1
		}
		text := ""
		if opt == 's' || opt == 'c' {
			text = packText(r, arg, opt, n)
			arg++
		}
		if need := len(out) + padding + n + len(text) + 1; need > room {
			room = 2*need + 64
			r.meter.Alloc(L, room)
		}
		for range padding {
			out = append(out, 0)
		}
		switch opt {
		case 'x':
			out = append(out, 0)
		case 's':
			out = append(append(out, text...), 0)
		case 'c':
			out = append(out, text...)
		default:
			out = appendNumber(out, r, opt, n, host.Number(L, arg, r.fn))
			arg++
		}
	}
}

// packText returns the bytes that s or c writes of argument arg.
func packText(r *reader, arg int, opt byte, n int) string {
	text := host.String(r.L, arg, r.fn)
	if opt == 'c' && n > 0 {
		if len(text) < n {
			host.ArgError(r.L, arg, r.fn, "string too short")
		}
		text = text[:n]
	}
	r.meter.Step(r.L, len(text)/64)
	return text
}

// appendNumber appends f in n bytes as opt says.
func appendNumber(out []byte, r *reader, opt byte, n int, f float64) []byte {
	var word [maxInteger]byte
	switch opt {
	case 'f':
		binary.LittleEndian.PutUint32(word[:], math.Float32bits(float32(f)))
	case 'd':
		binary.LittleEndian.PutUint64(word[:], math.Float64bits(f))
	default:
		binary.LittleEndian.PutUint64(word[:], bits(f))
	}
	start := len(out)
	out = append(out, word[:n]...)
	if r.big {
		reverse(out[start:])
	}
	return out
}

// bits returns f cut towards zero in two's complement. What is out of range is the
// nearest that is not; NaN is 0.
func bits(f float64) uint64 {
	if f < math.MaxInt64 || f != f {
		return uint64(host.ToInt(f))
	}
	if f >= math.MaxUint64 {
		return math.MaxUint64
	}
	return uint64(f)
}

func reverse(b []byte) {
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
}
