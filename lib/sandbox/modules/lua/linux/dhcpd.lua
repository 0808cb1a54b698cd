-- lpeg.linux.dhcpd: the server of DHCP, as "DHCPACK to 10.0.0.7 (aa:bb:cc:dd:ee:ff) via
-- eth0".
--
-- syslog_grammar makes dhcp_type, dhcp_client_addr, dhcp_client_hw_addr,
-- dhcp_client_name, dhcp_source, dhcp_message: those that there are.

local ip     = require "ip_address"
local l      = require "lpeg"
local syslog = require "syslog"
l.locale(l)

local M = {}
setfenv(1, M)

local address = l.Cg(ip.v6_field + ip.v4_field, "dhcp_client_addr")
local mac     = l.Cg(syslog.commonmac, "dhcp_client_hw_addr")
local named   = l.P"(" * l.Cg((1 - l.P")")^1, "dhcp_client_name") * ")"
local client  = mac + address
local words   = (l.P" for" + " from" + " to" + " on") * " " * client

local kind    = l.Cg(l.P"DHCP" * l.upper^1, "dhcp_type")
local source  = l.P" via " * l.Cg((1 - l.S": ")^1, "dhcp_source")
local message = l.P": " * l.Cg(l.P(1)^1, "dhcp_message")

syslog_grammar = l.Ct(kind * words^1 * (l.P" (" * mac * ")")^-1 * (l.P" " * named)^-1 *
                      words^0 * (l.P" (" * mac * ")")^-1 * (l.P" " * named)^-1 *
                      source^-1 * message^-1)

return M
