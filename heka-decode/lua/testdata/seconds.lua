require "string"

function process_message()
    local line = read_message("Payload")
    local what, seconds = string.match(line, "^(%w+) took ([%d.]+)s")
    if not what then return -1, "not of the form: WHAT took N s" end
    write_message("Type", "took")
    write_message("Fields[what]", what)
    write_message("Fields[seconds]", tonumber(seconds), "s")
    return 0
end
