-- Decodes /proc/stat: a field of each line, with an array of its numbers where there are
-- several; those of cpu are user, nice, system, idle, iowait, irq, softirq, steal, guest,
-- guestnice, in ticks since the system started.
--
-- config (default)
--   payload_keep (false)  keep the text as the payload

require "string"
require "table"

local payload_keep = read_config("payload_keep")

function process_message()
    local text = read_message("Payload")
    local fields = {}
    for name, rest in string.gmatch(text, "([%w_]+)([ \t%d]+)") do
        local values = {}
        for value in string.gmatch(rest, "%d+") do table.insert(values, tonumber(value)) end
        if values[1] then fields[name] = values end
    end
    if not fields.cpu then return -1, "not of /proc/stat" end

    fields.FilePath = read_message("Fields[FilePath]")
    inject_message({
        Type = "stats.proc", Fields = fields, Payload = payload_keep and text or nil,
    })
    return 0
end
