local started = {}
local most = 1000                           -- what may wait for its end
local waiting = 0

function process_message()
    local id, event = read_message("Fields[id]"), read_message("Fields[event]")
    if event == "begin" then
        if waiting >= most then started, waiting = {}, 0 end
        started[id] = {read_message("Timestamp"), read_message("Fields[queue]")}
        waiting = waiting + 1
    elseif event == "end" and started[id] then
        local begin, queue = unpack(started[id])
        started[id], waiting = nil, waiting - 1
        inject_message({
            Type = "job",
            Fields = {
                id = id, queue = queue,
                seconds = {value = (read_message("Timestamp") - begin) / 1e9, representation = "s"},
            },
        })
    end
    return 0
end
