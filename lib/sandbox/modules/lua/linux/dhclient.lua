-- lpeg.linux.dhclient: the client of DHCP, as "DHCPREQUEST on eth0 to 10.0.0.1 port 67".
--
-- syslog_grammar makes dhcp_type, dhcp_client_interface, dhcp_server_addr,
-- dhcp_server_port, dhcp_client_interval_seconds, dhcp_client_addr,
-- dhcp_client_renewal_seconds: those that there are.

local ip     = require "ip_address"
local l      = require "lpeg"
local syslog = require "syslog"
l.locale(l)

local M = {}
setfenv(1, M)

local address = ip.v6_field + ip.v4_field
local kind    = l.Cg(l.P"DHCP" * l.upper^1, "dhcp_type")
local seconds = syslog.integer
local server  = l.Cg(address, "dhcp_server_addr")
local of      = (l.P" of " * l.Cg(address, "dhcp_client_addr"))^-1
local on      = l.P" on " * l.Cg(syslog.notspace, "dhcp_client_interface")
local port    = l.P" port " * l.Cg(syslog.integer, "dhcp_server_port")

local sent = kind * of * on * " to " * server * port *
             (l.P" interval " * l.Cg(seconds, "dhcp_client_interval_seconds"))^-1
local received = kind * of * " from " * server
local bound = l.P"bound to " * l.Cg(address, "dhcp_client_addr") * " -- renewal in " *
              l.Cg(seconds, "dhcp_client_renewal_seconds") * " seconds."

syslog_grammar = l.Ct(sent + received + bound)

return M
