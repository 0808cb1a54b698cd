local alert = require "alert"
local limit = read_config("limit") or 10
alert.set_throttle(300 * 1e9)               -- one alert in five minutes at most

local errors = 0

function process_message()
    if read_message("Fields[status]") >= 500 then errors = errors + 1 end
    return 0
end

function timer_event(ns)
    if errors >= limit then
        alert.send(ns, errors .. " requests failed")
    end
    errors = 0
end
