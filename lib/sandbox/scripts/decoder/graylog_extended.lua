-- Decodes messages of Graylog's GELF: timestamp, host, level and version become Timestamp,
-- Hostname, Severity and EnvVersion; all others fields, without the underscore that those of
-- users begin with.
--
-- config (default)
--   type ("gelf")         Type of the messages
--   payload_keep (false)  keep the text as the payload

local cjson = require "cjson"
local util  = require "util"
require "string"

local msg_type     = read_config("type") or "gelf"
local payload_keep = read_config("payload_keep")

local function text_of(value)
    if type(value) == "string" or type(value) == "number" then return tostring(value) end
    return nil
end

local headers = {timestamp = true, host = true, level = true, version = true}

function process_message()
    local text = read_message("Payload")
    local ok, gelf = pcall(cjson.decode, text)
    if not ok or type(gelf) ~= "table" or type(gelf.short_message) ~= "string" then
        return -1, "no GELF"
    end

    local msg = {Type = msg_type, Fields = {}, Payload = payload_keep and text or nil}
    local seconds = tonumber(gelf.timestamp)
    msg.Timestamp  = seconds and seconds * 1e9
    msg.Hostname   = text_of(gelf.host)
    msg.Severity   = tonumber(gelf.level)
    msg.EnvVersion = text_of(gelf.version)

    local flat = {}
    util.table_to_fields(gelf, flat)
    for name, value in pairs(flat) do
        if not headers[name] then msg.Fields[string.gsub(name, "^_", "")] = value end
    end
    inject_message(msg)
    return 0
end
