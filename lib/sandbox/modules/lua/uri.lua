-- uri: grammars of RFC 3986.
--
--   uri             an absolute URI
--   uri_reference   that, or one that is relative
--   url_query       a query: name=value&name=value, decoded
--
-- The first two make a table of those there are: scheme, userinfo, host, port, path (the
-- escapes of which are decoded), query, fragment. A whole text must fit.

local escapes = require "escape_sequences"
local ip      = require "ip_address"
local l       = require "lpeg"
l.locale(l)

local rawset = rawset

local M = {}
setfenv(1, M)

local unreserved = l.alnum + l.S"-._~"
local delimiters = l.S"!$&'()*+,;="
local encoded    = l.P"%" * l.xdigit * l.xdigit
local segment_char = unreserved + encoded + delimiters + l.S":@"

local scheme   = l.Cg(l.alpha * (l.alnum + l.S"+-.")^0, "scheme") * ":"
local userinfo = l.Cg((unreserved + encoded + delimiters + ":")^0, "userinfo") * "@"
local future   = l.P"v" * l.xdigit^1 * "." * (unreserved + delimiters + ":")^1
local literal  = l.P"[" * l.Cg(ip.v6 + future, "host") * "]"

-- What looks like an address of four numbers has to be one.
local numbers  = l.digit^1 * "." * l.digit^1 * "." * l.digit^1 * "." * l.digit^1
local host_end = -(unreserved + encoded + delimiters)
local host     = literal + l.Cg(ip.v4 * host_end, "host") +
                 -(numbers * host_end) * l.Cg((unreserved + encoded + delimiters)^0, "host")
local port     = l.P":" * l.Cg(l.digit^0, "port")

local authority = userinfo^-1 * host * port^-1

local decoded_char = escapes.percent + segment_char
local function path(p) return l.Cg(l.Cs(p), "path") end

local segments  = (l.P"/" * decoded_char^0)^0
local absolute  = l.P"/" * (decoded_char^1 * segments)^-1
local rootless  = decoded_char^1 * segments
local no_scheme = (decoded_char - ":")^1 * segments

local query    = l.P"?" * l.Cg((segment_char + l.S"/?")^0, "query")
local fragment = l.P"#" * l.Cg((segment_char + l.S"/?")^0, "fragment")
local tail     = query^-1 * fragment^-1 * -1

local with_authority = l.P"//" * authority

uri = l.Ct(scheme * (with_authority * path(segments) + path(absolute) + path(rootless) +
                     l.P(true)) * tail)

local relative = l.Ct((with_authority * path(segments) + path(absolute) + path(no_scheme) +
                       l.P(true)) * tail)

uri_reference = uri + relative

local function part(stop) return l.Cs((escapes.url + (1 - l.S(stop)))^0) end
local name = l.Cs((escapes.url + (1 - l.S"&=#"))^1)
local pair = l.Cg(name * (l.P"=" * part"&#" + l.Cc""))

url_query = l.Cf(l.Ct"" * (pair * (l.P"&"^1 * pair)^0 * l.P"&"^0)^-1, rawset) * -1

return M
