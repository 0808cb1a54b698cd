-- ip_address: grammars of addresses and names of hosts.
--
--   v4, v6       match an address, and capture nothing but what you put around them
--   v4_octets    captures the four numbers of an address
--   hostname     a name, which is what RFC 3986 calls reg-name
--   host         any of the three
--   v4_field, v6_field, host_field
--                make a field of a message: {value = "::1", representation = "ipv6"}

local l = require "lpeg"
l.locale(l)

local tonumber = tonumber

local M = {}
setfenv(1, M)

local digit, xdigit = l.digit, l.xdigit

local octet = l.P"25" * l.R"05" + l.P"2" * l.R"04" * digit + l.P"1" * digit * digit +
              l.R"19" * digit + digit

v4 = octet * "." * octet * "." * octet * "." * octet

local number = octet / tonumber
v4_octets = number * "." * number * "." * number * "." * number

-- repeated returns the pattern that matches p n times.
local function repeated(p, n)
    local r = l.P(true)
    for _ = 1, n do r = r * p end
    return r
end

local group = xdigit * xdigit^-3

-- tail returns the pattern of what may follow "::" where n groups have a place.
local function tail(n)
    if n < 1 then return l.P(true) end
    local groups = group * (l.P":" * group)^-(n - 1)
    if n < 2 then return groups^-1 end
    return (group * ":")^-(n - 2) * v4 + groups^-1
end

v6 = repeated(group * ":", 6) * (v4 + group * ":" * group) + l.P"::" * tail(7)
for n = 1, 7 do
    v6 = v6 + group * repeated(l.P":" * group, n - 1) * "::" * tail(7 - n)
end

hostname = (l.alnum + l.S"-._~!$&'()*+,;=" + l.P"%" * xdigit * xdigit)^1

-- A name may begin as an address does: 10.0.0.1.example.com, 1.2.3.4a.
local name_goes_on = l.S".-"^-1 * (l.alnum + "_")
local whole_v4 = v4 * -name_goes_on

host = v6 + whole_v4 + hostname

local function field(p, representation)
    return l.Ct(l.Cg(p, "value") * l.Cg(l.Cc(representation), "representation"))
end

v4_field   = field(v4, "ipv4")
v6_field   = field(v6, "ipv6")
host_field = v6_field + field(whole_v4, "ipv4") + field(hostname, "hostname")

return M
