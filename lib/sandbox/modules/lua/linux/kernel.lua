-- lpeg.linux.kernel: packets that netfilter logs, and processes that fault.
--
-- syslog_grammar makes monotonic_timestamp (seconds), and
--   of packets   nf_prefix (what the rule says), nf_in_interface, nf_out_interface,
--                nf_dst_mac, nf_src_mac, nf_type_mac, nf_src_ip, nf_dst_ip, nf_len, nf_tos,
--                nf_prec, nf_ttl, nf_id, nf_df, nf_tc, nf_hoplimit, nf_flowlbl, nf_protocol,
--                nf_spt, nf_dpt, nf_udp_len, nf_window, nf_res, nf_urgp, nf_tcp_ack and the
--                other flags, nf_icmp_type, nf_icmpv6_type, ..., nf_uid, nf_gid, nf_mark
--   of faults    fault_process_name, fault_process_pid, fault_type, fault_at,
--                fault_instruction_pointer, fault_stack_pointer, fault_error_bits, fault_in

local ip     = require "ip_address"
local l      = require "lpeg"
local string = require "string"
local syslog = require "syslog"
l.locale(l)

local ipairs   = ipairs
local tonumber = tonumber

local M = {}
setfenv(1, M)

local timestamp = l.P"[" * l.P" "^0 * l.Cg(syslog.float, "monotonic_timestamp") * "] "

local octet   = l.xdigit * l.xdigit
local octets6 = octet * ":" * octet * ":" * octet * ":" * octet * ":" * octet * ":" * octet
local address = ip.v6_field + ip.v4_field
local word    = (1 - l.space)^0
local integer = syslog.integer

local function value(key, p, name) return l.P(key) * "=" * l.Cg(p, name) * l.P" "^-1 end

-- flags returns the pattern of words that stand alone: true under their name.
local function flags(prefix, words)
    local p = l.P(false)
    for _, w in ipairs(words) do
        p = p + l.P(w) * l.Cg(l.Cc(true), prefix .. string.lower(w)) * (l.P" " + -1)
    end
    return p
end

local mac = l.P"MAC=" * (l.Cg(octets6, "nf_dst_mac") * ":" * l.Cg(octets6, "nf_src_mac") * ":" *
            l.Cg(octet * (l.P":" * octet)^0, "nf_type_mac") + word) * l.P" "^-1

local header = value("TOS", word, "nf_tos") + value("PREC", word, "nf_prec") +
    value("TTL", integer, "nf_ttl") + value("TC", integer, "nf_tc") +
    value("HOPLIMIT", integer, "nf_hoplimit") + value("FLOWLBL", integer, "nf_flowlbl") +
    value("LEN", integer, "nf_len") + value("ID", integer, "nf_id") +
    flags("nf_", {"CE", "DF", "MF"}) + value("FRAG", integer, "nf_frag") +
    value("OPT", l.P"(" * (1 - l.P")")^0 * ")", "nf_opt")

local ports = value("SPT", integer, "nf_spt") + value("DPT", integer, "nf_dpt")

local tcp = ports + value("SEQ", integer, "nf_seq") + value("ACK", integer, "nf_ack") +
    value("WINDOW", integer, "nf_window") + value("RES", word, "nf_res") +
    value("URGP", integer, "nf_urgp") +
    flags("nf_tcp_", {"CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN"}) +
    value("OPT", l.P"(" * (1 - l.P")")^0 * ")", "nf_tcp_opt")

local udp = ports + value("LEN", integer, "nf_udp_len")

local function icmp(prefix)
    return value("TYPE", integer, prefix .. "type") + value("CODE", integer, prefix .. "code") +
           value("ID", integer, prefix .. "id") + value("SEQ", integer, prefix .. "seq") +
           value("MTU", integer, prefix .. "mtu") +
           value("PARAMETER", integer, prefix .. "parameter") +
           value("GATEWAY", address, prefix .. "gateway") +
           l.P"[" * (1 - l.P"] ")^0 * "] " -- the packet that it is about
end

local owner = value("UID", integer, "nf_uid") + value("GID", integer, "nf_gid") +
              value("MARK", word, "nf_mark")

local function protocol(name, fields)
    return l.P"PROTO=" * l.Cg(l.P(name) * #(l.P" " + -1), "nf_protocol") * l.P" "^-1 *
           (fields + owner)^0
end

local payload = protocol("TCP", tcp) + protocol("UDPLITE", udp) + protocol("UDP", udp) +
    protocol("ICMPv6", icmp"nf_icmpv6_") + protocol("ICMP", icmp"nf_icmp_") +
    protocol(l.P"" * word, ports)

local interfaces = value("IN", word, "nf_in_interface") * value("OUT", word, "nf_out_interface") *
    (value("PHYSIN", word, "nf_physin") + value("PHYSOUT", word, "nf_physout"))^0

local packet = l.Cg((1 - l.P"IN=")^0, "nf_prefix") * interfaces * mac^-1 *
    value("SRC", address, "nf_src_ip") * value("DST", address, "nf_dst_ip") *
    header^0 * payload

local function hex(s) return tonumber(s, 16) end

local fault = l.Cg((1 - l.S"[\n")^1, "fault_process_name") * "[" *
    l.Cg(l.digit^1, "fault_process_pid") * "]: " *
    l.Cg((1 - l.P" at ")^1, "fault_type") * " at " *
    l.Cg(l.xdigit^1 / hex, "fault_at") * " ip " *
    l.Cg(l.xdigit^1, "fault_instruction_pointer") * " sp " *
    l.Cg(l.xdigit^1, "fault_stack_pointer") * " error " *
    l.Cg(integer, "fault_error_bits") * (l.P" in " * l.Cg(word, "fault_in"))^-1

syslog_grammar = l.Ct(timestamp^-1 * (packet + fault))

return M
