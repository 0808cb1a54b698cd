package prog

import (
	"os"
	"runtime/debug"

	"heka/lib/wall"
)

// enterWalls puts walls around this process if a stage of c wants them. Of what the
// program itself opens, the files that the command line names stay within reach.
func (c *Command) enterWalls() error {
	var walls []wall.Wall
	for _, s := range c.Stages {
		if w, ok := s.(wall.Walled); ok {
			walls = append(walls, w.Wall())
		}
	}
	if len(walls) == 0 {
		return nil
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
	if os.Getenv("GOGC") == "" {
		// Values of scripts are garbage that batches are not.
		debug.SetGCPercent(150)
	}
	return all.Enter()
}
