-- lpeg.linux.login: "FAILED LOGIN (1) on '/dev/tty1' FOR 'root', Authentication failure",
-- "ROOT LOGIN on '/dev/tty1'", or what PAM makes.
--
-- syslog_grammar makes failcount, tty, user, pam_error: those that there are.

local l      = require "lpeg"
local pam    = require "lpeg.linux.pam"
local syslog = require "syslog"
l.locale(l)

local M = {}
setfenv(1, M)

local function quoted(name) return l.P"'" * l.Cg((1 - l.P"'")^0, name) * "'" end

local failed = l.P"FAILED LOGIN (" * l.Cg(syslog.integer, "failcount") * ") on " *
               quoted"tty" * " FOR " * (quoted"user" + l.P"UNKNOWN") * ", " *
               l.Cg((1 - l.P"\n")^0, "pam_error")
local root = l.Cg(l.P"ROOT" / "root", "user") * " LOGIN" * l.P" "^1 * "on " * quoted"tty"

syslog_grammar = l.Ct(failed + root) + pam.syslog_grammar

return M
