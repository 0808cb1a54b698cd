-- Makes JSON for Librato's metrics of circular buffers: a gauge for each number in the rows
-- that have ended since the last message of the same key; in the first, in all rows but the
-- newest, which may not be complete. Run it with --preserve, or rows are sent again after
-- a restart.
--
-- config (default)
--   message_key ("%{Logger}:%{payload_name}")  what tells buffers apart; may have other
--                                              %{parts} of the message

local cjson       = require "cjson"
local interpolate = require "msg_interpolate"
require "string"
require "table"

local message_key = read_config("message_key") or "%{Logger}:%{payload_name}"

last_times = {} -- of the newest row sent, in seconds, by key

-- split returns the header and the rows of a payload, without a line of annotations.
local function split(payload)
    local first, rest = string.match(payload, "^([^\n]*)\n(.*)$")
    if not first then return nil end
    local ok, h = pcall(cjson.decode, first)
    if not ok or type(h) ~= "table" then return nil end
    if h.annotations and not h.column_info then return split(rest) end
    if type(h.column_info) == "table" and type(h.time) == "number" and h.time < 1e15 and
       type(h.seconds_per_row) == "number" and h.seconds_per_row <= 86400 then
        return h, rest
    end
    return nil
end

local function add_row(gauges, line, h, time, source)
    local col = 0
    for text in string.gmatch(line, "[^\t]+") do
        col = col + 1
        local value, info = tonumber(text), h.column_info[col]
        if value and value - value == 0 and type(info) == "table" then
            table.insert(gauges, {name = info.name, value = value, measure_time = time,
                                  source = source})
        end
    end
end

function process_message()
    local h, rows = split(read_message("Payload"))
    if not h then return -1, "no cbuf" end

    local lines = {}
    for line in string.gmatch(rows, "([^\n]+)\n") do table.insert(lines, line) end
    local key    = interpolate.interpolate_from_msg(message_key)
    local source = read_message("Hostname")
    local last   = last_times[key]
    local gauges = {}
    for i = 1, #lines - 1 do
        local time = h.time + (i - 1) * h.seconds_per_row
        if not last or time > last then
            add_row(gauges, lines[i], h, time, source)
            last_times[key] = time
        end
    end
    if not gauges[1] then return -2 end
    inject_payload("json", "", cjson.encode({gauges = gauges}), "\n")
    return 0
end
