package main

// parse has hekad decode an access log to JSON, in its own process and in another.
func parse(g ground) *scene {
	log := g.path("files")
	line := "heka-tail " + log + " | heka-decode nginx | heka-out -o json /dev/null"
	mb := func(name string, versus *row, bound float64) *row {
		r := &row{name: name, unit: "MB/s", per: "s/GB", versus: versus}
		if bound > 0 {
			r.aim = &aim{bound: bound, least: true, ratio: true}
		}
		return r
	}
	cat, wc := mb("parse, cat", nil, 0), mb("parse, wc -l", nil, 0)
	run := mb("parse, heka run", wc, 0)
	fused, apart := mb("parse, hekad", run, 0.95), mb("parse, hekad, isolated", run, 0.7)
	run.shown = "heka run 'heka-tail f | heka-decode nginx | heka-out -o json /dev/null'"
	apart.shown = "the same line as a node, with isolate = true"
	var in file
	s := &scene{name: "parse", rows: []*row{cat, wc, run, fused, apart}}
	s.setup = func() (err error) {
		in, err = lines(g.bin, log, g.size, 1)
		return err
	}
	add := func(r *row, res result) {
		r.add(float64(in.bytes)/1e6/res.wall.Seconds(), res.cpu.Seconds()/(float64(in.bytes)/1e9), res.peak)
	}
	s.run = func() error {
		for _, t := range []struct {
			row  *row
			line []string
		}{
			{cat, []string{"cat", log}}, {wc, []string{"wc", "-l", log}},
			{run, []string{"heka", "run", line}},
		} {
			w := workload{pipe: [][]string{t.line}}
			res, err := w.run(g.bin)
			if err != nil {
				return err
			}
			add(t.row, res)
		}
		for _, t := range []struct {
			row  *row
			more string
		}{{fused, ""}, {apart, "isolate = true\n"}} {
			res, err := g.complete("[parse]\nrun = %q\n%s", line, t.more)
			if err != nil {
				return err
			}
			add(t.row, res)
		}
		return nil
	}
	return s
}
