-- Requests that took longer than `limit` seconds.
local limit = read_config("limit") or 1
local count = 0

function process_message()
    if (read_message("Fields[request_time]") or 0) > limit then
        count = count + 1
    end
    return 0
end

function timer_event(ns)
    inject_payload("txt", "slow", count, " requests took longer than ", limit, " s\n")
    count = 0
end
