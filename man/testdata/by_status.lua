local counts = {}

function process_message()
    local status = read_message("Fields[status]")
    if not status then return -1, "no status" end
    counts[status] = (counts[status] or 0) + 1
    return 0
end

function timer_event(ns)
    for status, n in pairs(counts) do
        add_to_payload(status, "\t", n, "\n")
    end
    inject_payload("tsv", "requests by status")
end
