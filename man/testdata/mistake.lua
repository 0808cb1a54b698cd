function process_message()
    total = total + read_message("Fields[body_bytes_sent]")
    return 0
end
