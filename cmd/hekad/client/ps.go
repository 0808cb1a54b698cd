package client

import (
	"context"
	"encoding/csv"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"heka/cmd/hekad/api"
)

// ps is the command ps.
type ps struct {
	*base
	format string
	all    bool
	over   time.Duration
}

func newPs(b *base) *cobra.Command {
	p := &ps{base: b}
	c := &cobra.Command{
		Use:   "ps [FLAGS]",
		Short: "show the nodes of the running daemon, and what is wrong with them",
		Example: `hekad ps
hekad ps -o json | jq '.nodes[] | select(.state != "running")'
hekad ps -o csv --over 10s`,
		Long: `Columns in which there is nothing are left out, and so are some where a terminal is too
narrow; csv and json have all, exactly. Status 1: a node has failed, or is stuck.`,
		Args: words(0, "", ""),
		RunE: func(c *cobra.Command, _ []string) error { return p.run(c.Context()) },
	}
	c.Flags().StringVarP(&p.format, "as", "o", "table", "`FORMAT`: table, csv or json")
	c.Flags().BoolVarP(&p.all, "all", "a", false, "all columns")
	c.Flags().DurationVar(&p.over, "over", time.Second,
		"rates are over this `TIME`; 0: since the start")
	return c
}

func (p *ps) run(ctx context.Context) error {
	write := map[string]func(*sample) error{"table": p.table, "csv": p.csv, "json": p.json}[p.format]
	switch {
	case write == nil:
		return mistake("want table, csv or json", "-o %s", p.format)
	case p.over < 0 || p.over > time.Hour:
		return mistake("want 0 to 1h", "--over %v", p.over)
	}
	c, err := p.dial()
	if err != nil {
		return err
	}
	defer c.Close()
	s, err := twice(ctx, c, p.over)
	if err != nil {
		return err
	}
	if err := write(s); err != nil {
		return err
	}
	if unwell(&s.Status) {
		return &Exit{Code: exitNo}
	}
	return nil
}

// unwell reports whether a node has failed or is stuck.
func unwell(s *api.Status) bool {
	for i := range s.Nodes {
		if s.Nodes[i].State == api.Failed {
			return true
		}
	}
	return len(s.Stuck) > 0
}

// twice asks how things stand, and again after a while: for the rates.
func twice(ctx context.Context, c *api.Client, over time.Duration) (*sample, error) {
	first, err := c.Status(ctx)
	if err != nil || over == 0 {
		return newSample(nil, first), err
	}
	select {
	case <-time.After(over):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	now, err := c.Status(ctx)
	return newSample(&first, now), err
}

func (p *ps) table(s *sample) error {
	width := 0
	if term.IsTerminal(int(p.Stdout.Fd())) && !p.all {
		width = terminalWidth(p.Stdout)
	}
	paint := painter(p.useColor(p.Stdout))
	lines := newTable(s, p.all).lines(width, paint, "")
	if found := troubles(&s.Status); len(found) > 0 {
		lines = append(lines, "")
		for _, f := range found {
			lines = append(lines, f.line(paint))
		}
	}
	_, err := io.WriteString(p.Stdout, strings.Join(lines, "\n")+"\n")
	return err
}

func terminalWidth(f *os.File) int {
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil || w <= 0 {
		return 80
	}
	return w
}

func (p *ps) csv(s *sample) error {
	w := csv.NewWriter(p.Stdout)
	cols := append(columns(), exact()...)
	line := make([]string, len(cols))
	for i, c := range cols {
		line[i] = csvName(c.name)
	}
	w.Write(line)
	for _, r := range newTable(s, true).rows {
		for i, c := range cols {
			value := c.csv
			if value == nil {
				value = c.cell
			}
			line[i] = visible(value(r))
		}
		w.Write(line)
	}
	w.Flush()
	return w.Error()
}

// csvName is what a column is called for programs.
func csvName(name string) string {
	switch name {
	case "in/s":
		return "in_rate"
	case "out/s":
		return "out_rate"
	case "blocked":
		return "blocked_by"
	}
	return name
}
