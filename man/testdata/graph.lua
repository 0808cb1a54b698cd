require "circular_buffer"
require "math"

local cb = circular_buffer.new(3, 2, 60)    -- 3 rows of 60 seconds, 2 columns
local OK, FAILED = cb:set_header(1, "ok"), cb:set_header(2, "failed")

function process_message()
    local failed = read_message("Fields[status]") >= 500
    cb:add(read_message("Timestamp"), failed and FAILED or OK, 1)
    return 0
end

function timer_event(ns)
    inject_payload("cbuf", "requests", cb)
end
