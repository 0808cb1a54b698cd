-- lpeg.linux.useradd: "new user: name=ann, UID=1001, GID=1001, home=/home/ann,
-- shell=/bin/sh", "new group: ...", "add 'ann' to group 'staff'".
--
-- syslog_grammar makes user_name, uid, gid, user_home, user_shell, group_name.

local groupadd = require "lpeg.linux.groupadd"
local l        = require "lpeg"
local syslog   = require "syslog"
l.locale(l)

local M = {}
setfenv(1, M)

local function text(key, name) return l.P(key) * "=" * l.Cg((1 - l.P",")^0, name) end
local function id(key, name) return l.P(key) * "=" * l.Cg(syslog.integer, name) end
local function quoted(name) return l.P"'" * l.Cg((1 - l.P"'")^1, name) * "'" end

local user = l.P"new user: " * text("name", "user_name") * ", " * id("UID", "uid") * ", " *
             id("GID", "gid") * ", " * text("home", "user_home") * ", " *
             l.P"shell=" * l.Cg((1 - l.S", \n")^0, "user_shell")

local member = l.P"add " * quoted"user_name" * " to " * l.P"shadow "^-1 * "group " *
               quoted"group_name"

syslog_grammar = l.Ct(user + member) + groupadd.syslog_grammar

return M
