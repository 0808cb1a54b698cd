_PRESERVATION_VERSION = 1                   -- another number: start anew
total = total or 0                          -- a global: kept by --preserve

function process_message()
    total = total + 1
    return 0
end

function timer_event(ns)
    inject_payload("txt", "total", total, " lines so far\n")
end
