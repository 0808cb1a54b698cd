function process_message()
    total = total + 1
    return 0
end
