//go:build !linux

package supervise

import (
	"errors"
	"syscall"
)

type group struct{}

func newGroup(*Spec, bool) (*group, error) { return nil, nil }
func (g *group) born(*syscall.SysProcAttr) {}
func (g *group) remove()                   {}
func (g *group) outOfMemory() bool         { return false }

// ErrNoCgroup is returned by OwnCgroup: control groups are Linux's.
var ErrNoCgroup = errors.New("no control groups on this system")

// OwnCgroup returns ErrNoCgroup.
func OwnCgroup() (string, error) { return "", ErrNoCgroup }
