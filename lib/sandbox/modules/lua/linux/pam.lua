-- lpeg.linux.pam: what PAM logs, as "pam_unix(login:session): session opened for user
-- ann by LOGIN(uid=1000)".
--
-- syslog_grammar makes pam_module, pam_service, pam_type, pam_action, and of these those
-- that there are: user_name, uid, logname, euid, tty, ruser, rhost, user.

local l      = require "lpeg"
local syslog = require "syslog"
l.locale(l)

local M = {}
setfenv(1, M)

local head = l.Cg((l.alnum + "_")^1, "pam_module") * "(" *
             l.Cg((1 - l.S":) ")^1, "pam_service") * ":" *
             l.Cg((1 - l.S":) ")^1, "pam_type") * "): "

local by     = l.P" by " * (1 - l.P"(")^0 * "(uid=" * l.Cg(syslog.integer, "uid") * ")"
local name   = l.Cg((1 - l.S" (")^1, "user_name") * (l.P"(uid=" * l.digit^1 * ")")^-1
local opened = l.Cg(l.P"session opened", "pam_action") * " for user " * name * by
local closed = l.Cg(l.P"session closed", "pam_action") * " for user " * name

local word = (1 - l.space)^0
local function text(key) return l.P(key) * "=" * l.Cg(word, key) end
local function id(key) return l.P(key) * "=" * l.Cg(syslog.integer, key) end

local failed = l.Cg(l.P"authentication failure", "pam_action") * "; " *
    text"logname" * " " * id"uid" * " " * id"euid" * " " * text"tty" * " " *
    text"ruser" * " " * text"rhost" * l.P" "^0 * text"user"^-1

-- What others can say is not taken apart.
local other = l.Cg((1 - l.S";\n")^1, "pam_action")

syslog_grammar = l.Ct(head * (opened + closed + failed + other))

return M
