package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"heka/lib/oneliner"
	"heka/lib/session"
)

// minPipelines is how many of the pipelines in the project's pages and sessions hekad has
// to run at least. A page that is written so that hekad can't run what it shows would go
// unnoticed otherwise.
const minPipelines = 170

// page is a Markdown file or a session: commands with what they write, which are run in a
// copy of a folder.
type page struct {
	name  string
	env   []string
	fill  func(dir string) error
	lines []line

	clock string // a flag that its filters are given
}

// line is a command and what it writes, stderr too.
type line struct{ text, want string }

// TestPipelines runs the pipelines that the pages and sessions of the project show as nodes
// of a daemon, those of a page in one daemon at once: fused, each as a process of its own,
// and cut at each pipe into nodes of which one reads from the other. The sinks must have
// what the page shows.
func TestPipelines(t *testing.T) {
	pages := pages(t)
	total, skipped := 0, map[string]int{}
	t.Run("pages", func(t *testing.T) {
		for _, p := range pages {
			var nodes []pipeline
			for i, l := range p.lines {
				n, why := p.asNode(l, fmt.Sprintf("p%d", i))
				if why != "" {
					skipped[why]++
					continue
				}
				nodes = append(nodes, n)
			}
			if total += len(nodes); len(nodes) == 0 {
				continue
			}
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				for _, way := range []string{"fused", "isolated", "cut"} {
					t.Run(way, func(t *testing.T) {
						t.Parallel()
						p.run(t, way, nodes)
					})
				}
			})
		}
	})
	t.Logf("%d pipelines; not run: %v", total, skipped)
	if total < minPipelines {
		t.Errorf("%d pipelines are run, want %d or more; not run: %v", total, minPipelines, skipped)
	}
}

// pages returns the Markdown files and sessions of the project.
func pages(t *testing.T) (all []*page) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		switch {
		case d.IsDir() && d.Name() == ".git", name == "cmd/hekad":
			return filepath.SkipDir
		case strings.HasSuffix(path, session.Suffix):
			p, err := sessionPage(path, name)
			all = append(all, p)
			return err
		case strings.HasSuffix(path, ".md") && !strings.Contains(name, "testdata"):
			p, err := markdownPage(root, path, name)
			all = append(all, p)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// markdownPage reads the blocks of "console" of a page.
func markdownPage(root, path, name string) (*page, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(filepath.Dir(path), "testdata")
	if _, err := os.Stat(data); err != nil {
		data = filepath.Join(root, "cmd/heka/testdata")
	}
	p := &page{name: name, env: environment()}
	p.fill = func(dir string) error { return os.CopyFS(dir, os.DirFS(data)) }
	p.lines = blocks(string(text), "console")
	return p, nil
}

// blocks returns the commands in the fenced blocks of a sort of a Markdown file.
func blocks(text, sort string) (all []line) {
	for _, block := range strings.Split(text, "\n```"+sort+"\n")[1:] {
		block, _, _ = strings.Cut("\n"+block, "\n```")
		for _, c := range strings.Split(block, "\n$ ")[1:] {
			cmd, want, _ := strings.Cut(c, "\n")
			if want != "" {
				want += "\n"
			}
			all = append(all, line{cmd, want})
		}
	}
	return all
}

// failing stands for a command that is to fail.
const failing = "exit 1"

// sessionPage reads a session. What it shows beside a status is no pipeline that works.
func sessionPage(path, name string) (*page, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s, err := session.Parse(path, text)
	if err != nil {
		return nil, err
	}
	p := &page{name: name, env: environment("HEKA_CLOCK=data"), clock: " --clock data"}
	for _, c := range s.Commands {
		if c.Status == 0 {
			p.lines = append(p.lines, line{c.Text, c.Want})
		} else {
			p.lines = append(p.lines, line{failing, ""})
		}
	}
	p.fill = func(dir string) error {
		if err := os.CopyFS(dir, os.DirFS(filepath.Dir(path))); err != nil {
			return err
		}
		for _, f := range s.Files {
			if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
				return err
			}
		}
		return nil
	}
	return p, nil
}

// pipeline is what a line is in a daemon.
type pipeline struct {
	line
	name   string
	plain  string   // the line, for a shell, where hekad's is not compared with the page
	stages []string // its commands; they are joined by pipes, or stand in a node each
	out    string   // file that the last writes
}

// flags of output, and whether a word belongs to them.
var outputFlags = map[string]bool{
	"-o": true, "--as": true, "--flat": false, "--columns": true, "--template": true, "--color": true,
}

// valued are other flags of heka-out that take a word.
var valued = map[string]bool{"--encoder": true, "--config": true, "--tz": true, "--limit": true}

// leaving are flags that leave something behind which another command of the page reads,
// or something else that a second run finds.
var leaving = []string{"--state", "--preserve", "--to", "--fail", "--rotate-size", "--rotate-every", "--mkdir", "--explain", "--help"}

// asNode returns what a line is in a daemon: all of it as it stands, but what the last
// command writes goes to a file, so that its flags of output are heka-out's, and what the
// first one reads by "<" is an argument. If hekad can't run it, or what it would write is
// not what a shell has, it says why.
func (pg *page) asNode(l line, name string) (p pipeline, why string) {
	calls, err := oneliner.Parse(l.text)
	if l.text == failing {
		return p, "it is to fail"
	}
	if err != nil {
		return p, "it needs a shell, or is several commands"
	}
	last := len(calls) - 1
	for i, c := range calls {
		ours := slices.Contains(session.Programs(), c.Words[0])
		switch {
		case !ours && i > 0:
			return p, "what a program that is not ours writes is the result"
		case !ours && last == 0, c.Words[0] == "heka":
			return p, "it is no pipeline"
		case c.Words[0] == "heka-inject" && (i > 0 || c.In != ""):
			return p, "heka-inject reads text there, and a daemon has no stdin"
		case c.Words[0] == "awk":
			return p, "lines of JSON from another program are messages to hekad, and text to a shell"
		case slices.ContainsFunc(c.Words[1:], pg.makes):
			return p, "it reads a file that another command writes"
		case c.Out != "":
			return p, "it writes a file that another command reads"
		case slices.ContainsFunc(leaving, func(f string) bool { return slices.Contains(c.Words, f) }):
			return p, "it leaves something behind that another command reads"
		}
	}
	p = pipeline{line: l, name: name, out: name + ".out"}
	for i, c := range calls {
		text := l.text[c.Col-1:]
		if i < last {
			text = l.text[c.Col-1 : calls[i+1].Col-1]
		}
		text = strings.TrimRight(text, " |")
		if c.In != "" {
			text = join(append(c.Words, c.In))
		}
		if i == last {
			if why = p.end(&text, c); why != "" {
				return p, why
			}
		}
		p.stages = append(p.stages, text)
	}
	for i, s := range p.stages {
		if strings.HasPrefix(s, "heka-filter ") && pg.clock != "" {
			p.stages[i] += pg.clock
		}
	}
	return p, ""
}

// makes reports whether a command of the page makes the file name.
func (pg *page) makes(name string) bool {
	return strings.Contains(name, ".") && slices.ContainsFunc(pg.lines, func(l line) bool {
		for _, how := range []string{"> ", ">> ", "heka-out ", "=> ", "--to ", "mv web.log "} {
			if strings.Contains(l.text+" ", how+name+" ") || strings.Contains(l.text, how+name+";") {
				return true
			}
		}
		return false
	})
}

// end turns the last command of a pipeline into one, or two, that write to its file.
func (p *pipeline) end(text *string, c oneliner.Command) (why string) {
	words, flags := []string{c.Words[0]}, []string{"heka-out"}
	format, dest := false, false
	sink := c.Words[0] == "heka-out"
	all := c.Words
	if c.In != "" {
		all = append(slices.Clone(all), c.In)
	}
	for i := 1; i < len(all); i++ {
		w := all[i]
		takes, is := outputFlags[w]
		switch {
		case is:
			flags = append(flags, w)
			if takes && i+1 < len(all) {
				i++
				format = format || w != "--columns" && w != "--color"
				if all[i] == "table" {
					p.plain = strings.Replace(p.text, "-o table", "-o logfmt --flat", 1)
					flags = append(flags, "logfmt", "--flat") // heka-out writes no tables
					continue
				}
				flags = append(flags, all[i])
			}
		case sink && valued[w] && i+1 < len(all):
			i++
			words = append(words, w, all[i])
			format = format || w == "--encoder"
		case sink && !strings.HasPrefix(w, "-") && !dest:
			return "heka-out has a destination already"
		case sink && w == "-":
			words, dest = append(words, p.out), true
		default:
			words = append(words, w)
		}
	}
	if !format {
		return "it writes records"
	}
	switch {
	case sink && dest:
		*text = join(append(words, flags[1:]...))
	case sink:
		*text = join(append(append(words, flags[1:]...), p.out))
	case c.In == "" && len(words) == len(c.Words):
		return "it writes records"
	default:
		*text = join(words)
		p.stages = append(p.stages, *text)
		*text = join(append(flags, p.out))
	}
	return ""
}

// join joins words to what a shell reads as them.
func join(words []string) string {
	var all []string
	for _, w := range words {
		if strings.Trim(w, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,:=%+") != "" || w == "" {
			w = session.Quote(w)
		}
		all = append(all, w)
	}
	return strings.Join(all, " ")
}

// run runs nodes in one daemon, in one of the ways, and looks at what they wrote.
func (p *page) run(t *testing.T, way string, nodes []pipeline) {
	dir := t.TempDir()
	if err := p.fill(dir); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, "hekad-test.toml")
	if err := os.WriteFile(conf, []byte(configuration(way, nodes)), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, filepath.Join(bin, "hekad"), "run", "--until-done", "--state", t.TempDir(), conf)
	c.Dir, c.Env = dir, p.env
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = patience
	var errs bytes.Buffer
	c.Stdout, c.Stderr = &errs, &errs
	if err := c.Run(); err != nil {
		t.Errorf("%v: %v", err, ctx.Err())
	}
	for i := range nodes {
		p.compare(t, dir, &nodes[i])
	}
	if t.Failed() {
		t.Logf("%s\n%s", configuration(way, nodes), errs.String())
	}
}

// configuration returns hekad.toml of nodes. A node that fails is not started again, for
// there would be no end.
func configuration(way string, nodes []pipeline) string {
	var b strings.Builder
	b.WriteString("[hekad]\nreport = \"0s\"\nhostname = \"host.example\"\n")
	if way == "isolated" {
		b.WriteString("isolate = \"all\"\n")
	}
	for _, n := range nodes {
		parts := []string{strings.Join(n.stages, " | ")}
		if way == "cut" {
			parts = n.stages
		}
		from := ""
		for i, run := range parts {
			name := fmt.Sprintf("%s-%d", n.name, i)
			fmt.Fprintf(&b, "[%s]\nrun = '''%s'''\nrestarts = 1\n%s", name, run, from)
			from = fmt.Sprintf("from = %q\n", name)
		}
	}
	return b.String()
}

// compare looks at what a node wrote. What a page shows has stderr in it, and a table
// is no text of heka-out: then it must be what a shell has.
func (p *page) compare(t *testing.T, dir string, n *pipeline) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, n.out))
	if err != nil && !os.IsNotExist(err) {
		t.Error(err)
	}
	got := strings.ReplaceAll(session.Plain(string(b)), `"Logger":"`+n.name+`-0"`, `"Logger":"stdin"`)
	if got == n.want {
		return
	}
	text := n.plain
	if text == "" {
		text = n.text
	}
	sh := session.Shell{Dir: t.TempDir(), Env: p.env, Timeout: patience}
	if err := p.fill(sh.Dir); err != nil {
		t.Fatal(err)
	}
	r := sh.Run(t.Context(), "sh", "-c", text)
	if want := session.Plain(r.Out); got != want || r.Failure != nil {
		t.Errorf("%s\nby a shell (-) and by hekad (+): %v\n%s", text, r.Failure, session.Diff(want, got, false))
	}
}
