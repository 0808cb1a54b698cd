-- Decodes /proc/net/dev: a message for each device, with the fields netdevice, receive_bytes,
-- transmit_packets and so on, as the heading of the file says.
--
-- config (default)
--   payload_keep (false)  keep the line as the payload

require "string"
require "table"

local payload_keep = read_config("payload_keep")

local function words(text)
    local list = {}
    for word in string.gmatch(text, "%S+") do table.insert(list, word) end
    return list
end

-- columns returns the names of the columns that a heading such as
--  face |bytes    packets errs|bytes    packets errs
-- stands for.
local function columns(heading)
    local receive, transmit = string.match(heading, "|(.-)|(.*)$")
    if not receive then return nil end
    local list = {}
    for _, name in ipairs(words(receive)) do table.insert(list, "receive_" .. name) end
    for _, name in ipairs(words(transmit)) do table.insert(list, "transmit_" .. name) end
    return list
end

function process_message()
    local path = read_message("Fields[FilePath]")
    local names, n = nil, 0
    for line in string.gmatch(read_message("Payload"), "[^\n]+") do
        local device, values = string.match(line, "^%s*([^:%s|]+):([%s%d]+)$")
        if not device then
            names = columns(line) or names
        elseif names then
            local fields = {netdevice = device, FilePath = path}
            for i, value in ipairs(words(values)) do
                if names[i] then fields[names[i]] = tonumber(value) end
            end
            inject_message({
                Type = "stats.netdev", Fields = fields, Payload = payload_keep and line or nil,
            })
            n = n + 1
        end
    end
    if n == 0 then return -1, "not of /proc/net/dev" end
    return 0
end
