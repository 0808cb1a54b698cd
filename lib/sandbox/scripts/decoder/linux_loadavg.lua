-- Decodes /proc/loadavg: the fields 1MinAvg, 5MinAvg, 15MinAvg and NumProcesses, which run.
--
-- config (default)
--   payload_keep (false)  keep the text as the payload

require "string"

local payload_keep = read_config("payload_keep")

local line = "^(%d+%.%d+) (%d+%.%d+) (%d+%.%d+) (%d+)/%d+ %d+"

function process_message()
    local text = read_message("Payload")
    local one, five, fifteen, running = string.match(text, line)
    if not one then return -1, "not of /proc/loadavg" end

    inject_message({
        Type = "stats.loadavg",
        Payload = payload_keep and text or nil,
        Fields = {
            ["1MinAvg"]  = tonumber(one),
            ["5MinAvg"]  = tonumber(five),
            ["15MinAvg"] = tonumber(fifteen),
            NumProcesses = tonumber(running),
            FilePath     = read_message("Fields[FilePath]"),
        },
    })
    return 0
end
