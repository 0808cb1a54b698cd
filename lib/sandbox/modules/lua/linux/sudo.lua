-- lpeg.linux.sudo: "ann : TTY=pts/0 ; PWD=/home/ann ; USER=root ; COMMAND=/bin/ls", or
-- what PAM makes.
--
-- syslog_grammar makes sudo_message (who, and what went wrong), sudo_tty, sudo_pwd,
-- sudo_user, sudo_group, sudo_tsid, sudo_env, sudo_command: those that there are.

local l   = require "lpeg"
local pam = require "lpeg.linux.pam"
l.locale(l)

local ipairs = ipairs

local M = {}
setfenv(1, M)

local value = (1 - (l.P" ; " + "\n"))^0

local setting = l.P"COMMAND=" * l.Cg((1 - l.P"\n")^0, "sudo_command")
for _, s in ipairs{{"TTY", "sudo_tty"}, {"PWD", "sudo_pwd"}, {"USER", "sudo_user"},
                   {"GROUP", "sudo_group"}, {"TSID", "sudo_tsid"}, {"ENV", "sudo_env"}} do
    setting = setting + l.P(s[1]) * "=" * l.Cg(value, s[2])
end

-- ann : 3 incorrect password attempts ; TTY=pts/0 ; ...
local message = l.Cg((1 - (l.P" " * l.S":;" * " " * l.upper^1 * "="))^1, "sudo_message")

local command = l.Ct(message * " " * l.S":;" * " " * setting * (l.P" ; " * setting)^0)

syslog_grammar = pam.syslog_grammar + command

return M
