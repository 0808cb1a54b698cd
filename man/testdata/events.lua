require "cjson"
require "string"
local dt = require "date_time"

function process_message()
    local ok, e = pcall(cjson.decode, read_message("Payload"))
    if not ok then return -1, e end
    local t = dt.rfc3339:match(e.time)
    inject_message({
        Timestamp = t and dt.time_to_ns(t),
        Type = "event." .. e.action,
        Fields = {
            user = e.user.name,
            ip = {value = string.gsub(e.user.ip, "%d+$", "0"), representation = "ipv4"},
            ms = e.ms,                      -- nil where the line has null: no field
        },
    })
    return 0
end
