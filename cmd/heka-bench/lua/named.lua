-- The format combined of access logs, into a table of eight names.
local lpeg = require "lpeg"
require "string"
local match = lpeg.match
local lines = {
  [[192.0.2.240 - - [01/Oct/2026:00:00:00 +0000] "PUT /articles/2024/copper-copper-maple-cloud HTTP/1.1" 500 330 "-" "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"]],
  [[198.51.100.23 - alice [01/Oct/2026:00:00:01 +0000] "POST /api/v1/items HTTP/1.1" 503 17 "-" "curl/8.5.0"]],
  [[203.0.113.194 - - [01/Oct/2026:00:00:02 +0000] "GET /api/v1/garden/58826?fields=id,name&page=39 HTTP/1.1" 403 390 "https://www.example.com/articles/2024/copper-maple-cloud" "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36"]],
}

local P, R, S, C, Cg, Ct = lpeg.P, lpeg.R, lpeg.S, lpeg.C, lpeg.Cg, lpeg.Ct
local sp, digit = P" ", R"09"
local word = (1 - sp)^1
local two = digit * digit
local quoted = (1 - P(string.char(34)))^0
local month = P"Jan" + "Feb" + "Mar" + "Apr" + "May" + "Jun" +
  "Jul" + "Aug" + "Sep" + "Oct" + "Nov" + "Dec"
local time = two * "/" * month * "/" * two * two * ":" * two * ":" * two * ":" * two *
  " " * S"+-" * two * two
local function combined(cap)
  return cap(word, "remote_addr") * " - " * cap(word, "remote_user") *
    " [" * cap(time, "time") * "] \"" * cap(quoted, "request") * "\" " *
    cap(two * digit, "status") * sp * cap(digit^1, "body_bytes_sent") * " \"" *
    cap(quoted, "http_referer") * "\" \"" * cap(quoted, "http_user_agent") * "\"" * -1
end

local grammar = Ct(combined(function(p, name) return Cg(C(p), name) end))
function process_message()
  for i = 1, 100 do
    if not match(grammar, lines[i % 3 + 1]).status then return -1 end
  end
  return 0
end
