-- Makes JSON for InfluxDB before 0.9 of headers and fields: one series with all of them as
-- columns, or a series for each field. Fields of several values are lists.
--
-- config (default)
--   series ("series")            name of the series; may have %{parts} of the message
--   skip_fields (nil)            headers and fields to leave out, separated by blanks
--   multi_series (false)         a series for each field, series.field, with its first value in
--                                the column value, and the headers
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

-- each_header calls f with the name and the value of each header.
local function each_header(f)
    if exclude_base then return end
    for _, name in ipairs(headers) do
        if not skip[name] then f(name, read_message(name)) end
    end
end

-- values returns the value of the n-th field called name, or the list of its values; nil if
-- JSON can't tell one.
local function values(name, n, value, count)
    if count == 1 then
        if finite(value) then return value end
        return nil
    end
    local list = {}
    for i = 1, count do
        list[i] = read_message("Fields[" .. name .. "]", n - 1, i - 1)
        if not finite(list[i]) then return nil end
    end
    return list
end

-- each_field calls f with the name of each field, which of that name it is, and its type,
-- first value and number of values.
local function each_field(f)
    local seen = {}
    while true do
        local typ, name, value, _, count = read_next_field()
        if not typ then break end
        local n = (seen[name] or 0) + 1
        seen[name] = n
        if not skip[name] then f(name, n, typ, value, count) end
    end
end

-- one_series has all fields but bytes; further ones of a name are name2, name3, ...
local function one_series(name, columns, point)
    each_field(function(field, n, typ, value, count)
        if typ ~= 1 then value = values(field, n, value, count) else value = nil end
        if value ~= nil then
            table.insert(columns, n == 1 and field or field .. n)
            table.insert(point, value)
        end
    end)
    if not columns[2] then return {} end
    return {{name = name, columns = columns, points = {point}}}
end

local function with(list, last)
    local copy = {}
    for i, v in ipairs(list) do copy[i] = v end
    table.insert(copy, last)
    return copy
end

-- many_series has the first value of each field, beside the headers.
local function many_series(name, columns, point)
    local list = {}
    each_field(function(field, _, _, value)
        if value ~= nil and finite(value) then
            table.insert(list, {name = name .. "." .. field, columns = with(columns, "value"),
                                points = {with(point, value)}})
        end
    end)
    return list
end

function process_message()
    local name = interpolate.interpolate_from_msg(series)
    local columns, point = {"time"}, {math.floor(read_message("Timestamp") / 1e6)}
    each_header(function(header, value)
        table.insert(columns, header)
        table.insert(point, value)
    end)
    local list = (multi_series and many_series or one_series)(name, columns, point)
    if not list[1] then return -2 end
    inject_payload("json", "influx_message", cjson.encode(list), "\n")
    return 0
end
