package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// flood is a source of messages of 500 bytes with 8 fields, of ten types in turn.
func flood(count int64) string {
	return fmt.Sprintf("heka-flood --count %d --seed 1 --size 330 --fields 8 --types "+
		"type0,type1,type2,type3,type4,type5,type6,type7,type8,type9", count)
}

// discard is an output that costs as little as one can: what it was given is delivered
// at once.
const discard = "heka-out -o text --fsync never /dev/null"

// selecting returns the configuration of ten nodes, each of which takes the messages
// of a type. to is their command, with the number of the node in place of %d.
func selecting(source, to string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[source]\nrun = %q\n", source)
	for i := range 10 {
		fmt.Fprintf(&b, "[to%d]\nrun = %q\nmatch = %q\n", i, strings.ReplaceAll(to, "%d", fmt.Sprint(i)),
			fmt.Sprintf("Type == 'type%d' && Fields[field1] >= 0", i))
	}
	return b.String()
}

// others are matchers as nodes have them, of messages that there are none of.
var others = []string{
	"Type == 'other%d'", "Type == 'type%d' && Fields[field1] < 0", "Logger == 'other%d'",
	"Type =~ /^other%d/", "Hostname == 'other%d' && Severity <= 3", "Fields[field0] == 'other%d'",
}

// missing returns the configuration of n nodes that no message is for.
func missing(source string, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[source]\nrun = %q\n", source)
	for i := range n {
		expr := strings.ReplaceAll(others[i%len(others)], "%d", fmt.Sprint(i))
		fmt.Fprintf(&b, "[to%d]\nrun = %q\nmatch = %q\n", i, discard, expr)
	}
	return b.String()
}

// forward sends messages from one source to ten nodes with ten matchers, and past nodes
// with matchers that select nothing.
func forward(g ground) *scene {
	gbit := func(name string, versus *row) *row {
		return &row{name: name, unit: "Gbit/s", per: "s/GB", versus: versus}
	}
	cat, wc := gbit("messages, cat", nil), gbit("messages, wc -l", nil)
	run := gbit("messages, heka run, one output", cat)
	ten := gbit("forward to 10 nodes", run)
	ten.aim = &aim{bound: 10, least: true}
	ten.shown = "[source] run = \"heka-flood ...\"; 10 nodes of the form match = \"Type == 'type3' && " +
		"Fields[field1] >= 0\", run = \"" + discard + "\""
	tenPast, past := gbit("past 10 nodes", ten), gbit("past 100 nodes", ten)
	past.aim = &aim{bound: 0.33, least: true, ratio: true}
	count := 4 * g.size / 500
	s := &scene{name: "forward", rows: []*row{cat, wc, run, ten, tenPast, past}}
	s.about = "past: the matchers select nothing; at least 0.33 x says at most 3 times the cost"
	s.setup = func() error {
		if err := g.checkForward(); err != nil {
			return err
		}
		return g.records(count)
	}
	size := func() float64 { info, _ := os.Stat(g.path("files")); return float64(info.Size()) }
	add := func(r *row, res result) {
		r.add(size()*8/1e9/res.wall.Seconds(), res.cpu.Seconds()/(size()/1e9), res.peak)
	}
	s.run = func() error {
		for _, t := range []struct {
			row  *row
			line []string
		}{
			{cat, []string{"cat", g.path("files")}}, {wc, []string{"wc", "-l", g.path("files")}},
			{run, []string{"heka", "run", flood(count) + " | " + discard}},
		} {
			w := workload{pipe: [][]string{t.line}}
			res, err := w.run(g.bin)
			if err != nil {
				return err
			}
			add(t.row, res)
		}
		for _, t := range []struct {
			row    *row
			config string
		}{
			{ten, selecting(flood(count), discard)}, {tenPast, missing(flood(count), 10)},
			{past, missing(flood(count), 100)},
		} {
			res, err := g.complete("%s", t.config)
			if err != nil {
				return fmt.Errorf("%s: %w", t.row.name, err)
			}
			add(t.row, res)
		}
		return nil
	}
	return s
}

// records writes the messages of flood to the file that the references read.
func (g ground) records(count int64) error {
	f, err := os.Create(g.path("files"))
	if err != nil {
		return err
	}
	defer f.Close()
	words := strings.Fields(flood(count))
	c := command(g.bin, words[0], words[1:]...)
	c.Stdout = f
	return c.Run()
}

// checkForward wants that ten nodes get all messages of a flood, and others none.
func (g ground) checkForward() error {
	const count = 10000
	dir, err := g.fresh("files")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	config := selecting(flood(count), "heka-out -o text "+dir+"/%d") +
		strings.ReplaceAll(strings.SplitN(missing("", 12), "\n", 3)[2], "[to", "[past")
	config = strings.ReplaceAll(config, discard, "heka-out -o text "+dir+"/past")
	if _, err := g.complete("%s", config); err != nil {
		return err
	}
	if _, err := os.Stat(dir + "/past"); err == nil {
		return fmt.Errorf("matchers that select nothing have selected something")
	}
	total := int64(0)
	for i := range 10 {
		info, err := os.Stat(dir + "/" + strconv.Itoa(i))
		if err != nil {
			return err
		}
		total += info.Size()
	}
	if want := int64(count * 330); total < want {
		return fmt.Errorf("the nodes were given %d bytes of payload, not %d", total, want)
	}
	return nil
}
