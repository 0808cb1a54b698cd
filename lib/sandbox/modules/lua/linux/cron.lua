-- lpeg.linux.cron: cron and crontab, as "(root) CMD (run-parts /etc/cron.hourly)".
--
-- syslog_grammar makes cron_username, cron_event, cron_detail, or what PAM makes.

local l   = require "lpeg"
local pam = require "lpeg.linux.pam"
l.locale(l)

local M = {}
setfenv(1, M)

-- The detail ends with the last parenthesis.
local detail = (1 - l.P")" * l.space^0 * -1)^0

local event = l.Ct(l.P"(" * l.Cg((1 - l.P")")^1, "cron_username") * ") " *
                   l.Cg((1 - l.P" (")^1, "cron_event") * " (" *
                   l.Cg(detail, "cron_detail") * ")")

syslog_grammar = event + pam.syslog_grammar

return M
