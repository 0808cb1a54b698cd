package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"

	"heka/cmd/hekad/config"
	"heka/lib/prog"
	"heka/lib/stage"
	"heka/lib/supervise"
)

// ChildWord is the first word of the command line of a node's own process.
const ChildWord = "node"

// setup is what a node's own process needs to know.
type setup struct {
	Node     config.Node
	State    string
	Hostname string
	Dirs     []string
	Keys     string
	Data     bool // ticks follow the messages
}

// process is a stage that runs in a process of its own.
type process interface {
	stage.Stage
	Ready() <-chan struct{}
}

// child returns the stage that runs the node in a process of its own.
func (n *node) child(env *stage.Env) (process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(setup{
		Node: n.spec, State: n.d.state, Hostname: n.d.hostname(), Dirs: n.d.builder().dirs,
		Keys: n.d.builder().keys,
	})
	if err != nil {
		return nil, err
	}
	s := supervise.Spec{
		Name: n.spec.Name, Argv: []string{self, ChildWord, n.spec.Name}, Setup: b, Log: n.d.log,
		Limits: limits(&n.spec), Grace: n.d.config().Hekad.Grace, Started: n.began, Ended: n.gone,
	}
	if n.spec.Source() {
		return supervise.RemoteSource(env, s), nil
	}
	return supervise.Remote(env, s), nil
}

// Child runs a node as this process, which a daemon has started for it, and returns the
// exit status.
func Child(wings []prog.Wing) int {
	err := child(wings)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return prog.ExitStatus(err)
}

func child(wings []prog.Wing) error {
	conn, err := supervise.Serve()
	if err != nil {
		return err
	}
	var s setup
	if err := json.Unmarshal(conn.Setup(), &s); err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	return conn.Close(runChild(wings, conn, &s))
}

// runChild runs the pipeline of a node between the ends of conn.
func runChild(wings []prog.Wing, conn *supervise.Conn, s *setup) error {
	b := &builder{wings: wings, state: s.State, dirs: s.Dirs, hostname: s.Hostname, keys: s.Keys}
	job, err := b.job(&s.Node)
	if err != nil {
		return stage.Permanent{Err: err}
	}
	if err := job.Walls(); err != nil {
		return err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{ReplaceAttr: bare}))
	env := &stage.Env{
		Name: "hekad", Log: log, Pool: stage.NewPool(32), Stop: conn.Stop(), Hostname: s.Hostname,
		Stdin: null, Stdout: os.Stdout, Fail: conn.Dead,
	}
	job.Setup(env)
	own, err := job.Stages(foreign(env, log, &s.Node, nil, nil))
	if err != nil {
		return err
	}
	run := job.RunEnv(env)
	if envs := job.Envs(); len(envs) > 0 {
		run = envs[len(envs)-1] // what it counts is told to the parent
		run.Lanes, run.DataTime = job.RunEnv(env).Lanes, job.RunEnv(env).DataTime
	}
	var stages []stage.Stage
	if !s.Node.Source() {
		stages = append(stages, conn.Source(run))
	}
	stages = append(stages, own...)
	if job.Ends() {
		stages = append(stages, conn.Done(run))
	} else {
		stages = append(stages, conn.Sink(run))
	}
	return stage.Run(context.Background(), run, stages...)
}

// bare leaves out of log lines what the daemon adds.
func bare(groups []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
