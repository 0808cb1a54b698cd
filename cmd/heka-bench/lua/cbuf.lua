-- Additions to a circular buffer, in the order of time.
require "circular_buffer"
local buffer, ns = circular_buffer.new(1440, 3, 60), 0

function process_message()
  for i = 1, 100 do
    ns = ns + 1e8
    buffer:add(ns, i % 3 + 1, 1)
  end
  return 0
end
