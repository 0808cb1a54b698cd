package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// workload is a pipeline of programs that is timed as a whole.
type workload struct {
	name      string
	shown     string     // the line as one types it
	pipe      [][]string // the commands
	in        file       // what it reads
	reference bool       // wc or mawk: runs whatever is picked
	versus    string     // the workload whose throughput it is held against
	results   []result
}

// result is one run.
type result struct {
	wall time.Duration
	cpu  time.Duration // user and system, of all processes
	peak int64         // resident bytes of the largest process
	disk int64         // bytes that did not come from the cache
}

// parseAWK does what heka-decode nginx and heka-out -o json do, as far as mawk can:
// the same fields, valid JSON, the time as it stands.
const parseAWK = `BEGIN { FS = "\"" }
{
	if (index($0, "\\")) gsub(/\\/, "\\\\")
	split($1, a, " "); split($2, r, " "); split($3, s, " ")
	printf "{\"remote_addr\":\"%s\",\"time_local\":\"%s\",\"request\":\"%s\",\"request_method\":\"%s\",\"request_uri\":\"%s\",\"server_protocol\":\"%s\",\"status\":%d,\"body_bytes_sent\":%d", a[1], substr(a[4], 2), $2, r[1], r[2], r[3], s[1], s[2]
	if ($4 != "-") printf ",\"http_referer\":\"%s\"", $4
	printf ",\"http_user_agent\":\"%s\"}\n", $6
}`

func workloads(in inputs) []*workload {
	tail, decode := []string{"heka-tail", in.access.path}, []string{"heka-decode", "nginx"}
	route := []string{"heka-route"}
	for i := range 10 {
		route = append(route, "--to", fmt.Sprintf("Type == 'type%d' && Fields[status] >= 200 => /dev/null", i))
	}
	line := func(s string) []string { return []string{"heka", "run", s} }
	parse := "heka-tail " + in.access.path + " | heka-decode nginx | heka-out -o json"
	return []*workload{
		{name: "wc -l", in: in.access, reference: true, pipe: [][]string{{"wc", "-l", in.access.path}}},
		{name: "mawk to JSON", in: in.access, reference: true,
			pipe: [][]string{{"mawk", parseAWK, in.access.path}}},
		{name: "parse", versus: "mawk to JSON", in: in.access,
			shown: "heka-tail f | heka-decode nginx | heka-out -o json",
			pipe:  [][]string{tail, decode, {"heka-out", "-o", "json"}}},
		{name: "parse, one program", versus: "mawk to JSON", in: in.access,
			shown: "heka run 'heka-tail f | heka-decode nginx | heka-out -o json'",
			pipe:  [][]string{line(parse)}},
		{name: "raw", in: in.raw, shown: "heka-tail f | heka-route 'Payload != \"\"'",
			pipe: [][]string{{"heka-tail", in.raw.path}, {"heka-route", `Payload != ""`}}},
		{name: "route", in: in.routes, shown: "heka-route --to 'EXPR => /dev/null' ... (10) routes.heka",
			pipe: [][]string{append(route, in.routes.path)}},
		{name: "aggregate", versus: "parse", in: in.access,
			shown: "heka-tail f | heka-decode nginx | heka-filter count by .status",
			pipe:  [][]string{tail, decode, {"heka-filter", "count", "by", ".status"}}},
		{name: "aggregate, one program", versus: "parse, one program", in: in.access,
			shown: "heka run 'heka-tail f | heka-decode nginx | heka-filter count by .status'",
			pipe: [][]string{line("heka-tail " + in.access.path +
				" | heka-decode nginx | heka-filter count by .status")}},
	}
}

// command returns the command of a program of ours, or of the system's.
func command(bin, name string, args ...string) *exec.Cmd {
	if p := filepath.Join(bin, name); exists(p) {
		name = p
	}
	c := exec.Command(name, args...)
	c.Stderr = os.Stderr
	return c
}

func exists(p string) bool { _, err := os.Stat(p); return err == nil }

// run runs the pipeline once, its output to /dev/null.
func (w *workload) run(bin string) (result, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return result{}, err
	}
	defer null.Close()
	cmds := make([]*exec.Cmd, len(w.pipe))
	in := null
	began := time.Now()
	for i, words := range w.pipe {
		c := command(bin, words[0], words[1:]...)
		cmds[i], c.Stdin, c.Stdout = c, in, null
		var next, out *os.File
		if i < len(w.pipe)-1 {
			if next, out, err = os.Pipe(); err != nil {
				return result{}, err
			}
			c.Stdout = out
		}
		if err := c.Start(); err != nil {
			return result{}, err
		}
		if out != nil {
			out.Close()
		}
		if in != null {
			in.Close()
		}
		in = next
	}
	var r result
	for i, c := range cmds {
		if err := c.Wait(); err != nil {
			return r, fmt.Errorf("%s: %w", w.pipe[i][0], err)
		}
		u := c.ProcessState.SysUsage().(*syscall.Rusage)
		r.cpu += c.ProcessState.UserTime() + c.ProcessState.SystemTime()
		r.peak = max(r.peak, u.Maxrss*1024)
		r.disk += u.Inblock * 512
	}
	r.wall = time.Since(began)
	return r, nil
}
