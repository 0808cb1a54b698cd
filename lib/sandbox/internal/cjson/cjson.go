// Package cjson is the module cjson of sandboxes: JSON to Lua values and back.
//
// It does what lua-cjson 2.1 does, error texts included, with the changes of
// Heka's sandbox: what encode makes is at most as long as the sandbox's output
// limit, a text to decode at most half as long as its memory limit, null is
// dropped unless decode_null(true) was called, and new and encode_keep_buffer are
// absent.
//
// It is lax where lua-cjson is: unless decode_invalid_numbers(false) was called,
// numbers are what C's strtod reads, and control characters may stand in strings.
package cjson

import (
	"hash/maphash"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// Module is `require "cjson"`.
var Module = host.Module{Name: "cjson", Open: open}

// maxDepth is how deep values nest at most, whatever the script asks for. (C's
// stack ends lua-cjson at 4000 objects, too.)
const maxDepth = 4000

// codec is the module in one state: its settings and its scratch space.
type codec struct {
	sparseConvert bool
	sparseRatio   int
	sparseSafe    int
	encodeDepth   int
	decodeDepth   int
	precision     int
	encodeInvalid int // index into invalidOptions
	decodeInvalid bool
	decodeNull    bool

	null *lua.LUserData

	decoder decoder
	encoder encoder
}

func open(L *lua.LState) lua.LValue { return newCodec(L).module(L) }

func newCodec(L *lua.LState) *codec {
	c := &codec{
		sparseRatio:   2,
		sparseSafe:    10,
		encodeDepth:   1000,
		decodeDepth:   1000,
		precision:     14,
		decodeInvalid: true,
		null:          newNull(L),
	}
	c.decoder.codec = c
	c.decoder.seed = maphash.MakeSeed()
	c.encoder.codec = c
	return c
}

// module returns the table that require returns.
func (c *codec) module(L *lua.LState) lua.LValue {
	t := L.NewTable()
	L.SetFuncs(t, map[string]lua.LGFunction{
		"decode":                  c.decode,
		"encode":                  c.encode,
		"encode_sparse_array":     c.encodeSparseArray,
		"encode_max_depth":        c.encodeMaxDepth,
		"decode_max_depth":        c.decodeMaxDepth,
		"encode_number_precision": c.encodeNumberPrecision,
		"encode_invalid_numbers":  c.encodeInvalidNumbers,
		"decode_invalid_numbers":  c.decodeInvalidNumbers,
		"decode_null":             c.setDecodeNull,
	})
	t.RawSetString("null", c.null)
	t.RawSetString("_NAME", lua.LString("cjson"))
	t.RawSetString("_VERSION", lua.LString("2.1.0"))
	return t
}

// newNull returns cjson.null. In C it is the light userdata of a null pointer,
// whose text is "userdata: (nil)".
func newNull(L *lua.LState) *lua.LUserData {
	text := func(L *lua.LState) int {
		L.Push(lua.LString("userdata: (nil)"))
		return 1
	}
	meta := L.NewTable()
	meta.RawSetString("__tostring", L.NewFunction(text))
	meta.RawSetString("__metatable", lua.LFalse)
	null := L.NewUserData()
	null.Metatable = meta
	return null
}
