package supervise

import "syscall"

type group struct{}

func newGroup(*Spec) (*group, error)            { return nil, nil }
func (g *group) born(attr *syscall.SysProcAttr) {}
func (g *group) remove()                        {}
func (g *group) outOfMemory() bool              { return false }
func limit(p *process)                          {}
