-- lpeg.linux.named: BIND's daemon.
--
-- syslog_grammar makes, of the lines it knows, those there are of dns_error, dns_name,
-- dns_type, dns_class, dns_domain, dns_view, dns_addr, dns_port, dns_client_addr,
-- dns_client_port, dns_client_signer, dns_serial, dns_clients_per_query, dns_message.

local ip     = require "ip_address"
local l      = require "lpeg"
local syslog = require "syslog"
l.locale(l)

local M = {}
setfenv(1, M)

local address = ip.v6_field + ip.v4_field
local server  = l.Cg(address, "dns_addr") * "#" * l.Cg(syslog.integer, "dns_port")
local client  = l.Cg(address, "dns_client_addr") * "#" * l.Cg(syslog.integer, "dns_client_port")
local message = l.Cg((1 - l.P"\n")^0, "dns_message")

-- name/TYPE/CLASS
local function name(stops)
    local part = (1 - l.S("/ " .. stops))^1
    return l.Cg(part, "dns_name") *
           (l.P"/" * l.Cg(part, "dns_type") * (l.P"/" * l.Cg(part, "dns_class"))^-1)^-1
end
local quoted = l.P"'" * name"'" * "'"
local within = l.P" (in '" * l.Cg((1 - l.P"'")^1, "dns_domain") * "'?)"

local resolving = l.P" resolving "

local success = l.P"success" * resolving * quoted * within^-1 * " after " * message

local format_error = l.Cg(l.P"DNS format error", "dns_error") * " from " * server *
    resolving * name":" * (l.P" for client " * client)^-1 * ": " * message

local failure = l.Cg((1 - resolving)^1, "dns_error") * resolving * quoted * within^-1 *
    ": " * server

local signer = l.P"/key " * l.Cg((1 - l.S" (:")^1, "dns_client_signer")
local view   = l.P"view " * l.Cg((1 - l.S": ")^1, "dns_view") * ": "
local queried = l.P"client " * (l.P"@0x" * l.xdigit^1 * " ")^-1 * client * signer^-1 *
    (l.P" (" * l.Cg((1 - l.P")")^1, "dns_name") * ")")^-1 * ": " * view^-1 * message

local part = (1 - l.S"/: ")^1
local serial = l.P" (serial " * l.Cg(syslog.integer, "dns_serial") * ")"
local zone = l.P"zone " * l.Cg(part, "dns_domain") * "/" * l.Cg(part, "dns_class") *
    (l.P"/" * l.Cg(part, "dns_view"))^-1 * ": " *
    l.Cg((1 - (serial + "\n"))^0, "dns_message") * serial^-1

local clients = l.P"clients-per-query " * (l.P"increased" + "decreased") * " to " *
    l.Cg(syslog.integer, "dns_clients_per_query")

syslog_grammar = l.Ct(queried + zone + clients + success + format_error + failure)

return M
