-- Decodes /proc/meminfo: a field of each line, in kB where it says so.
--
-- config (default)
--   payload_keep (false)  keep the text as the payload

require "string"

local payload_keep = read_config("payload_keep")

function process_message()
    local text = read_message("Payload")
    local fields = {}
    for name, value, unit in string.gmatch(text, "([%w_()]+):[ \t]+(%d+)[ \t]*([%a]*)") do
        fields[name] = {value = tonumber(value), representation = unit ~= "" and unit or nil}
    end
    if not fields.MemTotal then return -1, "not of /proc/meminfo" end

    fields.FilePath = read_message("Fields[FilePath]")
    inject_message({
        Type = "stats.memstats", Fields = fields, Payload = payload_keep and text or nil,
    })
    return 0
end
