-- alert: alerts that are not sent too often.
--
--   send(ns, text)       sends text as a payload of type "alert"; false if it is empty,
--                        or too soon after the last
--   queue(ns, text)      keeps text for send_queue; false as above
--   send_queue(ns)       sends all that is kept as one, a line each; false if nothing is
--   set_throttle(ns)     the time that two alerts are apart at least; at first an hour
--   throttled(ns)        whether an alert would be too soon
--
-- ns is the time now; 0 sends in any case. The time of the last alert is the global
-- _LAST_ALERT, which is kept over a restart.

local table = require "table"

local _G             = _G
local inject_payload = inject_payload

_G._LAST_ALERT = _G._LAST_ALERT or 0

local M = {}
setfenv(1, M)

local throttle = 3600e9
local kept     = {}

local function refused(ns, text)
    return text == nil or text == "" or throttled(ns)
end

function throttled(ns)
    return ns ~= 0 and ns - _G._LAST_ALERT <= throttle
end

function set_throttle(ns)
    throttle = ns
end

function queue(ns, text)
    if refused(ns, text) then return false end
    table.insert(kept, text)
    return true
end

function send(ns, text)
    if refused(ns, text) then return false end
    inject_payload("alert", "", text)
    if ns > _G._LAST_ALERT then _G._LAST_ALERT = ns end
    return true
end

function send_queue(ns)
    local text = table.concat(kept, "\n")
    kept = {}
    return send(ns, text)
end

return M
