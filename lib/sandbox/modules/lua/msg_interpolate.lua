-- msg_interpolate: texts with parts of the message that is being processed.
--
-- interpolate_from_msg(text, secs) replaces each %{name}: by the header Type, Logger,
-- Hostname, Pid, UUID, EnvVersion or Severity, else by the field of that name, else by the
-- time, if name is a format of strftime: %{%Y.%m.%d}. secs is that time, in seconds
-- since 1970; nil is now. What is none of these stays as it is.

local os     = require "os"
local string = require "string"

local math_huge    = 1 / 0
local read_message = read_message
local tostring     = tostring
local type         = type

local M = {}
setfenv(1, M)

local headers = {
    Type       = "Type",
    Logger     = "Logger",
    Hostname   = "Hostname",
    Pid        = "Pid",
    UUID       = "Uuid",
    EnvVersion = "EnvVersion",
    Severity   = "Severity",
}

-- written returns a value as text; whole numbers have all their digits.
local function written(v)
    if type(v) == "number" and v % 1 == 0 and v ~= math_huge and v ~= -math_huge then
        return string.format("%.0f", v)
    end
    return tostring(v)
end

local function value_of(name, secs)
    if headers[name] then
        local v = read_message(headers[name])
        return v ~= nil and written(v) or nil
    end
    local v = read_message("Fields[" .. name .. "]")
    if v ~= nil then return written(v) end
    local time = os.date(name, secs)
    if time ~= name then return time end
    return nil
end

function interpolate_from_msg(text, secs)
    local s = string.gsub(text, "%%{(.-)}", function(name) return value_of(name, secs) end)
    return s
end

return M
