-- cbufd: the grammar of a circular buffer's text, cbuf or cbufd.
--
-- grammar:match(payload) makes {header = text, {time = ns, v, v, ...}, ...}. The rows of
-- the cbufd form begin with their time in seconds; a value "nan" is NaN.

local l = require "lpeg"
l.locale(l)

local tonumber = tonumber

local M = {}
setfenv(1, M)

local huge = 1 / 0

local sign     = l.P"-"^-1
local digits   = l.digit^1
local exponent = l.S"eE" * l.S"+-"^-1 * digits
local finite   = sign * (digits * (l.P"." * l.digit^0)^-1 + l.P"." * digits) * exponent^-1

local value = l.P"nan" * l.Cc(0 / 0) + l.P"-nan" * l.Cc(0 / 0) + l.P"inf" * l.Cc(huge) +
              l.P"-inf" * l.Cc(-huge) + finite / tonumber

local time = l.Cg(finite / function(s) return tonumber(s) * 1e9 end, "time")
local row  = l.Ct(time * (l.P"\t" * value)^1 * "\n")

local header = l.Cg((1 - l.P"\n")^1, "header") * "\n"

grammar = l.Ct(header * row^0) * -1

return M
