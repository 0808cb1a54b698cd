require "string"

function process_message()
    local ip = read_message("Fields[remote_addr]")
    if ip then write_message("Fields[remote_addr]", (string.gsub(ip, "%d+$", "x"))) end
    if read_message("Fields[http_user_agent]") then
        write_message("Fields[http_user_agent]", nil)
    end
    write_message("Payload", "")
    return 0
end
