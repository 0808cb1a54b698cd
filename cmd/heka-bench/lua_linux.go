package main

import (
	"embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"heka/lib/msg"
	"heka/lib/sandbox"
)

//go:embed lua
var scripts embed.FS

// script is one row of the table of the sandbox.
type script struct {
	name string
	file string  // in lua, or the name of a shipped filter
	per  int     // operations in a call; 0: it reads messages, and is run as a process, too
	aim  float64 // millions a second; 0: there is none
	part float64 // of what lua5.1 does; 0: any

	values [columns][]float64 // millions of operations in a second of the processor
}

// batch is how many messages the first rows go over again and again: what a batch holds.
const batch = 500

// The columns of the table.
const (
	inside = iota
	apart
	puc
	jit
	columns
)

var interpreters = [columns]string{puc: "lua5.1", jit: "luajit"}

func scriptRows() []*script {
	return []*script{
		{name: "empty", file: "empty.lua", aim: 5},
		{name: "counter by status", file: "counter.lua", aim: 2},
		{name: "five read_message", file: "reads.lua", aim: 1.5},
		{name: "http_status", file: "http_status", aim: 0.8},
		{name: "string.match, count", file: "match.lua", per: 100},
		{name: "LPeg: combined, positions", file: "combined.lua", per: 100, part: 0.25},
		{name: "LPeg: combined, 8 names", file: "named.lua", per: 100, part: 0.25},
		{name: "cjson.decode, 12 keys", file: "decode.lua", per: 100, part: 0.5},
		{name: "cjson.decode, nested", file: "nested.lua", per: 100, part: 0.5},
		{name: "cjson.encode, 12 keys", file: "encode.lua", per: 100},
		{name: "circular_buffer, add", file: "cbuf.lua", per: 100},
	}
}

// luaBench is what the rows share.
type luaBench struct {
	bin, dir string
	capture  string
	count    int64      // messages of the capture
	messages []msg.View // the first of them
	took     time.Duration
	peak     []float64 // resident MB of a filter
}

// benchLua measures the sandbox, beside lua5.1 and luajit, and prints the table.
func benchLua(bin string, runs int, only string, size int) error {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "heka-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &luaBench{bin: bin, dir: dir, took: 300 * time.Millisecond}
	if err := b.prepare(int64(size) << 20); err != nil {
		return err
	}
	runtime.GOMAXPROCS(1)
	rows := slices.DeleteFunc(scriptRows(), func(s *script) bool { return !strings.Contains(s.name, only) })
	for run := range runs + 1 { // the first warms up
		for _, s := range rows {
			fmt.Fprintf(os.Stderr, "run %d: %s\n", run, s.name)
			if err := b.measure(s, run > 0); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
		if err := b.memory(run > 0); err != nil {
			return err
		}
	}
	b.print(os.Stdout, rows)
	return nil
}

// prepare makes the capture, and the files that the interpreters read.
func (b *luaBench) prepare(size int64) error {
	log, err := lines(b.bin, filepath.Join(b.dir, "access.log"), size, 1)
	if err != nil {
		return err
	}
	b.capture = filepath.Join(b.dir, "access.heka")
	if b.count, err = decode(b.bin, log.path, b.capture); err != nil {
		return err
	}
	if b.messages, err = head(b.capture, batch); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.dir, "messages"), luaTable(b.messages), 0o600); err != nil {
		return err
	}
	return os.CopyFS(b.dir, scripts)
}

// path returns where the file of a script is; the name of one that is shipped.
func (b *luaBench) path(s *script) string {
	if strings.HasSuffix(s.file, ".lua") {
		return filepath.Join(b.dir, "lua", s.file)
	}
	return s.file
}

// measure runs s once in each way that there is.
func (b *luaBench) measure(s *script, counted bool) error {
	for _, way := range []struct {
		column int
		run    func(*script) (float64, error)
	}{
		{inside, b.inside}, {apart, b.apart},
		{puc, b.interpreter(interpreters[puc])}, {jit, b.interpreter(interpreters[jit])},
	} {
		rate, err := way.run(s)
		if err != nil {
			return err
		}
		if rate > 0 && counted {
			s.values[way.column] = append(s.values[way.column], rate*float64(max(s.per, 1))/1e6)
		}
	}
	return nil
}

// inside returns how often a sandbox in this process calls process_message in a second
// of the processor.
func (b *luaBench) inside(s *script) (float64, error) {
	code, err := sandbox.Load(b.path(s), sandbox.Filter)
	if err != nil {
		return 0, err
	}
	box, err := code.New(sandbox.Config{Use: sandbox.Filter, Limits: sandbox.DefaultLimits})
	if err != nil {
		return 0, err
	}
	defer box.Close()
	runtime.GC()
	began, err := processorTime()
	for calls := 0; err == nil; {
		for range 100 {
			m := &b.messages[calls%len(b.messages)]
			r, err := box.Process(m)
			if err != nil || r.Code != 0 {
				return 0, fmt.Errorf("code %d: %w", r.Code, err)
			}
			calls++
		}
		var now time.Duration
		if now, err = processorTime(); now-began >= b.took {
			return float64(calls) / (now - began).Seconds(), nil
		}
	}
	return 0, err
}

// processorTime returns what this process has taken of the processors.
func processorTime() (time.Duration, error) {
	var u unix.Rusage
	err := unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}

// apart returns how many messages of the capture heka-filter puts through s in a second
// of the processor.
func (b *luaBench) apart(s *script) (float64, error) {
	if s.per > 0 {
		return 0, nil
	}
	in, err := os.Open(b.capture)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	c := command(b.bin, "heka-filter", "lua", b.path(s))
	c.Stdin = in
	if err := c.Run(); err != nil {
		return 0, err
	}
	took := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	return float64(b.count) / took.Seconds(), nil
}

// interpreter returns what runs a script by an interpreter, and gives 0 where that, or a
// module, is not installed.
func (b *luaBench) interpreter(name string) func(*script) (float64, error) {
	return func(s *script) (float64, error) {
		path, err := exec.LookPath(name)
		if err != nil || !strings.HasSuffix(s.file, ".lua") {
			return 0, nil
		}
		c := exec.Command(path, "lua/reference.lua", b.path(s), "messages", fmt.Sprint(b.took.Seconds()))
		c.Dir, c.Stderr = b.dir, os.Stderr
		out, err := c.Output()
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		text := strings.TrimSpace(string(out))
		if text == "absent" {
			return 0, nil
		}
		return strconv.ParseFloat(text, 64)
	}
}

// memory notes what a filter that has read the capture, and waits for more, has had of
// memory at most.
func (b *luaBench) memory(counted bool) error {
	in, err := os.Open(b.capture)
	if err != nil {
		return err
	}
	defer in.Close()
	p := process{cmd: command(b.bin, "heka-filter", "lua", "http_status")}
	pipe, err := p.cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	_, err = io.Copy(pipe, in)
	if peak, perr := p.peak(); perr == nil && counted {
		b.peak = append(b.peak, float64(peak)/1e6)
	}
	pipe.Close()
	if werr := p.cmd.Wait(); err == nil {
		err = werr
	}
	return err
}
