-- Decodes /sys/block/DISK/stat: the counters of a disk since the system started. The fields
-- FilePath and TickerInterval of the message are kept.
--
-- config (default)
--   payload_keep (false)  keep the text as the payload

require "string"

local payload_keep = read_config("payload_keep")

-- In the order of the kernel's documentation; newer ones have more behind them.
local names = {"ReadsCompleted", "ReadsMerged", "SectorsRead", "TimeReading", "WritesCompleted",
               "WritesMerged", "SectorsWritten", "TimeWriting", "NumIOInProgress",
               "TimeDoingIO", "WeightedTimeDoingIO"}

function process_message()
    local text = read_message("Payload")
    if not string.find(text, "^[%d%s]+$") then return -1, "not of /sys/block/*/stat" end

    local fields, n = {}, 0
    for value in string.gmatch(text, "%d+") do
        n = n + 1
        if names[n] then fields[names[n]] = tonumber(value) end
    end
    if n < #names then return -1, "not of /sys/block/*/stat" end

    fields.FilePath       = read_message("Fields[FilePath]")
    fields.TickerInterval = read_message("Fields[TickerInterval]")
    inject_message({
        Type = "stats.diskstats", Fields = fields, Payload = payload_keep and text or nil,
    })
    return 0
end
