require "os"

function process_message()
    local status = read_message("Fields[status]")
    if not status then return -2 end        -- nothing for this message, and no error
    add_to_payload(os.date("%H:%M:%S", read_message("Timestamp") / 1e9), " ", status, " ",
        read_message("Fields[request]"), "\n")
    inject_payload()
    return 0
end
