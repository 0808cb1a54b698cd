-- lpeg.sendmail: "x68DJAVD023504: to=<ann@example.com>, delay=00:00:01, stat=Sent".
--
-- grammar makes sendmailid and each name with its text.

local l = require "lpeg"
l.locale(l)

local rawset = rawset

local M = {}
setfenv(1, M)

local id    = l.Cg(l.Cc"sendmailid" * l.C((l.alnum - l.P"NOQUEUE")^1)) * ": "
local name  = (l.alnum + l.S"_-")^1
local next_ = l.P", " * name * "="
local pair  = l.Cg(l.C(name) * "=" * l.C((1 - (next_ + "\n"))^0))

grammar = l.Cf(l.Ct"" * id * pair * (l.P", " * pair)^0, rawset)

return M
