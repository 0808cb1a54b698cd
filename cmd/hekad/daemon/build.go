package daemon

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"heka/cmd/hekad/config"
	"heka/lib/match"
	"heka/lib/prog"
	"heka/lib/stage"
	"heka/lib/supervise"
)

// builder makes stages of command lines.
type builder struct {
	wings []prog.Wing
	state string   // the folder of the daemon's state
	dirs  []string // of Lua modules

	hostname string // of messages that are made here; empty: the machine's
	keys     string // file with the keys of signers; empty: none
}

// job works out the command line of n.
func (b *builder) job(n *config.Node) (*prog.Job, error) {
	return prog.NewJob(b.wings, n.Run, !n.Source(), func(c *prog.Command) (kind string, words []string) {
		switch {
		case c.Wing.Role == prog.Source:
			words = b.sourceWords(n, c)
		case slices.Contains(c.Kinds(), "lua"):
			kind, words = "lua", b.luaWords(n, c)
		default:
			kind = c.Kinds()[0]
		}
		if b.hostname != "" && c.Unset("hostname") {
			words = append(words, "--hostname="+b.hostname)
		}
		return kind, words
	})
}

// positions returns the folder of the positions of n's source; empty if it keeps none
// there.
func (b *builder) positions(n *config.Node) string {
	job, err := b.job(n)
	if err != nil || !n.Source() {
		return ""
	}
	dir := filepath.Join(b.state, "positions", n.Name)
	c := job.Steps[0].Command
	if c == nil || !slices.Contains(c.Kinds(), "file") || !c.Keeps(dir) {
		return ""
	}
	return dir
}

// sourceWords are the flags that a source gets: one that keeps positions, and one that can
// tell who has signed a message.
func (b *builder) sourceWords(n *config.Node, c *prog.Command) (words []string) {
	if c.Unset("state") {
		words = append(words, "--state="+filepath.Join(b.state, "positions", n.Name))
	}
	if b.keys != "" && slices.Contains(c.Kinds(), linkKind) && c.Unset("keys") {
		words = append(words, "--keys="+b.keys, "--unsigned")
	}
	return words
}

// luaWords are the flags that a Lua script gets of the keys of its section.
func (b *builder) luaWords(n *config.Node, c *prog.Command) (words []string) {
	if n.Every > 0 && c.Unset("every") {
		words = append(words, "--every="+n.Every.String())
	}
	names := make([]string, 0, len(n.Config))
	for name := range n.Config {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		words = append(words, "--config="+name+"="+n.Config[name])
	}
	if n.Preserve && c.Unset("preserve") {
		words = append(words, "--preserve="+filepath.Join(b.state, "lua", n.Name+".data"))
	}
	for _, dir := range b.dirs {
		words = append(words, "--module-dir="+dir)
	}
	return words
}

// check is the Check of config.Options: it works out the command line of n, and says what
// is in it.
func (b *builder) check(n *config.Node) []config.Mistake {
	job, err := b.job(n)
	if err == nil {
		err = job.Check()
	}
	var all []config.Mistake
	for _, e := range unjoin(err) {
		var je *prog.JobError
		if errors.As(e, &je) {
			all = append(all, config.Mistake{Col: je.Col, Msg: je.Msg, Hint: je.Hint})
		} else {
			all = append(all, config.Mistake{Msg: e.Error()})
		}
	}
	if job == nil {
		return all
	}
	n.Lua, n.Foreign = false, false
	if err == nil { // else what the words suggest is good enough, to say no more than is wrong
		n.Vouches = vouches(job)
	}
	for _, s := range job.Steps {
		switch {
		case s.Command == nil:
			n.Foreign = n.Foreign || s.Argv != nil
		case slices.Contains(s.Command.Kinds(), "lua"):
			n.Lua = true
		}
	}
	return all
}

func unjoin(err error) []error {
	if err == nil {
		return nil
	}
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range j.Unwrap() {
			all = append(all, unjoin(e)...)
		}
		return all
	}
	return []error{err}
}

// foreign returns what makes the stage of a command that is not ours. What that says on
// stderr goes to log, with the node's name.
func foreign(env *stage.Env, log *slog.Logger, n *config.Node, started func(int), ended func(int, supervise.Usage)) func(prog.Step) stage.Stage {
	return func(s prog.Step) stage.Stage {
		feed := supervise.Feed(n.Feed)
		if feed == "" {
			feed = supervise.FeedJSON
		}
		return supervise.Command(env, supervise.Spec{
			Name: n.Name, Argv: s.Argv, Limits: limits(n), Log: log, Started: started, Ended: ended,
		}, feed, s.Shell)
	}
}

// inOrder has the verbs of heka-filter that emit what they were given in its order, and
// nothing else that has its uuids.
var inOrder = []string{"where", "set", "cut", "redact", "count", "rate", "stats", "hist", "top"}

// ordered reports whether what the node of n emits of a content is in the order of that.
func (b *builder) ordered(n *config.Node) bool {
	job, err := b.job(n)
	if err != nil {
		return false
	}
	for _, s := range job.Steps {
		if s.Command == nil {
			return false
		}
		for _, kind := range s.Command.Kinds() {
			if s.Command.Wing.Name == "heka-filter" && !slices.Contains(inOrder, kind) {
				return false
			}
		}
	}
	return true
}

// limits returns those of a node's processes.
func limits(n *config.Node) supervise.Limits {
	l := supervise.Limits{Memory: n.Memory, CPU: n.CPU, Files: n.Files, Tasks: n.Tasks}
	if dir, err := supervise.OwnCgroup(); err == nil {
		l.Cgroup = dir
	}
	return l
}

// expr returns the expression that selects what n is offered; nil: all of it.
func expr(n *config.Node) (*match.Expr, error) {
	text := n.Match
	if n.Signer != "" {
		signed := "Fields[heka.signer] == " + strconv.Quote(n.Signer)
		if text == "" {
			text = signed
		} else {
			text = "(" + text + ") && " + signed
		}
	}
	if text == "" {
		return nil, nil
	}
	e, err := match.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("match: %w", err)
	}
	return e, nil
}

// folders makes the folders below the state folder that n needs.
func (b *builder) folders(n *config.Node) error {
	for _, name := range []string{"positions", "dead", "lua", "spool"} {
		if err := os.MkdirAll(filepath.Join(b.state, name), 0o700); err != nil {
			return err
		}
	}
	return nil
}

// scripts returns the scripts that the command line of n names, for a change of one
// is a change of the node.
func scripts(n *config.Node) (text string) {
	for _, word := range strings.Fields(n.Run) {
		word = strings.Trim(word, `'"`)
		if !strings.HasSuffix(word, ".lua") {
			continue
		}
		if st, err := os.Stat(word); err == nil {
			text += fmt.Sprint(word, st.ModTime().UnixNano(), st.Size(), ";")
		}
	}
	return text
}
