require "hyperloglog"
seen = hyperloglog.new()                    -- a global: kept by --preserve

function process_message()
    seen:add(read_message("Fields[remote_addr]"))
    return 0
end

function timer_event(ns)
    inject_payload("txt", "visitors", seen:count(), " visitors\n")
end
