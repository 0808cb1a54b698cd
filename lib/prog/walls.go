package prog

import (
	"os"
	"runtime/debug"

	"heka/lib/wall"
)

// enterWalls puts walls around this process if a stage of c wants them. Of what the
// program itself opens, the files that the command line names stay within reach.
func (c *Command) enterWalls() error {
	if w, wanted := c.wall(); wanted {
		return enter(w)
	}
	return nil
}

// wall returns the wall for a process that runs c, and whether a stage wants one.
func (c *Command) wall() (w wall.Wall, wanted bool) {
	var walls []wall.Wall
	for _, s := range c.Stages {
		if w, ok := s.(wall.Walled); ok {
			walls = append(walls, w.Wall())
		}
	}
	if len(walls) == 0 {
		return w, false
	}
	all := wall.Join(walls)
	all.Read = append(all.Read, c.Files...)
	for _, name := range []string{c.opt.fail, os.Getenv("HEKA_CPUPROFILE")} {
		if name != "" {
			all.Write = append(all.Write, name)
		}
	}
	if c.opt.keys != "" {
		all.Read = append(all.Read, c.opt.keys)
	}
	return all, true
}

func enter(w wall.Wall) error {
	if os.Getenv("GOGC") == "" {
		// Values of scripts are garbage that batches are not.
		debug.SetGCPercent(150)
	}
	return w.Enter()
}

// Walls puts walls around this process, if each command of the pipeline wants them: the
// wall of a script would keep a source from its files, and a sink from the network.
func (j *Job) Walls() error {
	var all []wall.Wall
	for _, s := range j.Steps {
		if s.Command == nil {
			return nil
		}
		w, wanted := s.Command.wall()
		if !wanted {
			return nil
		}
		all = append(all, w)
	}
	return enter(wall.Join(all))
}
