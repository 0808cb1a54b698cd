require "string"

function process_message()
    for word in string.gmatch(read_message("Payload"), "%S+") do
        inject_message({Payload = word})
    end
    return 0
end
