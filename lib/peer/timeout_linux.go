package peer

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// giveUpAfter has the system end a connection when what was sent is not confirmed for
// so long; without it that takes a quarter of an hour. It is an aid: a system that
// refuses it still does the latter.
func giveUpAfter(conn *net.TCPConn, d time.Duration) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) {
		unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d/time.Millisecond))
	})
}
