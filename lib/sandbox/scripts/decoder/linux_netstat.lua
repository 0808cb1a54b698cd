-- Decodes /proc/net/netstat and /proc/net/snmp: fields such as Tcp_ActiveOpens.
--
-- config (default)
--   payload_keep (false)  keep the text as the payload

require "string"
require "table"

local payload_keep = read_config("payload_keep")

function process_message()
    local text = read_message("Payload")
    local fields, names, group = {}, nil, nil
    for prefix, rest in string.gmatch(text, "(%a%w*):([^\n]*)") do
        local list = {}
        for word in string.gmatch(rest, "%S+") do table.insert(list, word) end
        if prefix ~= group then -- a line of names; one of values follows
            names, group = list, prefix
        else
            for i, value in ipairs(list) do
                if names[i] and tonumber(value) then
                    fields[prefix .. "_" .. names[i]] = {value = tonumber(value), value_type = 2}
                end
            end
            group = nil
        end
    end
    if not next(fields) then return -1, "not of /proc/net/netstat" end

    fields.FilePath = read_message("Fields[FilePath]")
    inject_message({
        Type = "stats.netstat", Fields = fields, Payload = payload_keep and text or nil,
    })
    return 0
end
