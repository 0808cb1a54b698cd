-- ts_line_protocol: a message as lines for Carbon or InfluxDB.
--
--   set_config(options)        returns the configuration that the others take
--   carbon_line_msg(config)    returns an array of "name value time", of all numbers
--   influxdb_line_msg(config)  returns an array of "name,tag=text value=1.000000 time"
--
-- Options, as encoders have them: carbon_format, decimal_precision "6", name_prefix (with
-- the %{parts} of msg_interpolate), name_prefix_delimiter, skip_fields_str,
-- source_value_field (the one field that is the value), tag_fields_str "**all_base**",
-- timestamp_precision "ms", multi_fields (all in one line), value_field_key "value".
--
-- A field that stands more than once is name, name_fidx_1, ...; the further values of
-- one are name_vidx_1, then name_vidx_1_vidx_2, as Heka named its series.

local field_util  = require "field_util"
local interpolate = require "msg_interpolate"
local string      = require "string"
local table       = require "table"

local decode_message = decode_message
local ipairs         = ipairs
local pairs          = pairs
local read_message   = read_message
local tonumber       = tonumber
local tostring       = tostring
local type           = type

local M = {}
setfenv(1, M)

local base_tags = {"Logger", "Type", "Severity", "Hostname"}

local defaults = {
    carbon_format         = false,
    decimal_precision     = "6",
    multi_fields          = false,
    name_prefix           = false,
    name_prefix_delimiter = false,
    skip_fields_str       = false,
    source_value_field    = false,
    tag_fields_str        = "**all_base**",
    timestamp_precision   = "ms",
    value_field_key       = "value",
}

function set_config(options)
    local config = {}
    for name, default in pairs(defaults) do
        config[name] = options and options[name] or default
    end
    if config.skip_fields_str then
        config.skip_fields, config.skip_fields_all_base =
            field_util.field_map(config.skip_fields_str)
        config.used_base_fields = field_util.used_base_fields(config.skip_fields)
    end
    config.used_tag_fields, config.tag_fields_all_base, config.tag_fields_all =
        field_util.field_map(config.tag_fields_str)
    config.interp_name_prefix = config.name_prefix and
        string.find(config.name_prefix, "%%{[%w%p]-}") ~= nil
    return config
end

local function escape_name(v) return (string.gsub(tostring(v), "[ ,]", "\\%0")) end
local function escape_tag(v) return (string.gsub(tostring(v), "[ ,=]", "\\%0")) end

local function add_tag(tags, name, value)
    if value == nil or value == "" then return end -- which InfluxDB refuses
    table.insert(tags, escape_tag(name) .. "=" .. escape_tag(value))
end

local function is_tag(config, name)
    return config.tag_fields_all or config.used_tag_fields[name]
end

local function base_tags_of(config)
    local tags = {}
    if config.carbon_format then return tags end
    for _, name in ipairs(base_tags) do
        if config.tag_fields_all_base or is_tag(config, name) then
            add_tag(tags, name, read_message(name))
        end
    end
    return tags
end

-- each_value calls f with the name, the name for output and the value of each value
-- of each field.
local function each_value(config, f)
    local message = decode_message(read_message("raw"))
    local seen = {}
    for _, field in ipairs(message.Fields or {}) do
        local name = field.name
        if config.carbon_format then name = string.gsub(name, "[^%w]", "_") end
        local out = name
        local nth = seen[name] or 0
        seen[name] = nth + 1
        if nth > 0 then out = string.format("%s_fidx_%d", out, nth) end
        local values = field.value
        if type(values) ~= "table" then values = {values} end
        for i, value in ipairs(values) do
            if i > 1 then out = string.format("%s_vidx_%d", out, i - 1) end
            f(name, out, value)
        end
    end
end

-- points_and_tags returns an array of {name, value}, each name once, and the tags.
local function points_and_tags(config)
    local prefix = config.name_prefix or ""
    if config.interp_name_prefix then prefix = interpolate.interpolate_from_msg(prefix) end
    local before = prefix .. (config.name_prefix_delimiter or "")
    local tags, points, place = base_tags_of(config), {}, {}

    local function add(name, value)
        if not place[name] then
            table.insert(points, {name, value})
            place[name] = #points
        else
            points[place[name]][2] = value
        end
    end

    each_value(config, function(name, out, value)
        if not config.carbon_format and is_tag(config, name) then add_tag(tags, out, value) end
        if config.source_value_field then
            if name == config.source_value_field then add(prefix, value) end
        elseif not (config.skip_fields and config.skip_fields[name]) then
            add(config.multi_fields and out or before .. out, value)
        end
    end)
    return points, tags, prefix
end

-- whole returns a number as text with all the digits of its integral part.
local function whole(v)
    if v % 1 == 0 and v > -1e15 and v < 1e15 then return string.format("%d", v) end
    return tostring(v)
end

-- carbon_value returns the text of a number, or of a text that is one; else nil.
local function carbon_value(v)
    if type(v) == "number" and v == v and v - v == 0 then return whole(v) end
    if type(v) == "string" and string.match(v, "^%-?[%d.]+$") and tonumber(v) then return v end
    return nil
end

function carbon_line_msg(config)
    local time = field_util.message_timestamp(config.timestamp_precision)
    local lines = {}
    for _, point in ipairs((points_and_tags(config))) do
        local value = carbon_value(point[2])
        if value then
            table.insert(lines, string.format("%s %s %s", point[1], value, whole(time)))
        end
    end
    return lines
end

-- influx_value returns a value as InfluxDB wants it. Numbers have a fraction always, so
-- that the type of a series does not change with its first whole number.
local function influx_value(config, v)
    if type(v) == "number" then
        return string.format("%." .. config.decimal_precision .. "f", v)
    end
    if type(v) == "string" then return '"' .. string.gsub(v, '"', '\\"') .. '"' end
    return tostring(v)
end

local function line(name, tags, fields, time)
    if #tags > 0 then name = name .. "," .. table.concat(tags, ",") end
    return string.format("%s %s %s", name, fields, whole(time))
end

function influxdb_line_msg(config)
    local time = field_util.message_timestamp(config.timestamp_precision)
    local points, tags, prefix = points_and_tags(config)
    local lines, fields = {}, {}
    for _, point in ipairs(points) do
        local value = influx_value(config, point[2])
        if config.multi_fields then
            table.insert(fields, escape_tag(point[1]) .. "=" .. value)
        else
            local field = config.value_field_key .. "=" .. value
            table.insert(lines, line(escape_name(point[1]), tags, field, time))
        end
    end
    if #fields > 0 then
        table.insert(lines, line(escape_name(prefix), tags, table.concat(fields, ","), time))
    end
    return lines
end

return M
