-- lpeg.linux.su: "Successful su for root by ann", "+ /dev/pts/0 ann:root",
-- "pam_authenticate: Authentication failure", or what PAM makes.
--
-- syslog_grammar makes su_status, su_name, su_oldname, pty, pam_error.

local l   = require "lpeg"
local pam = require "lpeg.linux.pam"
l.locale(l)

local M = {}
setfenv(1, M)

local word = (1 - l.space)^1

local status = l.Cg(l.P"Successful" + "FAILED", "su_status") * " su for " *
               l.Cg(word, "su_name") * " by " * l.Cg(word, "su_oldname")
local terminal = l.S"+-" * " " * l.Cg(word, "pty") * " " * l.Cg((1 - l.S": ")^1, "su_oldname") *
                 ":" * l.Cg(word, "su_name")
local failure = l.P"pam_authenticate: " * l.Cg((1 - l.P"\n")^1, "pam_error")

syslog_grammar = l.Ct(status + terminal + failure) + pam.syslog_grammar

return M
