package client

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"heka/cmd/hekad/api"
)

// row is a node in a table.
type row struct {
	*api.Node
	rates
	stuck bool
}

// column is one of the table of nodes.
type column struct {
	name  string
	left  bool                // text, which stands to the left
	rank  int                 // those of high rank go first where there is no room
	key   byte                // sorts by it in top; 0: none
	less  func(a, b *row) int // the order in top: what matters first
	cell  func(r *row) string // empty: nothing to say
	csv   func(r *row) string // exact; nil: as cell
	color func(r *row) string // nil: none
}

// number makes a column of a count of which 0 says nothing.
func number(name string, rank int, key byte, of func(*row) int64, color string) column {
	return column{
		name: name, rank: rank, key: key,
		less: func(a, b *row) int { return cmp.Compare(of(b), of(a)) },
		cell: func(r *row) string { return zero(count(of(r))) },
		csv:  func(r *row) string { return strconv.FormatInt(of(r), 10) },
		color: func(r *row) string {
			if of(r) > 0 {
				return color
			}
			return ""
		},
	}
}

// sized makes a column of bytes, of how many there may be at most.
func sized(name string, rank int, key byte, of, most func(*row) int64) column {
	c := number(name, rank, key, of, "")
	c.cell = func(r *row) string {
		if of(r) == 0 {
			return ""
		}
		s := bytes(of(r))
		if m := most(r); m > 0 {
			s += " " + percent(float64(of(r))/float64(m))
		}
		return s
	}
	c.color = func(r *row) string {
		switch m := most(r); {
		case m > 0 && of(r) >= m*95/100:
			return red
		case m > 0 && of(r) >= m*80/100:
			return yellow
		}
		return ""
	}
	return c
}

// speed makes a column of a rate.
func speed(name string, rank int, key byte, of func(*row) float64) column {
	return column{
		name: name, rank: rank, key: key,
		less: func(a, b *row) int { return cmp.Compare(of(b), of(a)) },
		cell: func(r *row) string { return zero(short(of(r))) },
		csv:  func(r *row) string { return strconv.FormatFloat(of(r), 'f', 1, 64) },
	}
}

// zero makes nothing of 0.
func zero(s string) string {
	if s == "0" {
		return ""
	}
	return s
}

func none(*row) int64 { return 0 }

// columns returns those of the table of nodes.
func columns() []column {
	name := column{
		name: "node", left: true, key: 'n',
		cell: func(r *row) string { return visible(r.Name) },
		csv:  func(r *row) string { return r.Name },
		less: func(a, b *row) int { return strings.Compare(a.Name, b.Name) },
	}
	state := column{
		name: "state", left: true, rank: 1, key: 't',
		cell: func(r *row) string {
			if r.stuck && r.State == api.Running {
				return "stuck"
			}
			return visible(string(r.State))
		},
		csv: func(r *row) string { return string(r.State) },
		color: func(r *row) string {
			switch urgency(r) {
			case 1:
				return dim
			case 2:
				return green
			case 3, 4:
				return yellow
			}
			return red
		},
		less: func(a, b *row) int { return cmp.Compare(urgency(b), urgency(a)) },
	}
	blocked := column{
		name: "blocked", left: true, rank: 3, key: 'b',
		cell: func(r *row) string {
			switch {
			case r.Blocked:
				return "by " + visible(r.BlockedBy)
			case r.BlockedS >= 1:
				return span(seconds(r.BlockedS))
			}
			return ""
		},
		csv: func(r *row) string {
			if !r.Blocked {
				return ""
			}
			return r.BlockedBy
		},
		color: func(r *row) string {
			if r.Blocked {
				return yellow
			}
			return ""
		},
		less: func(a, b *row) int { return cmp.Compare(b.BlockedS, a.BlockedS) },
	}
	cpu := speed("cpu", 9, 'c', func(r *row) float64 { return r.rates.cpu })
	cpu.csv = func(r *row) string { return strconv.FormatFloat(r.rates.cpu, 'f', 3, 64) }
	cpu.cell = func(r *row) string {
		if r.rates.cpu < 0.005 {
			return ""
		}
		return percent(r.rates.cpu)
	}
	mem := sized("mem", 9, 'm', func(r *row) int64 { return r.Memory }, none)
	return []column{
		name, state,
		speed("in/s", 2, 'i', func(r *row) float64 { return r.rates.in }),
		speed("out/s", 2, 'o', func(r *row) float64 { return r.rates.out }),
		number("in", 6, 'I', func(r *row) int64 { return r.In }, ""),
		number("out", 6, 'O', func(r *row) int64 { return r.Out }, ""),
		sized("bytes", 7, 'B', volume, none),
		number("errors", 4, 'e', func(r *row) int64 { return r.Errors }, yellow),
		number("dropped", 4, 'd', func(r *row) int64 { return r.Dropped }, red),
		number("dead", 4, 'D', func(r *row) int64 { return r.Dead }, red),
		blocked,
		sized("queue", 3, 'u', func(r *row) int64 { return r.Queue },
			func(r *row) int64 { return r.QueueMax }),
		sized("spool", 3, 's', func(r *row) int64 { return r.Spool },
			func(r *row) int64 { return r.SpoolMax }),
		sized("lag", 5, 'l', func(r *row) int64 { return r.Lag }, none),
		number("restarts", 8, 'r', func(r *row) int64 { return r.Restarts }, yellow),
		cpu, mem,
	}
}

// volume is how many bytes a node has been given, or made if it is a source.
func volume(r *row) int64 {
	if source(r.Node) {
		return r.OutBytes
	}
	return r.InBytes
}

// urgency says how much the state of a node asks to be looked at.
func urgency(r *row) int {
	switch r.State {
	case api.Failed:
		return 6
	case api.Waiting:
		return 4
	case api.Starting, api.Stopping:
		return 3
	case api.Ended:
		return 1
	}
	if r.stuck {
		return 5
	}
	return 2
}

// exact returns the columns that csv has besides those of the table.
func exact() []column {
	plainText := func(name string, of func(*row) string) column {
		return column{name: name, cell: of}
	}
	num := func(name string, of func(*row) int64) column { return number(name, 0, 0, of, "") }
	return []column{
		num("in_bytes", func(r *row) int64 { return r.InBytes }),
		num("out_bytes", func(r *row) int64 { return r.OutBytes }),
		num("looped", func(r *row) int64 { return r.Looped }),
		num("skipped", func(r *row) int64 { return r.Skipped }),
		num("gaps", func(r *row) int64 { return r.Gaps }),
		num("gap_bytes", func(r *row) int64 { return r.GapBytes }),
		num("damaged", func(r *row) int64 { return r.Damaged }),
		num("queue_max", func(r *row) int64 { return r.QueueMax }),
		num("spool_max", func(r *row) int64 { return r.SpoolMax }),
		plainText("spool_age", func(r *row) string { return fmt.Sprintf("%.0f", r.SpoolAge) }),
		plainText("blocked_s", func(r *row) string { return fmt.Sprintf("%.1f", r.BlockedS) }),
		plainText("why", func(r *row) string { return r.Why }),
	}
}
