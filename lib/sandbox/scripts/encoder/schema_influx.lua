-- Makes JSON for InfluxDB before 0.9 of headers and fields: one series with all of them as
-- columns, or a series for each.
--
-- config (default)
--   series ("series")            name of the series; may have %{parts} of the message
--   skip_fields (nil)            headers and fields to leave out, separated by blanks
--   multi_series (false)         a series for each, series.field, with the column value
--   exclude_base_fields (false)  leave out all headers

local cjson       = require "cjson"
local interpolate = require "msg_interpolate"
require "math"
require "string"
require "table"

local series       = read_config("series") or "series"
local multi_series = read_config("multi_series") or false
local exclude_base = read_config("exclude_base_fields") or false

local skip = {}
for name in string.gmatch(read_config("skip_fields") or "", "%S+") do skip[name] = true end

local headers = {"Type", "Payload", "Hostname", "Pid", "Logger", "Severity", "EnvVersion"}

-- finite reports whether JSON can tell a value.
local function finite(value)
    return type(value) ~= "number" or value - value == 0
end

-- each calls f with the name and the value of each column but the time. A field that stands
-- more than once, or has several values, has further columns: name2, name3, ...
local function each(f)
    if not exclude_base then
        for _, name in ipairs(headers) do
            if not skip[name] then f(name, read_message(name)) end
        end
    end
    local seen = {} -- by name: fields, columns so far
    while true do
        local typ, name, value, _, count = read_next_field()
        if not typ then break end
        local n = seen[name]
        if not n then
            n = {fields = 0, columns = 0}
            seen[name] = n
        end
        for i = 0, count - 1 do
            if i > 0 then value = read_message("Fields[" .. name .. "]", n.fields, i) end
            n.columns = n.columns + 1
            local column = n.columns == 1 and name or name .. n.columns
            if not skip[name] and finite(value) then f(column, value) end
        end
        n.fields = n.fields + 1
    end
end

local function one_series(name, ms)
    local columns, point = {"time"}, {ms}
    each(function(column, value)
        table.insert(columns, column)
        table.insert(point, value)
    end)
    if not columns[2] then return {} end
    return {{name = name, columns = columns, points = {point}}}
end

local function many_series(name, ms)
    local list = {}
    each(function(column, value)
        table.insert(list, {name = name .. "." .. column, columns = {"time", "value"},
                            points = {{ms, value}}})
    end)
    return list
end

function process_message()
    local name = interpolate.interpolate_from_msg(series)
    local ms = math.floor(read_message("Timestamp") / 1e6)
    local list = (multi_series and many_series or one_series)(name, ms)
    if not list[1] then return -2 end
    inject_payload("json", "influx_message", cjson.encode(list), "\n")
    return 0
end
