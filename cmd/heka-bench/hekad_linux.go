package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// benchHekad measures hekad and prints the table. Scenes follow each other; in each,
// what is compared takes turns.
func benchHekad(bin string, runs int, only string, size, backlog int) error {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "heka-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	g := ground{bin: bin, dir: dir, size: 2 * int64(size) << 20, backlog: int64(backlog) << 30}
	return g.playAll([]func(ground) *scene{
		forward, parse, spooled, idle, restored, reloaded,
	}, runs, only)
}

// configure writes a configuration and returns its name.
func (g ground) configure(format string, args ...any) (string, error) {
	path := g.path("hekad.toml")
	return path, os.WriteFile(path, fmt.Appendf(nil, format, args...), 0o644)
}

// errDaemon is what is said of a daemon that failed: the last lines of its log.
func (g ground) errDaemon(what string, err error) error {
	b, _ := os.ReadFile(g.path("log"))
	return fmt.Errorf("%s: %w\n%s", what, err, b[max(0, len(b)-2000):])
}

// hekad returns the command of a daemon with the configuration of configure.
func (g ground) hekad(args ...string) (*exec.Cmd, error) {
	log, err := os.Create(g.path("log"))
	if err != nil {
		return nil, err
	}
	args = append([]string{"run", "--state", g.path("state")}, args...)
	c := command(g.bin, "hekad", append(args, g.path("hekad.toml"))...)
	c.Stderr = log
	return c, nil
}

// complete runs a daemon until its sources have ended and all is delivered.
func (g ground) complete(config string, args ...any) (r result, err error) {
	if _, err := g.fresh("state"); err != nil {
		return r, err
	}
	if _, err := g.configure(config, args...); err != nil {
		return r, err
	}
	c, err := g.hekad("--until-done")
	if err != nil {
		return r, err
	}
	defer c.Stderr.(*os.File).Close()
	began := time.Now()
	if err := c.Run(); err != nil {
		return r, g.errDaemon("hekad run --until-done", err)
	}
	r.wall, r.cpu = time.Since(began), c.ProcessState.UserTime()+c.ProcessState.SystemTime()
	r.peak = c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss * 1024
	return r, nil
}

// daemon is a hekad that runs.
type daemon struct {
	process
	g ground
}

// daemon starts one.
func (g ground) daemon() (*daemon, error) {
	c, err := g.hekad()
	if err != nil {
		return nil, err
	}
	defer c.Stderr.(*os.File).Close()
	d := &daemon{process: process{cmd: c, drained: make(chan struct{}), began: time.Now()}, g: g}
	close(d.drained)
	return d, c.Start()
}

// stop ends the daemon, at once if it does not end by itself.
func (d *daemon) stop() {
	kill := time.AfterFunc(time.Minute, func() { d.cmd.Process.Kill() })
	defer kill.Stop()
	d.end(unix.SIGTERM)
}

// kill ends the daemon as a crash does.
func (d *daemon) kill() { d.end(unix.SIGKILL) }

// status is what the scenes want to know of api.Status.
type status struct {
	Ready bool `json:"ready"`
	Nodes []struct {
		Name  string `json:"name"`
		State string `json:"state"`
		Why   string `json:"why"`
		In    int64  `json:"in"`
		Out   int64  `json:"out"`
		Spool int64  `json:"spool"`
	} `json:"nodes"`
}

// await asks for the status until it is as wanted.
func (d *daemon) await(limit time.Duration, what string, as func(status) bool) error {
	var err error
	for over := time.Now().Add(limit); time.Now().Before(over); time.Sleep(5 * time.Millisecond) {
		var s status
		if s, err = d.g.ask(); err == nil && as(s) {
			return nil
		}
		if d.cmd.Process.Signal(syscall.Signal(0)) != nil {
			break
		}
	}
	if err == nil {
		err = fmt.Errorf("not within %v", limit)
	}
	return d.g.errDaemon(what, err)
}

func (d *daemon) awaitReady() error {
	return d.await(time.Minute, "ready", func(s status) bool { return s.Ready })
}

// ask asks the daemon how things stand.
func (g ground) ask() (s status, err error) {
	var out, said bytes.Buffer
	c := command(g.bin, "hekad", "ps", "-o", "json", "--state", g.path("state"))
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil && c.ProcessState.ExitCode() != 1 { // 1: some node is stuck
		return s, fmt.Errorf("hekad ps: %w: %s", err, strings.TrimSpace(said.String()))
	}
	return s, json.Unmarshal(out.Bytes(), &s)
}
