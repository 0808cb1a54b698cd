package config

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Options say how Load checks.
type Options struct {
	// Check works out what the command line of a node means, and returns the mistakes in
	// it; see Mistake. It finds n as it will be, with n.Lua and n.Foreign as the words of
	// the line suggest, and may set those right. It is not called for a node whose run
	// can't be read. nil: command lines are not checked.
	Check func(n *Node) []Mistake

	// Environ looks up a variable of the environment; nil: os.LookupEnv.
	Environ func(name string) (string, bool)
}

const (
	maxFile  = 4 << 20 // bytes of a file
	maxFiles = 1000    // of a folder
	maxTotal = 16 << 20
	maxNodes = 2000
)

// Load reads the configuration of a file, or of all *.toml in a folder, but not below
// it, in the order of their names. A section that stands in two files is a mistake. An
// error is an *Errors with all mistakes at once; none is in the Config then.
//
// Paths in it are as in run: relative ones are below the working directory.
func Load(path string, opt Options) (*Config, error) {
	l := &loader{check: opt.Check}
	if l.environ = opt.Environ; l.environ == nil {
		l.environ = os.LookupEnv
	}
	c := &Config{Path: path, Hekad: defaults()}
	l.open(path, c)
	if len(l.mistakes) == 0 {
		l.config(c)
	}
	if len(l.mistakes) > 0 {
		return nil, &Errors{sorted(l.mistakes, c.Source)}
	}
	c.secrets = l.secrets
	return c, nil
}

// defaults returns what a configuration that says nothing has.
func defaults() Global {
	return Global{
		Grace: 10 * time.Second, Report: 5 * time.Second, MaxLoops: 4, Queue: 16 * mib,
		MaxFilters: 16, Memory: 256 * mib,
	}
}

// whole says what is wrong with a file as a whole.
func (l *loader) whole(name, msg, hint string) {
	l.mistakes = append(l.mistakes, Mistake{File: name, Msg: msg, Hint: hint})
}

// open reads the files.
func (l *loader) open(path string, c *Config) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		hint := ""
		if os.IsNotExist(err) {
			hint = `hekad from "heka-tail -f app.log | heka-out app.json" > ` + printable(path) + " makes one"
		}
		l.whole(path, cause(err), hint)
		return
	case !info.IsDir():
		c.Source = []string{path}
	default:
		c.Source = l.folder(path)
	}
	total := 0
	for _, name := range c.Source {
		src, ok := l.slurp(name)
		if total += len(src); total > maxTotal {
			l.whole(path, "the files have more than 16MiB together", "")
			return
		}
		if ok {
			l.files = append(l.files, newFile(name, src))
		}
	}
}

// cause returns the text of an error without the path.
func cause(err error) string {
	if pe, ok := err.(*os.PathError); ok {
		return pe.Err.Error()
	}
	return err.Error()
}

// folder returns the files of a folder.
func (l *loader) folder(path string) []string {
	entries, err := os.ReadDir(path)
	if err != nil {
		l.whole(path, cause(err), "")
		return nil
	}
	var all []string
	for _, e := range entries {
		name := filepath.Join(path, e.Name())
		if !strings.HasSuffix(e.Name(), ".toml") {
			continue
		}
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			continue
		}
		all = append(all, name)
	}
	slices.Sort(all)
	switch {
	case len(entries) == 0:
		l.whole(path, "the folder is empty", "want files named *.toml in it")
	case len(all) == 0:
		l.whole(path, "the folder has no *.toml",
			fmt.Sprintf("of %d other names in it, the first is %s",
				len(entries), printable(entries[0].Name())))
	case len(all) > maxFiles:
		l.whole(path, fmt.Sprintf("the folder has more than %d *.toml", maxFiles), "")
		return nil
	}
	return all
}

// slurp returns what is in a file. It does not wait for what is no regular one.
func (l *loader) slurp(name string) ([]byte, bool) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		l.whole(name, cause(err), "")
		return nil, false
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		l.whole(name, "this is no regular file", "")
		return nil, false
	}
	src, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		l.whole(name, cause(err), "")
		return nil, false
	case len(src) > maxFile:
		l.whole(name, "the file has more than 4MiB", "is it a configuration?")
		return nil, false
	}
	return src, true
}

// section is a section with the place of its name.
type section struct {
	*entry
	node *Node
	last string // the program at the end of run
	where
}

// config makes c of the files.
func (l *loader) config(c *Config) {
	sections, broken := l.sections()
	var nodes []*section
	for _, s := range sections {
		if s.name == "hekad" {
			decode(l, "[hekad]", hekadKeys, s.value.table, &c.Hekad, &s.where)
			l.checkGlobal(&c.Hekad, s)
			c.Hekad.raw = s.raw
			continue
		}
		l.checkName(s)
		s.node = &Node{Name: s.name, File: s.file.name}
		s.node.Line, s.node.Col = s.file.place(s.at)
		decode(l, "a node", nodeKeys, s.value.table, s.node, &s.where)
		s.node.raw = s.raw
		nodes = append(nodes, s)
	}
	for _, s := range nodes {
		l.checkNode(s, &c.Hekad, broken[s.file])
	}
	if len(broken) == 0 && len(nodes) <= maxNodes {
		l.checkGraph(nodes)
	}
	switch {
	case len(nodes) == 0 && len(l.mistakes) == 0:
		l.whole(c.Path, "there is no node in it, so nothing would run",
			`want a section like [app], with run = "heka-tail -f app.log | heka-out app.json"`)
	case len(nodes) > maxNodes:
		l.whole(c.Path, fmt.Sprintf("there are more than %d nodes in it", maxNodes), "")
	}
	for _, s := range nodes {
		s.node.Full = cmp.Or(s.node.Full, Block)
		c.Nodes = append(c.Nodes, *s.node)
	}
}

// sections returns the sections of all files, and in which files parts could not be read.
func (l *loader) sections() (all []*section, broken map[*file]bool) {
	broken = map[*file]bool{}
	seen := map[string]*entry{}
	for _, f := range l.files {
		root, bad, mistakes := read(f)
		if bad {
			broken[f] = true
		}
		l.mistakes = append(l.mistakes, mistakes...)
		for _, e := range root.entries {
			old := seen[e.name]
			switch {
			case e.value.kind != group:
				l.fail(f, e.at, e.end, printable(e.name)+" stands in no section",
					"put it below a header like [hekad] or [app]")
			case old != nil:
				line, col := old.file.place(old.at)
				l.fail(f, e.at, e.end, fmt.Sprintf("[%s] stands in two files", printable(e.name)),
					fmt.Sprintf("the other is %s:%d:%d", old.file.name, line, col))
			default:
				seen[e.name] = e
				all = append(all, &section{entry: e})
			}
		}
	}
	return all, broken
}
