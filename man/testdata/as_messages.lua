local bytes = 0

function process_message()
    bytes = bytes + (read_message("Fields[body_bytes_sent]") or 0)
    return 0
end

function timer_event(ns)
    inject_message({
        Timestamp = ns,
        Type = "traffic",
        Fields = { bytes = {value = bytes, representation = "B"} },
    })
    bytes = 0
end
