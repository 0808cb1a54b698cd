//go:build !linux

package peer

import (
	"net"
	"time"
)

// giveUpAfter does nothing where the system has no such limit.
func giveUpAfter(*net.TCPConn, time.Duration) {}
