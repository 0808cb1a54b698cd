-- logfmt: the grammar of lines such as: level=info msg="took \"long\"" retry
--
-- grammar makes a table: values are text, without quotes and escapes; a name alone is
-- true.

local escapes = require "escape_sequences"
local l       = require "lpeg"
l.locale(l)

local rawset = rawset

local M = {}
setfenv(1, M)

local blank  = l.space^0
local name   = l.C((1 - l.S'="' - l.space - l.cntrl)^1)
local quoted = l.P'"' * l.Cs((escapes.json + (1 - l.S'"'))^0) * '"'
local bare   = l.C((1 - l.S'"' - l.space)^0)
local pair   = l.Cg(name * (l.P"=" * (quoted + bare) + l.Cc(true))) * blank

grammar = l.Cf(l.Ct"" * blank * pair^1, rawset)

return M
