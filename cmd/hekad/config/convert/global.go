package convert

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// advice says what to do about options, of any section, that have no counterpart.
var advice = map[string]string{
	"maxprocs":                 "hekad uses all cores",
	"poolsize":                 "there is no pool of messages; queue in [hekad] bounds what waits, in bytes",
	"plugin_chansize":          "queues are bounded in bytes: queue in [hekad]",
	"max_process_inject":       "heka-filter lua has --max-process-inject",
	"max_timer_inject":         "heka-filter lua has --max-timer-inject",
	"max_process_duration":     "loaded filters run as processes of their own; a slow one blocks nobody but by its policy",
	"max_pack_idle":            "hekad tells of nodes that make no progress: /readyz, hekad ps",
	"max_message_size":         "records have 8MiB at most; --max-record and --max-line are flags of the programs",
	"full_buffer_max_retries":  "hekad does not wait for spools at its start",
	"sample_denominator":       "times are not sampled",
	"share_dir":                "scripts that came with Heka are built in; module_dirs in [hekad] names others",
	"pid_file":                 "it is in the folder of state",
	"cpuprof":                  "there is none",
	"memprof":                  "there is none",
	"log_flags":                "logs have the time already",
	"can_exit":                 "a node that fails is started again, and hekad goes on; restarts bounds that",
	"retries":                  "nodes are started again with delays that grow; restarts bounds that",
	"synchronous_decode":       "decoders run within the node",
	"send_decode_failures":     "what can't be decoded goes on, marked with the field heka.error",
	"log_decode_failures":      "what can't be decoded is counted, and marked with the field heka.error",
	"journal_directory":        "positions are in the folder of state; hekad begins anew, see initial_tail",
	"rescan_interval":          "folders are watched",
	"check_data_interval":      "files are watched",
	"flush_interval":           "messages are delivered as they come; for files, --fsync says when they are on disk",
	"flush_count":              "messages are delivered as they come; for files, --fsync says when they are on disk",
	"flush_operator":           "messages are delivered as they come; for files, --fsync says when they are on disk",
	"folder_perm":              "heka-out --mkdir makes folders by the umask",
	"min_buffer_size":          "buffers grow as they need to",
	"keep_truncated":           "long lines are cut at --max-line, and marked",
	"deliver_incomplete_final": "the last line is delivered",
	"timer_event_on_shutdown":  "heka-filter lua calls timer_event at the end; --timer-at-end=false if not",
	"profile":                  "heka-filter lua --explain tells where time goes",
	"script_type":              "scripts are in Lua",
	"keep_alive":               "connections are kept alive",
	"keep_alive_period":        "connections are kept alive",
	"reconnect_after":          "a connection is kept as long as it is good",
	"local_address":            "the system chooses it",
	"tls":                      "give the certificates as flags of the program; see its manual page",
	"use_tls":                  "give the certificates as flags of the program; see its manual page",
	"ticker_interval":          "it has no counterpart here",
	"log_sub_errors":           "what can't be decoded is marked with the field heka.error",
}

// global converts [hekad].
func (c *converter) global(s *section) {
	s.done = true
	put := func(key, value string) { c.hekad = append(c.hekad, key+" = "+value) }
	if dir := s.text("base_dir", ""); dir != "" {
		put("state", quote(path.Join(dir, "hekad")))
		c.note(s, "base_dir",
			"state is a folder below it: positions and buffers of Heka are of no use to hekad")
	}
	if name := s.text("hostname", ""); strings.ContainsAny(name, " \t\r\n") || len(name) > 255 {
		c.note(s, "hostname", "%s is no name of a host; it is left out", printable(name))
	} else if name != "" {
		put("hostname", quote(name))
	}
	if text := s.text("max_message_loops", ""); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n > 100 {
			c.note(s, "max_message_loops", "%s: want 1 to 100", printable(text))
		} else {
			put("max_loops", strconv.Itoa(max(n, 1)))
		}
	}
}

// quote returns s as a string of TOML in which nothing but variables is expanded.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		case r == '$' && i+1 < len(s) && (s[i+1] == '$' || s[i+1] == '{'):
			b.WriteString("$$")
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}
