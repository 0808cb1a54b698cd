-- heka.alert: alerts with an identity, each throttled for itself.
--
--   send(id, summary, detail [, throttle])   injects a message of type "alert" with the
--                                            fields id and summary, detail as its payload;
--                                            false if disabled, empty, or too soon
--   throttled(id [, throttle])               whether an alert would be too soon
--   get_threshold(id)                        what the configuration has for id, else for
--                                            _default_
--   get_dashboard_uri(id [, extension])      where an output of that name is shown
--   thresholds                               all of them
--
-- The option alert is a table: disabled, prefix (puts the Logger before the texts),
-- throttle (minutes, 90), thresholds. The times of the last alerts are in the global
-- _ALERT_TIMES, which is kept over a restart.

local os     = require "os"
local string = require "string"

local _G             = _G
local inject_message = inject_message
local read_config    = read_config
local type           = type

_G._ALERT_TIMES = _G._ALERT_TIMES or {}

local M = {}
setfenv(1, M)

local config = read_config("alert")
if type(config) ~= "table" then config = {} end

local logger  = read_config("Logger") or ""
local minutes = config.throttle or 90

thresholds = config.thresholds or {}

local function filled(s) return type(s) == "string" and s ~= "" end

function get_dashboard_uri(id, extension)
    local name = string.gsub(logger .. "." .. id, "[^%w_%.]", "_")
    return (read_config("dashboard_uri") or "") .. "data/" .. name .. "." .. (extension or "cbuf")
end

function get_threshold(id)
    local v = thresholds[id]
    if v == nil then v = thresholds._default_ end
    return v
end

function throttled(id, throttle)
    local last = _G._ALERT_TIMES[id]
    return last ~= nil and os.time() - last < (throttle or minutes) * 60
end

function send(id, summary, detail, throttle)
    if config.disabled or not (filled(id) and filled(summary) and filled(detail)) or
       throttled(id, throttle) then
        return false
    end
    if config.prefix then
        summary = string.format("[%s] %s", logger, summary)
    end
    inject_message({Type = "alert", Payload = detail, Severity = 1,
                    Fields = {id = id, summary = summary}})
    _G._ALERT_TIMES[id] = os.time()
    return true
end

return M
