local slowest = 0

function process_message()
    local seconds = read_message("Fields[request_time]") or 0
    if seconds > slowest then
        slowest = seconds
        add_to_payload(seconds, "\t", read_message("Fields[request]"), "\n")
    end
    return 0
end

function timer_event(ns)
    inject_payload("tsv", "records")
end
