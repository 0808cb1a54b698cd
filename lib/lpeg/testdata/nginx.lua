-- The combined format of access logs, without captures, with eight of them, and into
-- a table of eight names; and an address.
lpeg = require "lpeg"
match = lpeg.match
local P, R, S, C, Cg, Ct = lpeg.P, lpeg.R, lpeg.S, lpeg.C, lpeg.Cg, lpeg.Ct

local sp = P" "
local word = (1 - sp)^1
local digit = R"09"
local two = digit * digit
local octet = digit * digit^-2
local quoted = (1 - P'"')^0
local month = P"Jan" + "Feb" + "Mar" + "Apr" + "May" + "Jun" +
  "Jul" + "Aug" + "Sep" + "Oct" + "Nov" + "Dec"
local time = two * "/" * month * "/" * two * two * ":" * two * ":" * two * ":" * two *
  " " * S"+-" * two * two

ip = octet * "." * octet * "." * octet * "." * octet

local function grammar(cap)
  return cap(ip + word, "remote_addr") * " - " * cap(word, "remote_user") *
    " [" * cap(time, "time") * '] "' * cap(quoted, "request") * '" ' *
    cap(two * digit, "status") * sp * cap(digit^1, "body_bytes_sent") * ' "' *
    cap(quoted, "http_referer") * '" "' * cap(quoted, "http_user_agent") * '"' * -1
end

plain = grammar(function(p) return p end)
simple = grammar(function(p) return C(p) end)
named = Ct(grammar(function(p, name) return Cg(C(p), name) end))

lines = {
  '203.0.113.9 - - [10/Oct/2026:13:55:36 -0700] "GET /images/logo.png?v=17 HTTP/1.1" 200 2326 ' ..
    '"https://www.example.com/start/index.html" ' ..
    '"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"',
  '198.51.100.23 - alice [10/Oct/2026:13:55:37 -0700] "POST /api/v1/items HTTP/1.1" 503 17 "-" "curl/8.5.0"',
  '192.0.2.101 - - [10/Oct/2026:13:55:38 -0700] "GET / HTTP/2.0" 304 0 "-" ' ..
    '"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) ' ..
    'Chrome/126.0.0.0 Safari/537.36"',
}
