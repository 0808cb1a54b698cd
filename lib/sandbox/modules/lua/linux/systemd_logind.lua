-- lpeg.linux.systemd_logind: sessions and seats.
--
-- syslog_grammar makes sd_message, the name systemd has for what happened
-- (SESSION_START, SESSION_STOP, SEAT_START, SEAT_STOP), session_id, session_type (the
-- letter before the number of sessions of cron and greeters), user_id, seat_id.

local l      = require "lpeg"
local syslog = require "syslog"
l.locale(l)

local M = {}
setfenv(1, M)

local function message(name) return l.Cg(l.Cc(name), "sd_message") end
local function word(name) return l.Cg((1 - l.space - l.P"." * (l.space + -1))^1, name) end

local session = l.Cg(l.alpha^1, "session_type")^-1 * l.Cg(syslog.integer, "session_id")

local start = l.P"New session " * session * " of user " * word"user_id" * "." *
              message"SESSION_START"
local stop = (l.P"Removed session " * session * "." +
              l.P"Session " * session * " logged out." * (1 - l.P"\n")^0) *
             message"SESSION_STOP"
local seat_start = l.P"New seat " * word"seat_id" * "." * message"SEAT_START"
local seat_stop  = l.P"Removed seat " * word"seat_id" * "." * message"SEAT_STOP"

syslog_grammar = l.Ct(start + stop + seat_start + seat_stop)

return M
