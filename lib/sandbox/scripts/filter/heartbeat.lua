-- Watches the heartbeats of hosts: any message of a host is one. What comes out at each timer
-- is an object of JSON with one for each host,
--   {"web1":{"last_heartbeat":1415311858257,"status":"up","last_alert":0}, ...}
-- the times in milliseconds, and an alert, Missing Heartbeat - <host>, for each of which there
-- was none for too long.
--
-- config (default)
--   heartbeat_timeout (30)  seconds
--   alert_throttle (300)    seconds between two alerts about one host
--   preservation_version (0)

_PRESERVATION_VERSION = read_config("preservation_version") or 0

require "cjson"
require "math"
require "table"
local alert = require "alert"
alert.set_throttle(0) -- each host has its own

local timeout  = (read_config("heartbeat_timeout") or 30) * 1000
local throttle = (read_config("alert_throttle") or 300) * 1000

hosts = {}

function process_message()
    local now  = math.floor(read_message("Timestamp") / 1e6)
    local name = read_message("Hostname")
    local host = hosts[name]
    if not host then
        host = {last_heartbeat = 0, last_alert = 0}
        hosts[name] = host
    end
    host.last_heartbeat = math.max(host.last_heartbeat, now)
    host.status = "up"
    return 0
end

-- by_name returns the names of the hosts in order.
local function by_name()
    local names = {}
    for name in pairs(hosts) do table.insert(names, name) end
    table.sort(names)
    return names
end

function timer_event(ns)
    local now = math.floor(ns / 1e6)
    for i, name in ipairs(by_name()) do
        local host = hosts[name]
        if now - host.last_heartbeat > timeout then
            host.status = "down"
            if now - host.last_alert > throttle then
                host.last_alert = now
                alert.queue(0, "Missing Heartbeat - " .. name)
            end
        end
    end
    alert.send_queue(ns)
    if next(hosts) then inject_payload("json", "heartbeat", cjson.encode(hosts)) end
end
