// Package bloom is the module bloom_filter of sandboxes: sets that may hold more
// than was put in, but never less.
//
//	bf = bloom_filter.new(items, probability)
//	bf:add(key)      whether key was new
//	bf:query(key)    whether key was added, or looks as if
//	bf:count()       how often add said true
//	bf:clear()
//
// Keys are strings and numbers. The bits are those of Mozilla's bloom_filter, so
// that a state of it can be taken over: bit XXH32(key, seed i) modulo their number
// for each of the hashes i = 0, 1, ..., least significant bit of a byte first.
package bloom

import (
	"math"
	"math/bits"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/internal/sketch"
)

// Module is `require "bloom_filter"`.
var Module = host.Module{Name: "bloom_filter", Open: open}

const (
	typeName   = "mozsvc.bloom_filter"
	wrongCount = "incorrect number of arguments"

	// maxBits is what a hash of 32 bits can reach.
	maxBits = 1 << 32
)

// filter is a userdata's value.
type filter struct {
	items       int
	probability float64
	bits        uint64
	hashes      int
	count       int
	data        []byte
}

func open(L *lua.LState) lua.LValue {
	class := sketch.NewClass(L, map[string]lua.LGFunction{
		"add": add, "query": query, "count": count, "clear": clearAll, "fromstring": fromString,
	})
	t := L.NewTable()
	L.SetFuncs(t, map[string]lua.LGFunction{
		"new": func(L *lua.LState) int {
			class.Push(L, newFilter(L))
			return 1
		},
		"version": sketch.Version("1.0.0"),
	})
	return t
}

// newFilter makes the filter of new(items, probability).
func newFilter(L *lua.LState) *filter {
	const fn = "new"
	if L.GetTop() != 2 {
		host.ArgError(L, 0, fn, wrongCount)
	}
	items := host.Int(L, 1, fn)
	if items <= 1 {
		host.ArgError(L, 1, fn, "items must be > 1")
	}
	p := host.Number(L, 2, fn)
	if !(p > 0 && p < 1) {
		host.ArgError(L, 2, fn, "probability must be between 0 and 1")
	}
	// The number of bits at which half of them are set when all items are in.
	size := math.Ceil(float64(items) * math.Log(p) / math.Log(1/math.Pow(2, math.Ln2)))
	if size > maxBits {
		L.RaiseError("%s", host.NoMemory)
	}
	f := &filter{items: items, probability: p, bits: uint64(size)}
	f.hashes = max(1, int(math.Round(math.Ln2*size/float64(items))))
	bytes := int(f.bits+7) / 8
	meter := host.Of(L)
	meter.Alloc(L, bytes)
	meter.Step(L, bytes/64)
	f.data = make([]byte, bytes)
	return f
}

// self returns the filter of a method that has n arguments with it.
func self(L *lua.LState, n int, fn string) *filter {
	f := host.Self[*filter](L, 1, fn, typeName)
	if L.GetTop() != n {
		host.ArgError(L, 0, fn, wrongCount)
	}
	return f
}

// bit returns the byte of bit i of a key, and the bit in it.
func (f *filter) bit(key []byte, i int) (at uint64, mask byte) {
	n := uint64(xxh32(key, uint32(i))) % f.bits
	return n / 8, 1 << (n % 8)
}

// keyOf returns the filter and the key of a method.
func keyOf(L *lua.LState, fn string, scratch *[8]byte) (*filter, []byte) {
	f := self(L, 2, fn)
	key := sketch.Key(L, 2, fn, scratch)
	host.Of(L).Step(L, f.hashes*(1+len(key)/64)/4) // each hash looks at all of it
	return f, key
}

// add sets the bits of key, and reports whether one of them was not.
func (f *filter) add(key []byte) bool {
	added := false
	for i := range f.hashes {
		at, mask := f.bit(key, i)
		if f.data[at]&mask == 0 {
			f.data[at] |= mask
			added = true
		}
	}
	if added {
		f.count++
	}
	return added
}

// has reports whether all bits of key are set.
func (f *filter) has(key []byte) bool {
	for i := range f.hashes {
		if at, mask := f.bit(key, i); f.data[at]&mask == 0 {
			return false
		}
	}
	return true
}

func add(L *lua.LState) int {
	f, key := keyOf(L, ":add", new([8]byte))
	L.Push(lua.LBool(f.add(key)))
	return 1
}

func query(L *lua.LState) int {
	f, key := keyOf(L, ":query", new([8]byte))
	L.Push(lua.LBool(f.has(key)))
	return 1
}

func count(L *lua.LState) int {
	L.Push(lua.LNumber(self(L, 1, ":count").count))
	return 1
}

func clearAll(L *lua.LState) int {
	f := self(L, 1, ":clear")
	host.Of(L).Step(L, len(f.data)/64)
	clear(f.data)
	f.count = 0
	return 0
}

// fromString is fromstring([count,] bits). Old states have no count: it is
// estimated from the bits that are set.
func fromString(L *lua.LState) int {
	const fn = ":fromstring"
	if L.GetTop() == 2 {
		f := self(L, 2, fn)
		sketch.Restore(L, f.data, host.String(L, 2, fn))
		f.count = f.estimate()
		return 0
	}
	f := self(L, 3, fn)
	n := host.Int(L, 2, fn)
	sketch.Restore(L, f.data, host.String(L, 3, fn))
	f.count = max(n, 0)
	return 0
}

// estimate returns how many keys are likely to have set the bits that are.
func (f *filter) estimate() int {
	set := 0
	for _, b := range f.data {
		set += bits.OnesCount8(b)
	}
	unset := max(1-float64(set)/float64(f.bits), 1/float64(f.bits))
	return int(math.Round(-float64(f.bits) / float64(f.hashes) * math.Log(unset)))
}

// AppendState implements host.Keeper.
func (f *filter) AppendState(dst []byte, name string) []byte {
	dst = sketch.AppendNew(dst, name, "bloom_filter.new("+strconv.Itoa(f.items)+", "+
		strconv.FormatFloat(f.probability, 'g', -1, 64)+")")
	dst = append(dst, name+":fromstring("+strconv.Itoa(f.count)+", "...)
	return append(sketch.AppendText(dst, f.data), ")\n"...)
}

// Size implements host.Sized.
func (f *filter) Size() int { return len(f.data) }
