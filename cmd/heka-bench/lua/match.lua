-- The address and the method of a line, by a pattern of Lua, and a count of each pair.
require "string"
local match, seen = string.match, {}
local lines = {
  [[192.0.2.240 - - [01/Oct/2026:00:00:00 +0000] "PUT /articles/2024/copper-copper-maple-cloud HTTP/1.1" 500 330 "-" "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"]],
  [[198.51.100.23 - alice [01/Oct/2026:00:00:01 +0000] "POST /api/v1/items HTTP/1.1" 503 17 "-" "curl/8.5.0"]],
  [[203.0.113.194 - - [01/Oct/2026:00:00:02 +0000] "GET /api/v1/garden/58826?fields=id,name&page=39 HTTP/1.1" 403 390 "https://www.example.com/articles/2024/copper-maple-cloud" "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36"]],
}

function process_message()
  for i = 1, 100 do
    local addr, method = match(lines[i % 3 + 1], "^(%S+) .-\"(%u+) ")
    local key = addr .. " " .. method
    seen[key] = (seen[key] or 0) + 1
  end
  return 0
end
