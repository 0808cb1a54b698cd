-- A line of a log with twelve keys, to JSON.
local cjson = require "cjson"
local encode = cjson.encode
local log = [[{"time":"2026-10-10T13:55:36Z","host":"web01.example.com","method":"GET","path":"/index.html?q=1","status":200,"bytes":5120,"referer":"-","agent":"Mozilla/5.0 (X11; Linux x86_64)","user":"-","duration":0.123,"upstream":"10.0.0.1:8080","id":"a1b2c3d4"}]]

local line = cjson.decode(log)
function process_message()
  for i = 1, 100 do
    if #encode(line) < 200 then return -1 end
  end
  return 0
end
