-- Decodes objects of JSON: members become fields, nested ones a.b.
--
-- config (default)
--   type ("json")           Type of the messages
--   payload_keep (false)    keep the text as the payload
--   map_fields (false)      let members make headers, as the next eight say
--   Payload, Uuid, Type, Logger, Hostname, Severity, EnvVersion, Pid, Timestamp (nil)
--                           names of the members, nested ones as a.b
--   timestamp_format (nil)  of the Timestamp, as for strftime; else it is in nanoseconds
--   maximum_depth (nil)     nested deeper, members become texts of JSON
--   separator (".")         between the names

local cjson = require "cjson"
local dt    = require "date_time"
local util  = require "util"

local msg_type      = read_config("type") or "json"
local payload_keep  = read_config("payload_keep")
local map_fields    = read_config("map_fields")
local maximum_depth = read_config("maximum_depth")
local separator     = read_config("separator") or "."

local texts   = {"Payload", "Uuid", "Type", "Logger", "Hostname", "EnvVersion"}
local numbers = {"Severity", "Pid"}

local time_member = read_config("Timestamp")
local time_grammar
if read_config("timestamp_format") then
    time_grammar = dt.build_strftime_grammar(read_config("timestamp_format"))
end

local function to_ns(value)
    if not time_grammar then return tonumber(value) end
    local t = time_grammar:match(tostring(value))
    return t and dt.time_to_ns(t)
end

-- take takes away the member of fields that a header is made of.
local function take(fields, header)
    local name = read_config(header)
    local value = name and fields[name]
    if value == nil then return nil end
    fields[name] = nil
    return value
end

-- map makes headers of msg of its fields; it returns what is wrong, if anything is.
local function map(msg)
    for _, header in ipairs(texts) do
        local value = take(msg.Fields, header)
        if value ~= nil then msg[header] = tostring(value) end
    end
    for _, header in ipairs(numbers) do
        local value = take(msg.Fields, header)
        if value ~= nil then
            msg[header] = tonumber(value)
            if not msg[header] then return header .. " is no number" end
        end
    end
    local value = take(msg.Fields, "Timestamp")
    if value ~= nil then
        msg.Timestamp = to_ns(value)
        if not msg.Timestamp then return "Timestamp is no time" end
    end
    return nil
end

function process_message()
    local text = read_message("Payload")
    local ok, object = pcall(cjson.decode, text)
    if not ok or type(object) ~= "table" then return -1, "no object of JSON" end

    local msg = {Type = msg_type, Fields = {}, Payload = payload_keep and text or nil}
    util.table_to_fields(object, msg.Fields, nil, separator, maximum_depth)
    local wrong = map_fields and map(msg)
    if wrong then return -1, wrong end
    inject_message(msg)
    return 0
end
