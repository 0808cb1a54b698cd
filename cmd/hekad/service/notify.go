package service

import (
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// Notifier tells the service manager how the daemon stands: sd_notify(3). Without one,
// and with a nil Notifier, it does nothing. Its methods may be called by any number of
// goroutines.
//
// The socket is opened once: the watchdog is told of also when no descriptors are left.
type Notifier struct {
	mu       sync.Mutex
	conn     *net.UnixConn
	watchdog time.Duration // between two signs of life at the latest; 0: none is asked for
	alive    time.Time     // the last one
	status   string
}

// NewNotifier connects to the socket that NOTIFY_SOCKET names, and takes it and the
// watchdog's variables out of the environment. A socket that can't be reached is an error,
// with a Notifier that does nothing.
func NewNotifier() (*Notifier, error) {
	n := &Notifier{}
	name := os.Getenv("NOTIFY_SOCKET")
	if err := os.Unsetenv("NOTIFY_SOCKET"); err != nil {
		return n, fmt.Errorf("notify: %w", err)
	}
	interval, err := daemon.SdWatchdogEnabled(true)
	if err != nil {
		return n, fmt.Errorf("notify: watchdog: %w", err)
	}
	if name == "" {
		return n, nil
	}
	n.conn, err = net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		n.conn = nil
		return n, fmt.Errorf("notify: %w", err)
	}
	n.watchdog = interval
	return n, nil
}

// Ready says that the daemon does its work, at the start and after Reloading; status is
// what systemctl status shows.
func (n *Notifier) Ready(status string) { n.send(daemon.SdNotifyReady, status) }

// Reloading says that a reload has begun. Ready has to follow, also when it is refused.
func (n *Notifier) Reloading() {
	n.send(daemon.SdNotifyReloading+"\n"+strings.TrimSpace(daemon.SdNotifyMonotonicUsec()),
		"reloading")
}

// Stopping says that the daemon drains, and that this may take as long as grace, whatever
// the unit says.
func (n *Notifier) Stopping(grace time.Duration) {
	extend := grace + 5*time.Second
	n.send(fmt.Sprintf("%s\nEXTEND_TIMEOUT_USEC=%d", daemon.SdNotifyStopping, extend.Microseconds()),
		"delivering what was read")
}

// Status says what systemctl status shows, if it is something new.
func (n *Notifier) Status(status string) { n.send("", status) }

// Alive is called each second while the daemon is healthy, with the time; it gives the
// watchdog its sign of life as often as that needs it.
func (n *Notifier) Alive(now time.Time) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.conn == nil || n.watchdog == 0 {
		return
	}
	if since := now.Sub(n.alive); !n.alive.IsZero() && since >= 0 && since < n.watchdog/3 {
		return
	}
	if _, err := n.conn.Write([]byte(daemon.SdNotifyWatchdog)); err == nil {
		n.alive = now
	}
}

// Watchdog returns how long the service manager waits for a sign of life; 0: it does not.
func (n *Notifier) Watchdog() time.Duration {
	if n == nil {
		return 0
	}
	return n.watchdog
}

// send sends state, and status if it is a new one. A manager that does not take it is
// gone: there is nobody to tell of that.
func (n *Notifier) send(state, status string) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.conn == nil || state == "" && status == n.status {
		return
	}
	var lines []string
	if state != "" {
		lines = append(lines, state)
	}
	if status != "" && status != n.status {
		lines = append(lines, "STATUS="+strings.ReplaceAll(status, "\n", " "))
	}
	if len(lines) == 0 {
		return
	}
	n.status = status
	_, _ = n.conn.Write([]byte(strings.Join(lines, "\n")))
}

// Close closes the socket.
func (n *Notifier) Close() {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.conn != nil {
		n.conn.Close()
		n.conn = nil
	}
}
