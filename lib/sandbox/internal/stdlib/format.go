package stdlib

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// spec is what stands between the % and the letter of a format.
type spec struct {
	minus, plus, blank, alt, zero bool

	width, prec int  // prec -1: none
	bare        bool // nothing of this, but perhaps a precision
}

func (lib *library) format(L *lua.LState) int {
	f, v := stringArg(L, 1, "format")
	b := lib.buffer(L)
	arg, plain := 1, true
	for {
		i := strings.IndexByte(f, '%')
		if i < 0 {
			break
		}
		plain = false
		b.add(f[:i])
		f = f[i+1:]
		if f != "" && f[0] == '%' {
			b.addByte('%')
			f = f[1:]
			continue
		}
		if arg++; arg > L.GetTop() {
			host.ArgError(L, arg, "format", "no value")
		}
		var sp spec
		n := sp.scan(L, f)
		if n == len(f) {
			L.RaiseError("%s", "invalid option '%' to 'format'")
		}
		b.value(&sp, f[n], arg)
		f = f[n+1:]
	}
	if plain {
		lib.keep(&b)
		return push(L, v)
	}
	b.add(f)
	return push(L, lib.finish(&b))
}

// scan reads the flags, the width and the precision that f begins with, and returns
// their length.
func (sp *spec) scan(L *lua.LState, f string) int {
	sp.prec = -1
	if f != "" && f[0] >= 'A' {
		sp.bare = true
		return 0
	}
	i := 0
	for ; i < len(f) && sp.flag(f[i]); i++ {
	}
	if i > 5 {
		L.RaiseError("invalid format (repeated flags)")
	}
	var digits int
	sp.width, digits = twoDigits(f[i:])
	i += digits
	if i < len(f) && f[i] == '.' {
		sp.prec, digits = twoDigits(f[i+1:])
		i += 1 + digits
	}
	if i < len(f) && f[i] >= '0' && f[i] <= '9' {
		L.RaiseError("invalid format (width or precision too long)")
	}
	sp.bare = f[:i] == "" || f[0] == '.'
	return i
}

// twoDigits reads a number of at most two digits, and returns their number.
func twoDigits(s string) (n, digits int) {
	for digits < 2 && digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		n = n*10 + int(s[digits]-'0')
		digits++
	}
	return n, digits
}

func (sp *spec) flag(c byte) bool {
	switch c {
	case '-':
		sp.minus = true
	case '+':
		sp.plus = true
	case ' ':
		sp.blank = true
	case '#':
		sp.alt = true
	case '0':
		sp.zero = true
	default:
		return false
	}
	return true
}

// value appends argument arg as sp and the letter c say.
func (b *buffer) value(sp *spec, c byte, arg int) {
	L := b.L
	switch c {
	case 's':
		b.str(sp, host.String(L, arg, "format"))
		return
	case 'q':
		b.quoted(host.String(L, arg, "format"))
		return
	case 'c':
		f := numberArg(L, arg, "format")
		if !(f > math.MinInt32-1 && f < math.MaxInt32+1) {
			f = 0 // what is left of C's conversion to an int
		}
		s := string([]byte{byte(int32(f))})
		from := len(b.b)
		b.padded(sp, s)
		if s == "\x00" { // C's string ends there
			b.b = b.b[:from+strings.IndexByte(string(b.b[from:]), 0)]
		}
		return
	case 'd', 'i':
		b.signed(sp, toLong(numberArg(L, arg, "format")))
		return
	case 'u', 'o', 'x', 'X':
		b.unsigned(sp, c, toUnsigned(numberArg(L, arg, "format")))
		return
	case 'e', 'E', 'f', 'g', 'G':
		b.float(sp, c, numberArg(L, arg, "format"))
		return
	}
	name := string([]byte{c})
	if c == 0 {
		name = ""
	}
	L.RaiseError("invalid option '%%%s' to 'format'", name)
}

// str appends a string. As C's, a short one ends at a zero byte.
func (b *buffer) str(sp *spec, s string) {
	if sp.prec < 0 && (len(s) >= 100 || sp.bare && strings.IndexByte(s, 0) < 0) {
		b.add(s)
		return
	}
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	if sp.prec >= 0 && sp.prec < len(s) {
		s = s[:sp.prec]
	}
	b.padded(sp, s)
}

// padded appends s with blanks before or behind it up to the width.
func (b *buffer) padded(sp *spec, s string) {
	n := sp.width - len(s)
	if !sp.minus {
		b.fill(' ', n)
	}
	b.add(s)
	if sp.minus {
		b.fill(' ', n)
	}
}

func (b *buffer) fill(c byte, n int) {
	for ; n > 0; n-- {
		b.b = append(b.b, c)
	}
}

// quoted appends s such that Lua reads it back.
func (b *buffer) quoted(s string) {
	b.room(len(s) + len(s)/8)
	b.addByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\\', '\n':
			b.b = append(b.b, '\\', c)
		case '\r':
			b.b = append(b.b, `\r`...)
		case 0:
			b.b = append(b.b, `\000`...)
		default:
			b.b = append(b.b, c)
		}
	}
	b.addByte('"')
}

// toLong converts as the processor does for C: what does not fit is the lowest number.
func toLong(f float64) int64 {
	if f >= math.MaxInt64 || f < math.MinInt64 || f != f {
		return math.MinInt64
	}
	return int64(f)
}

func toUnsigned(f float64) uint64 {
	if f >= 1<<63 {
		if f >= 1<<64 {
			return 0
		}
		return uint64(f)
	}
	return uint64(toLong(f))
}

func (sp *spec) sign(minus bool) string {
	switch {
	case minus:
		return "-"
	case sp.plus:
		return "+"
	case sp.blank:
		return " "
	}
	return ""
}

func (b *buffer) signed(sp *spec, i int64) {
	if sp.bare && sp.prec < 0 {
		b.room(numberRoom)
		b.b = strconv.AppendInt(b.b, i, 10)
		return
	}
	u := uint64(i)
	if i < 0 {
		u = -u
	}
	var room [24]byte
	b.digits(sp, sp.sign(i < 0), strconv.AppendUint(room[:0], u, 10))
}

func (b *buffer) unsigned(sp *spec, c byte, u uint64) {
	base, prefix := 10, ""
	switch c {
	case 'o':
		base = 8
	case 'x', 'X':
		base = 16
		if sp.alt && u != 0 {
			prefix = "0" + string(rune(c))
		}
	}
	var room [32]byte
	d := strconv.AppendUint(room[:0], u, base)
	if c == 'X' {
		upperASCII(d)
	}
	if c == 'o' && sp.alt && u != 0 && sp.prec <= len(d) {
		sp.prec = len(d) + 1
	}
	if c == 'o' && sp.alt && u == 0 && sp.prec == 0 {
		sp.prec = 1
	}
	b.digits(sp, prefix, d)
}

func upperASCII(b []byte) {
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 0x20
		}
	}
}

// digits appends a whole number.
func (b *buffer) digits(sp *spec, prefix string, d []byte) {
	if sp.prec == 0 && len(d) == 1 && d[0] == '0' {
		d = nil
	}
	zeros := max(sp.prec-len(d), 0)
	n := sp.width - len(prefix) - zeros - len(d)
	if sp.zero && !sp.minus && sp.prec < 0 {
		zeros, n = zeros+max(n, 0), 0
	}
	b.framed(sp, prefix, zeros, n, d)
}

// framed appends blanks, prefix, zeros and d, or the blanks behind them.
func (b *buffer) framed(sp *spec, prefix string, zeros, blanks int, d []byte) {
	b.room(max(zeros, 0) + max(blanks, 0) + len(d) + len(prefix))
	if !sp.minus {
		b.fill(' ', blanks)
	}
	b.b = append(b.b, prefix...)
	b.fill('0', zeros)
	b.b = append(b.b, d...)
	if sp.minus {
		b.fill(' ', blanks)
	}
}

func (b *buffer) float(sp *spec, c byte, f float64) {
	if sp.bare && c >= 'a' && f-f == 0 {
		b.room(maxFloat)
		b.b = sp.decimal(b.b, c, f)
		return
	}
	var room [maxFloat]byte
	minus := math.Signbit(f)
	f = math.Abs(f)
	var d []byte
	special := math.IsInf(f, 0) || f != f
	switch {
	case f != f:
		d = append(room[:0], "nan"...)
	case special:
		d = append(room[:0], "inf"...)
	default:
		d = sp.decimal(room[:0], c|0x20, f)
	}
	if c < 'a' {
		upperASCII(d)
	}
	prefix := sp.sign(minus)
	n, zeros := sp.width-len(prefix)-len(d), 0
	if sp.zero && !sp.minus && !special {
		zeros, n = n, 0
	}
	b.framed(sp, prefix, zeros, n, d)
}

// maxFloat is what numbers of usual size take at most.
const maxFloat = 128

// decimal appends f, which is finite, as %e, %f and %g do.
func (sp *spec) decimal(dst []byte, c byte, f float64) []byte {
	prec := sp.prec
	if prec < 0 {
		prec = 6
	}
	switch {
	case c == 'g' && sp.alt:
		return generalAlt(dst, f, max(prec, 1))
	case c == 'g':
		return host.AppendG(dst, f, prec)
	}
	at := len(dst)
	dst = strconv.AppendFloat(dst, f, c, prec, 64)
	if sp.alt && prec == 0 {
		dst = withPoint(dst, at)
	}
	return dst
}

// withPoint puts a point behind the first run of digits from at on.
func withPoint(b []byte, at int) []byte {
	for at < len(b) && b[at] >= '0' && b[at] <= '9' {
		at++
	}
	b = append(b, 0)
	copy(b[at+1:], b[at:])
	b[at] = '.'
	return b
}

// generalAlt is %#g: no zeros are taken off the end, and there is a point always.
func generalAlt(dst []byte, f float64, digits int) []byte {
	var room [128]byte
	e := strconv.AppendFloat(room[:0], f, 'e', digits-1, 64)
	mark := strings.LastIndexByte(string(e), 'e')
	exp, _ := strconv.Atoi(string(e[mark+1:]))
	at := len(dst)
	if exp < -4 || exp >= digits {
		dst = append(dst, e...)
	} else {
		dst = strconv.AppendFloat(dst, f, 'f', digits-1-exp, 64)
	}
	if strings.IndexByte(string(dst[at:]), '.') < 0 {
		dst = withPoint(dst, at)
	}
	return dst
}
