-- sfl4j: the grammar of a log event as Java's SLF4J writes it.
--
--   ERROR [2014-11-21 16:35:59,501] com.example.Queue: could not write
--   ! java.net.SocketTimeoutException: Read timed out
--
-- logevent_grammar makes Level, Timestamp, Class, Message, and Stacktrace: the lines that
-- begin with "!".

local l = require "lpeg"
l.locale(l)

local M = {}
setfenv(1, M)

local level      = l.Cg(l.upper^1, "Level")
local timestamp  = l.P"[" * l.Cg((1 - l.S"]\n")^1, "Timestamp") * "]"
local class      = l.Cg((1 - l.S": \n")^1, "Class") * ":"
local message    = l.Cg((1 - l.P"\n")^0, "Message")
local trace_line = l.P"!" * (1 - l.P"\n")^0 * (l.P"\n" + -1)
local stacktrace = l.Cg(trace_line^1, "Stacktrace")

logevent_grammar = l.Ct(level * l.P" "^1 * timestamp * l.P" "^1 * class * l.P" "^1 * message *
                        (l.P"\n" * stacktrace^-1)^-1)

return M
