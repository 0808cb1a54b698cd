-- lpeg.openssh_portable: what OpenSSH's sshd logs, as formats for lpeg.printf.
--
-- printf_messages is the list for load_messages. Fields: authmsg, method, user,
-- ssh_remote_ipaddr, ssh_remote_port, extra, and those of single messages.

local ip = require "ip_address"
local l  = require "lpeg"
l.locale(l)

local M = {}
setfenv(1, M)

local address = l.Cg(ip.v6_field + ip.v4_field, "ssh_remote_ipaddr")
local authmsg = l.Cg(l.P"Accepted" + "Failed" + "Postponed" + "Partial", "authmsg")
local method  = l.Cg((1 - l.S" /")^1, "method") * (l.P"/" * l.Cg((1 - l.space)^1, "submethod"))^-1
local invalid = (l.P"invalid user " + "illegal user ")^-1
local user    = l.Cg((1 - (l.P" from " * ip.host * " port "))^0, "user")
local port    = "ssh_remote_port"

printf_messages = {
    {"%s %s for %s%s from %s port %d ssh2%s", authmsg, method, invalid, user, address, port,
        "extra"},
    {"Invalid user %s from %s port %d", "user", address, port},
    {"Invalid user %s from %s", "user", address},
    {"User %s from %s not allowed because %s", "user", "host", "reason"},
    {"Connection from %s port %d on %s port %d", address, port, "local_ipaddr", "local_port"},
    {"Connection from %s port %d", address, port},
    {"Connection closed by authenticating user %s %s port %d", "user", address, port},
    {"Connection closed by authenticating user %s %s port %d [preauth]", "user", address, port},
    {"Connection closed by invalid user %s %s port %d [preauth]", "user", address, port},
    {"Connection closed by %s port %d", address, port},
    {"Connection closed by %s port %d [preauth]", address, port},
    {"Connection closed by %s", address},
    {"Connection closed by %s [preauth]", address},
    {"Connection reset by %s port %d", address, port},
    {"Connection reset by %s port %d [preauth]", address, port},
    {"Received disconnect from %s port %d:%d: %s", address, port, "code", "reason"},
    {"Received disconnect from %s: %d: %s", address, "code", "reason"},
    {"Disconnected from user %s %s port %d", "user", address, port},
    {"Disconnected from authenticating user %s %s port %d [preauth]", "user", address, port},
    {"Disconnected from invalid user %s %s port %d [preauth]", "user", address, port},
    {"Disconnected from %s port %d", address, port},
    {"Disconnected from %s port %d [preauth]", address, port},
    {"Disconnecting: %s", "reason"},
    {"error: maximum authentication attempts exceeded for %s%s from %s port %d ssh2%s", invalid,
        user, address, port, "extra"},
    {"Did not receive identification string from %s port %d", address, port},
    {"Did not receive identification string from %s", address},
    {"Bad protocol version identification '%s' from %s port %d", "identification", address, port},
    {"Unable to negotiate with %s port %d: %s", address, port, "reason"},
    {"Timeout, client not responding from user %s %s port %d", "user", address, port},
    {"Starting session: %s for %s from %s port %d id %d", "session", "user", address, port, "id"},
    {"Server listening on %s port %d.", "local_ipaddr", "local_port"},
    {"Received signal %d; terminating.", "signal"},
    {"subsystem request for %s by user %s", "subsystem", "user"},
    {"reverse mapping checking getaddrinfo for %s [%s] failed.", "host", address},
    {"Address %s maps to %s, but this does not map back to the address.", address, "host"},
}

return M
