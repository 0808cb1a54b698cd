-- lpeg.linux.groupadd: "new group: name=admin, GID=1234".
--
-- syslog_grammar makes group_name and gid, and group_file of the lines that name it.

local l      = require "lpeg"
local syslog = require "syslog"
l.locale(l)

local M = {}
setfenv(1, M)

local name = l.P"name=" * l.Cg((1 - l.S", ")^1, "group_name")
local gid  = l.P"GID=" * l.Cg(syslog.integer, "gid")

local new   = l.P"new group: " * name * ", " * gid
local added = l.P"group added to " * l.Cg((1 - l.S": ")^1, "group_file") * ": " * name *
              (l.P", " * gid)^-1

syslog_grammar = l.Ct(new + added)

return M
