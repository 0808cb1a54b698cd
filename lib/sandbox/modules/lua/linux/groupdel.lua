-- lpeg.linux.groupdel: "group 'admin' removed from /etc/group".
--
-- syslog_grammar makes group_name, and group_dbname where the line has it.

local l = require "lpeg"
l.locale(l)

local M = {}
setfenv(1, M)

syslog_grammar = l.Ct(l.P"group '" * l.Cg((1 - l.P"'")^1, "group_name") * "' removed" *
                      (l.P" from " * l.Cg((1 - l.space)^1, "group_dbname"))^-1)

return M
