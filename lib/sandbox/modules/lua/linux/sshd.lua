-- lpeg.linux.sshd: "Accepted publickey for ann from 10.0.0.7 port 4242 ssh2", "Received
-- disconnect from 10.0.0.7: 11: bye", or what PAM makes.
--
-- syslog_grammar makes sshd_authmsg, sshd_method, remote_user, remote_addr, remote_port,
-- sshd_key (what stands behind ssh2), disconnect_reason, disconnect_msg.

local ip     = require "ip_address"
local l      = require "lpeg"
local pam    = require "lpeg.linux.pam"
local syslog = require "syslog"
l.locale(l)

local M = {}
setfenv(1, M)

local from = l.Cg(ip.host_field, "remote_addr")
local from_address = l.Cg(ip.v6_field + ip.v4_field, "remote_addr")
local port = l.P" port " * l.Cg(syslog.integer, "remote_port")
local word = (1 - l.space)^1

-- A name may have blanks in it: it ends at the last "from" that an address follows.
local user = (1 - l.P" from " * ip.host * " port ")^0

local login = l.Cg(l.P"Accepted" + "Failed" + "Postponed" + "Partial", "sshd_authmsg") * " " *
              l.Cg(word, "sshd_method") * " for " * (l.P"invalid user " + "illegal user ")^-1 *
              l.Cg(user, "remote_user") * " from " * from * port *
              l.P" ssh2"^-1 * (l.P": " * l.Cg((1 - l.P"\n")^1, "sshd_key"))^-1

local disconnect = l.P"Received disconnect from " * from_address * port^-1 * l.P":" * l.P" "^-1 *
                   l.Cg(syslog.integer, "disconnect_reason") * ": " *
                   l.Cg((1 - l.P"\n")^0, "disconnect_msg")

local invalid = l.Cg(l.P"Invalid user" + "Illegal user", "sshd_authmsg") * " " *
                l.Cg((1 - l.P" from ")^0, "remote_user") * " from " * from * port^-1

local closed = l.Cg(l.P"Connection closed" + "Connection reset" + "Disconnected",
                    "sshd_authmsg") * (l.P" by " + " from ") *
               ((l.P"authenticating " + "invalid ")^-1 * "user " *
                l.Cg(word, "remote_user") * " ")^-1 * from_address * port^-1

syslog_grammar = l.Ct(login + disconnect + invalid + closed) + pam.syslog_grammar

return M
