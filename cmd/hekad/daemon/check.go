package daemon

import (
	"errors"
	"fmt"
	"net"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/config"
	"heka/cmd/hekad/service"
	"heka/lib/position"
	"heka/lib/prog"
)

// CheckAll checks a configuration as Run does, and opens what Run opens before it starts
// anything, unless a daemon runs with that state: then it has these things open.
func CheckAll(wings []prog.Wing, path, state, def string) (*config.Config, error) {
	c, err := Load(wings, path, state)
	if err != nil {
		return nil, err
	}
	lock, err := service.Take(StateOf(state, c, def))
	var busy *position.BusyError
	if errors.As(err, &busy) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	if addr := c.Hekad.Listen; addr != "" {
		if _, err := api.ReadToken(c.Hekad.TokenFile); err != nil {
			return nil, err
		}
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			return nil, fmt.Errorf("[hekad] listen: %w", err)
		}
		ln.Close()
	}
	return c, nil
}
