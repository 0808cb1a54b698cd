function process_message()
    while true do
        local typ, name, value, representation, count = read_next_field()
        if not typ then break end
        add_to_payload(name, " = ", value, " ", representation, "\n")
    end
    inject_payload("txt", "fields")
    return 0
end
