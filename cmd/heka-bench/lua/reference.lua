-- Usage: lua5.1 reference.lua SCRIPT MESSAGES SECONDS: calls process_message of SCRIPT for
-- the messages of the file MESSAGES, over and over, and prints how many calls there are
-- in a second of the processor; "absent" if a module of the script is not installed.
local script, messages, seconds = arg[1], dofile(arg[2]), tonumber(arg[3])
local current
function read_message(name) return current[name] end

local ok, why = pcall(dofile, script)
if not ok then
  if not tostring(why):find("module '.-' not found") then error(why, 0) end
  print "absent"
  return
end
local process_message, clock = process_message, os.clock
local calls, began = 0, clock()
repeat
  for _ = 1, 100 do
    calls = calls + 1
    current = messages[calls % #messages + 1]
    if process_message() ~= 0 then error "process_message() failed" end
  end
until clock() - began >= seconds
print(calls / (clock() - began))
