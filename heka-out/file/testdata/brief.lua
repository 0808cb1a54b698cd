function process_message()
    local status = read_message("Fields[status]")
    if not status then return -2 end -- nothing to write, and no mistake
    add_to_payload(read_message("Hostname"), " ", status, "\n")
    inject_payload()
    return 0
end
