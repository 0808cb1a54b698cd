-- heka.util: tables made messages.
--
--   table_to_fields(t, fields, parent, separator, max_depth)     as that of util
--   behead_array(index, array)                                   as that of util
--   table_to_message(t, map, message, parent)
--       puts the values of t into a message and returns it. map says where those of a name
--       go: {header = "Timestamp"}, or {field = , type = , representation = }, where type
--       is string, bytes, int, double or boolean. Others go to the header of their name, or
--       to the field of it, a nested one under the way to it: "a.b".

local util = require "util"

local pairs    = pairs
local tonumber = tonumber
local tostring = tostring
local type     = type

local M = {}
setfenv(1, M)

table_to_fields = util.table_to_fields
behead_array    = util.behead_array

local headers = {Uuid = true, Timestamp = true, Type = true, Logger = true, Severity = true,
                 Payload = true, EnvVersion = true, Pid = true, Hostname = true}

local value_types = {string = 0, bytes = 1, int = 2, double = 3, boolean = 4}

local function boolean(v)
    if v == "false" or v == 0 or v == "" then return false end
    return v and true or false
end

local converters = {string = tostring, bytes = tostring, int = tonumber, double = tonumber,
                    boolean = boolean}

-- mapped returns a value as what the map m has for it.
local function mapped(m, v)
    local convert = converters[m.type]
    if convert and type(v) ~= "table" then v = convert(v) end
    if not (m.type or m.representation) then return v end
    return {value = v, value_type = value_types[m.type], representation = m.representation}
end

local function put(message, m, name, v)
    if m and m.header then
        message[m.header] = v
    elseif m and m.field then
        message.Fields[m.field] = mapped(m, v)
    elseif headers[name] then
        message[name] = v
    else
        message.Fields[name] = v
    end
end

function table_to_message(t, map, message, parent)
    message = message or {}
    message.Fields = message.Fields or {}
    for k, v in pairs(t) do
        local name = tostring(k)
        if parent then name = parent .. "." .. name end
        local m = map and map[k]
        if type(v) == "table" and v[1] == nil then
            table_to_message(v, m, message, name)
        else
            put(message, m, name, v)
        end
    end
    return message
end

return M
