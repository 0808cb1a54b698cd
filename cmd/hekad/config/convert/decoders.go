package convert

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// decoders returns the commands behind a source for its decoder, each with a pipe in
// front.
func (c *converter) decoders(s *section) string {
	name := s.text("decoder", "")
	if name == "" || name == "ProtobufDecoder" {
		return ""
	}
	return c.decoder(s, name, 0)
}

// decoder returns the commands of one decoder.
func (c *converter) decoder(s *section, name string, depth int) string {
	d := c.byName[name]
	if d == nil || depth > 8 {
		c.note(s, "decoder", "there is no decoder %s", printable(name))
		return ""
	}
	d.done = true
	switch d.typ {
	case "ProtobufDecoder":
		return ""
	case "SandboxDecoder":
		return " | heka-decode lua " + c.script(d) + c.configFlags(d)
	case "MultiDecoder":
		return c.multi(s, d, depth)
	case "PayloadRegexDecoder":
		return c.regex(d)
	case "ScribbleDecoder":
		return c.scribble(d)
	}
	c.note(d, "", "%s has no counterpart; payloads go on as they are", printable(d.typ))
	for name := range d.opts {
		d.take(name)
	}
	return ""
}

// multi converts a chain of decoders.
func (c *converter) multi(s, d *section, depth int) string {
	subs := d.texts("subs")
	if len(subs) > 16 {
		c.note(d, "subs", "more than 16 are left out")
		subs = subs[:16]
	}
	if d.text("cascade_strategy", "first-wins") != "all" && len(subs) > 1 {
		c.note(d, "subs",
			"only %s is taken: heka-decode has no first-wins; heka-decode auto finds the format of each line",
			printable(subs[0]))
		for _, name := range subs[1:] {
			if sub := c.byName[name]; sub != nil {
				sub.done = true
				for o := range sub.opts {
					sub.take(o)
				}
			}
		}
		subs = subs[:1]
	}
	run := ""
	for _, name := range subs {
		run += c.decoder(s, name, depth+1)
		if len(run) > 32<<10 {
			break
		}
	}
	return run
}

// script returns the script of a sandbox and the flags of its limits.
func (c *converter) script(s *section) string {
	file := s.text("filename", "")
	name := file
	if dir := path.Base(path.Dir(file)); slices.Contains([]string{"lua_decoders", "lua_filters", "lua_encoders"}, dir) {
		name = strings.TrimSuffix(path.Base(file), ".lua")
	}
	if file == "" {
		c.note(s, "filename", "it names no script")
	}
	run := word(name)
	for _, l := range []struct{ option, flag, usual string }{
		{"memory_limit", "memory", "8388608"}, {"instruction_limit", "instructions", "1000000"},
		{"output_limit", "output", "64512"},
	} {
		v := s.text(l.option, l.usual)
		if _, err := strconv.ParseUint(v, 10, 40); err == nil && v != l.usual {
			run += " --" + l.flag + " " + v
		}
	}
	for _, dir := range strings.Split(s.text("module_directory", ""), ";") {
		if dir != "" {
			run += " --module-dir " + word(dir)
		}
	}
	return run
}

// configFlags returns the options of a script as flags.
func (c *converter) configFlags(s *section) string {
	t := s.table("config")
	run := ""
	for _, name := range t.keys() {
		run += " --config " + word(name+"="+t.text(name, ""))
	}
	if s.flag("preserve_data", false) {
		c.note(s, "preserve_data", "add --preserve FILE to the script in run")
	}
	return run
}

// regex converts a PayloadRegexDecoder.
func (c *converter) regex(d *section) string {
	run := " | heka-decode regex"
	fields := d.table("message_fields")
	for _, name := range fields.keys() {
		value := fields.text(name, "")
		field, rep, _ := strings.Cut(name, "|")
		switch {
		case field == "Type" && !strings.Contains(value, "%"):
			run += " --type " + word(value)
		case value == "%"+field+"%":
			if rep != "" {
				c.note(d, "message_fields",
					"%s: the representation %s is lost", printable(field), printable(rep))
			}
		default:
			c.note(d, "message_fields",
				"%s = %q: name the group %s in the expression, or add heka-filter set",
				printable(field), printable(value), printable(field))
		}
	}
	if layout := d.text("timestamp_layout", ""); layout != "" {
		c.note(d, "timestamp_layout",
			"the usual forms are known; --time-format '%%d/%%b/%%Y:%%T %%z' says another, not %s", printable(layout))
	}
	if zone := d.text("timestamp_location", "UTC"); zone != "UTC" {
		run += " --tz " + word(zone)
	}
	if len(d.table("severity_map").opts) > 0 {
		c.note(d, "severity_map", "words that mean a severity are known; others stay a field")
	}
	d.take("log_errors")
	return run + " " + word(d.text("match_regex", ""))
}

// scribble converts constants.
func (c *converter) scribble(d *section) string {
	t := d.table("message_fields")
	run := ""
	for _, name := range t.keys() {
		field, _, _ := strings.Cut(name, "|")
		target := "Fields[" + field + "]"
		if slices.Contains([]string{"Type", "Logger", "Hostname", "Payload", "EnvVersion", "Severity", "Pid"}, field) {
			target = field
		}
		value := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(t.text(name, ""))
		run += " " + word(target+`="`+value+`"`)
	}
	if run == "" {
		return ""
	}
	return " | heka-filter set" + run
}
