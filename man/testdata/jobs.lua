local l  = require "lpeg"
local dt = require "date_time"
l.locale(l)

local word  = l.C((1 - l.space)^1)
local pair  = l.Cg(l.C(l.alnum^1) * "=" * word)
local all   = l.Cf(l.Ct("") * (l.space^1 * pair)^1, rawset)
local line  = l.Ct(
    l.Cg(dt.rfc3339 / dt.time_to_ns, "time") * l.space *
    l.Cg(word, "event") * l.Cg(all, "fields") * -1)

function process_message()
    local m = line:match(read_message("Payload"))
    if not m then return -1, "not a line of the job log" end
    write_message("Timestamp", m.time)
    write_message("Type", "job." .. m.event)
    write_message("Payload", "")
    write_message("Fields[event]", m.event)
    for name, value in pairs(m.fields) do
        write_message("Fields[" .. name .. "]", value)
    end
    return 0
end
