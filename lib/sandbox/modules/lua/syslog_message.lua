-- syslog_message: the grammar of a program's messages, by its name in the log.
--
--   get_prog_grammar(name)       CRON, crontab, dhclient, dhcpd, groupadd, groupdel, kernel,
--                                login, named, puppet-agent, sshd, su, sudo, systemd-logind,
--                                useradd; nil for others
--   get_wildcard_grammar(name)   PAM, whose messages come from any program
--
-- They are the syslog_grammar of lpeg.linux.cron and so on.

local require = require

local M = {}
setfenv(1, M)

local programs = {
    CRON               = "cron",
    cron               = "cron",
    crond              = "cron",
    crontab            = "cron",
    dhclient           = "dhclient",
    dhcpd              = "dhcpd",
    groupadd           = "groupadd",
    groupdel           = "groupdel",
    kernel             = "kernel",
    login              = "login",
    named              = "named",
    ["puppet-agent"]   = "puppet_agent",
    sshd               = "sshd",
    su                 = "su",
    sudo               = "sudo",
    ["systemd-logind"] = "systemd_logind",
    useradd            = "useradd",
}

local wildcards = {PAM = "pam"}

local function grammar(name)
    if not name then return nil end
    return require("lpeg.linux." .. name).syslog_grammar
end

function get_prog_grammar(name) return grammar(programs[name]) end

function get_wildcard_grammar(name) return grammar(wildcards[name]) end

return M
