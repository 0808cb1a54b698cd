// Package cuckoo is the module cuckoo_filter of sandboxes: sets that may hold more
// than was put in, from which keys can be taken out again.
//
//	cf = cuckoo_filter.new(items)
//	cf:add(key)      whether key was new; an error if there is no room
//	cf:query(key)    whether key is in, or looks as if: 1 in 8000 that is not
//	cf:delete(key)   whether key was in
//	cf:count()       how many keys are in
//	cf:clear()
//
// Keys are strings and numbers. There are a quarter of items, which are more than
// 4, buckets for four keys each, rounded up to a power of two; above 95 % of that
// the filter may be full. The layout is that of Mozilla's cuckoo_filter, so that a state of it can
// be taken over: a bucket is four fingerprints of 16 bits, little-endian, 0 where
// it is free. The fingerprint of a key is the top of its XXH64, seed 1 (1 instead
// of 0); its bucket is the hash modulo their number, its other one that xor the top
// bits of the fingerprint's own hash.
//
// The algorithm is Fan et al., "Cuckoo Filter: Practically Better Than Bloom", 2014.
package cuckoo

import (
	"math/bits"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/internal/sketch"
)

// Module is `require "cuckoo_filter"`.
var Module = host.Module{Name: "cuckoo_filter", Open: open}

const (
	typeName     = "mozsvc.cuckoo_filter"
	wrongCount   = "incorrect number of arguments"
	stateVersion = 1

	maxItems = 1 << 28 // half a GiB
)

func open(L *lua.LState) lua.LValue {
	class := sketch.NewClass(L, map[string]lua.LGFunction{
		"add": add, "query": query, "delete": remove, "count": count, "clear": clearAll,
		"fromstring": fromString,
	})
	t := L.NewTable()
	L.SetFuncs(t, map[string]lua.LGFunction{
		"new": func(L *lua.LState) int {
			class.Push(L, create(L))
			return 1
		},
		"version": sketch.Version("1.1.1"),
	})
	return t
}

// create makes the filter of new(items).
func create(L *lua.LState) *filter {
	const fn = "new"
	if L.GetTop() != 1 {
		host.ArgError(L, 0, fn, wrongCount)
	}
	items := host.Int(L, 1, fn)
	if items <= 4 {
		host.ArgError(L, 1, fn, "items must be > 4")
	}
	if items > maxItems {
		L.RaiseError("%s", host.NoMemory)
	}
	buckets := 1 << bits.Len(uint(items/slots-1))
	meter := host.Of(L)
	meter.Alloc(L, buckets*bucketBytes)
	meter.Step(L, buckets*bucketBytes/64)
	return newFilter(buckets)
}

// self returns the filter of a method that has n arguments with it.
func self(L *lua.LState, n int, fn string) *filter {
	f := host.Self[*filter](L, 1, fn, typeName)
	if L.GetTop() != n {
		host.ArgError(L, 0, fn, wrongCount)
	}
	return f
}

// keyOf returns the filter and the place of the key of a method.
func keyOf(L *lua.LState, fn string) (*filter, place) {
	f := self(L, 2, fn)
	var scratch [8]byte
	key := sketch.Key(L, 2, fn, &scratch)
	host.Of(L).Step(L, 1+len(key)/64)
	return f, f.place(key)
}

func add(L *lua.LState) int {
	f, p := keyOf(L, ":add")
	if f.has(p) {
		L.Push(lua.LFalse)
		return 1
	}
	kicks, ok := f.insert(p)
	if ok {
		f.count++ // before Step, which may end the call
	}
	host.Of(L).Step(L, kicks)
	if !ok {
		L.RaiseError("the cuckoo filter is full")
	}
	L.Push(lua.LTrue)
	return 1
}

func query(L *lua.LState) int {
	f, p := keyOf(L, ":query")
	L.Push(lua.LBool(f.has(p)))
	return 1
}

func remove(L *lua.LState) int {
	f, p := keyOf(L, ":delete")
	ok := f.remove(p)
	if ok {
		f.count = max(f.count-1, 0)
	}
	L.Push(lua.LBool(ok))
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

// fromString is fromstring(count, buckets, version). A state of another version is
// passed over.
func fromString(L *lua.LState) int {
	const fn = ":fromstring"
	f := self(L, 4, fn)
	n, text := host.Int(L, 2, fn), host.String(L, 3, fn)
	if host.OptInt(L, 4, fn, 0) != stateVersion {
		return 0
	}
	sketch.Restore(L, f.data, text)
	f.count = max(n, 0)
	return 0
}

// AppendState implements host.Keeper.
func (f *filter) AppendState(dst []byte, name string) []byte {
	items := strconv.Itoa(f.buckets * slots)
	dst = sketch.AppendNew(dst, name, "cuckoo_filter.new("+items+")")
	dst = append(dst, name+":fromstring("+strconv.Itoa(f.count)+", "...)
	dst = sketch.AppendText(dst, f.data)
	return append(dst, ", "+strconv.Itoa(stateVersion)+")\n"...)
}

// Size implements host.Sized.
func (f *filter) Size() int { return len(f.data) }
