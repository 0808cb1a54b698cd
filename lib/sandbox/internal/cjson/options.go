package cjson

import (
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// switchOptions and invalidOptions are the values of settings that have names.
var (
	switchOptions  = []string{"off", "on"}
	invalidOptions = []string{"off", "on", "null"}
)

// What encode_invalid_numbers is set to.
const (
	invalidError = iota
	invalidText
	invalidNull
)

// encodeSparseArray is encode_sparse_array([convert [, ratio [, safe]]]).
func (c *codec) encodeSparseArray(L *lua.LState) int {
	const fn = "encode_sparse_array"
	atMost(L, 3, fn)
	convert := option(L, fn, switchOptions, b2i(c.sparseConvert))
	c.sparseConvert = convert == 1
	c.sparseRatio = integer(L, 2, fn, c.sparseRatio, 0, math.MaxInt32)
	c.sparseSafe = integer(L, 3, fn, c.sparseSafe, 0, math.MaxInt32)
	L.Push(lua.LBool(c.sparseConvert))
	L.Push(lua.LNumber(c.sparseRatio))
	L.Push(lua.LNumber(c.sparseSafe))
	return 3
}

func (c *codec) encodeMaxDepth(L *lua.LState) int {
	return setInteger(L, "encode_max_depth", &c.encodeDepth, math.MaxInt32)
}

func (c *codec) decodeMaxDepth(L *lua.LState) int {
	return setInteger(L, "decode_max_depth", &c.decodeDepth, math.MaxInt32)
}

func (c *codec) encodeNumberPrecision(L *lua.LState) int {
	return setInteger(L, "encode_number_precision", &c.precision, 14)
}

// encodeInvalidNumbers is encode_invalid_numbers([setting]): true writes inf and
// nan as they are, "null" as null, false makes them an error.
func (c *codec) encodeInvalidNumbers(L *lua.LState) int {
	const fn = "encode_invalid_numbers"
	atMost(L, 1, fn)
	c.encodeInvalid = option(L, fn, invalidOptions, c.encodeInvalid)
	if c.encodeInvalid == invalidNull {
		L.Push(lua.LString("null"))
	} else {
		L.Push(lua.LBool(c.encodeInvalid == invalidText))
	}
	return 1
}

func (c *codec) decodeInvalidNumbers(L *lua.LState) int {
	return setSwitch(L, "decode_invalid_numbers", &c.decodeInvalid)
}

func (c *codec) setDecodeNull(L *lua.LState) int {
	return setSwitch(L, "decode_null", &c.decodeNull)
}

// setSwitch is a function that sets one setting, if it has an argument, and
// returns it.
func setSwitch(L *lua.LState, fn string, setting *bool) int {
	atMost(L, 1, fn)
	*setting = option(L, fn, switchOptions, b2i(*setting)) == 1
	L.Push(lua.LBool(*setting))
	return 1
}

// setInteger is setSwitch for a number from 1 to high.
func setInteger(L *lua.LState, fn string, setting *int, high int) int {
	atMost(L, 1, fn)
	*setting = integer(L, 1, fn, *setting, 1, high)
	L.Push(lua.LNumber(*setting))
	return 1
}

func atMost(L *lua.LState, n int, fn string) {
	if L.GetTop() > n {
		host.ArgError(L, n+1, fn, "found too many arguments")
	}
}

// option returns argument 1 as an index into options; def if there is none. A
// boolean is the first or the second of them.
func option(L *lua.LState, fn string, options []string, def int) int {
	switch v := L.Get(1).(type) {
	case *lua.LNilType:
		return def
	case lua.LBool:
		return b2i(bool(v))
	}
	s := host.String(L, 1, fn)
	for i, o := range options {
		if s == o {
			return i
		}
	}
	host.ArgError(L, 1, fn, "invalid option '"+s+"'")
	return def
}

// integer returns argument n, from low to high; def if there is none.
func integer(L *lua.LState, n int, fn string, def, low, high int) int {
	if L.Get(n) == lua.LNil {
		return def
	}
	v := int(int32(host.Int(L, n, fn))) // C's int
	if v < low || v > high {
		// The number is that of lua-cjson, which asks for the last argument.
		host.ArgError(L, 1, fn, "expected integer between "+strconv.Itoa(low)+" and "+
			strconv.Itoa(high))
	}
	return v
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
