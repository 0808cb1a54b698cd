// Package modules holds the modules in Lua that every sandbox can require: grammars
// of logs, alerts, annotations, encoders' helpers. Find gives the source of one by the
// name that Heka had for it (date_time) or a later one (lpeg.date_time).
//
// Each file says in its first comment what it exports. They run under stock Lua 5.1
// with LPeg and cjson as well; what they want of a sandbox (read_message,
// inject_payload, ...) they take from the globals when they are loaded.
package modules

import (
	"embed"
	"maps"
	"slices"
)

//go:embed lua
var files embed.FS

// names gives the file of each name.
var names = map[string]string{
	"alert":             "alert.lua",
	"annotation":        "annotation.lua",
	"anomaly":           "anomaly.lua",
	"bind":              "bind.lua",
	"cbufd":             "cbufd.lua",
	"common_log_format": "common_log_format.lua",
	"date_time":         "date_time.lua",
	"elasticsearch":     "elasticsearch.lua",
	"escape_sequences":  "escape_sequences.lua",
	"field_util":        "field_util.lua",
	"graphite":          "graphite.lua",
	"ip_address":        "ip_address.lua",
	"logfmt":            "logfmt.lua",
	"msg_interpolate":   "msg_interpolate.lua",
	"mysql":             "mysql.lua",
	"postfix":           "postfix.lua",
	"printf":            "printf.lua",
	"sfl4j":             "sfl4j.lua",
	"syslog":            "syslog.lua",
	"syslog_message":    "syslog_message.lua",
	"ts_line_protocol":  "ts_line_protocol.lua",
	"uri":               "uri.lua",
	"util":              "util.lua",

	"heka.alert":           "heka/alert.lua",
	"heka.annotation":      "annotation.lua",
	"heka.anomaly":         "anomaly.lua",
	"heka.elasticsearch":   "elasticsearch.lua",
	"heka.field_util":      "field_util.lua",
	"heka.graphite":        "graphite.lua",
	"heka.msg_interpolate": "msg_interpolate.lua",
	"heka.util":            "heka/util.lua",

	"lpeg.bind":              "bind.lua",
	"lpeg.cbufd":             "cbufd.lua",
	"lpeg.common_log_format": "common_log_format.lua",
	"lpeg.date_time":         "date_time.lua",
	"lpeg.escape_sequences":  "escape_sequences.lua",
	"lpeg.ip_address":        "ip_address.lua",
	"lpeg.logfmt":            "logfmt.lua",
	"lpeg.mysql":             "lpeg/mysql.lua",
	"lpeg.openssh_portable":  "lpeg/openssh_portable.lua",
	"lpeg.postfix":           "postfix.lua",
	"lpeg.printf":            "printf.lua",
	"lpeg.sendmail":          "lpeg/sendmail.lua",
	"lpeg.sfl4j":             "sfl4j.lua",
	"lpeg.syslog":            "syslog.lua",
	"lpeg.syslog_message":    "syslog_message.lua",
	"lpeg.uri":               "uri.lua",

	"lpeg.linux.cron":           "linux/cron.lua",
	"lpeg.linux.dhclient":       "linux/dhclient.lua",
	"lpeg.linux.dhcpd":          "linux/dhcpd.lua",
	"lpeg.linux.groupadd":       "linux/groupadd.lua",
	"lpeg.linux.groupdel":       "linux/groupdel.lua",
	"lpeg.linux.kernel":         "linux/kernel.lua",
	"lpeg.linux.login":          "linux/login.lua",
	"lpeg.linux.named":          "linux/named.lua",
	"lpeg.linux.pam":            "linux/pam.lua",
	"lpeg.linux.puppet_agent":   "linux/puppet_agent.lua",
	"lpeg.linux.sshd":           "linux/sshd.lua",
	"lpeg.linux.su":             "linux/su.lua",
	"lpeg.linux.sudo":           "linux/sudo.lua",
	"lpeg.linux.systemd_logind": "linux/systemd_logind.lua",
	"lpeg.linux.useradd":        "linux/useradd.lua",

	"lsb.stats": "lsb/stats.lua",
	"lsb.util":  "lsb/util.lua",
}

// Find returns the source of the module that require calls name, and the name of its
// file as errors have it: lpeg/mysql.lua.
func Find(name string) (source, file string, ok bool) {
	file, ok = names[name]
	if !ok {
		return "", "", false
	}
	b, err := files.ReadFile("lua/" + file)
	if err != nil {
		panic("modules: no file " + file)
	}
	return string(b), file, true
}

// Names returns all names that Find knows, in order.
func Names() []string {
	return slices.Sorted(maps.Keys(names))
}
