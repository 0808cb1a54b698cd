package api

import (
	"fmt"
	"net"
	"sync"
	"time"
)

// crowd is a listener that has only so many connections at once. More are told so and
// closed, rather than left to wait for those that may never leave.
type crowd struct {
	net.Listener
	room chan struct{} // has a place for each
}

func newCrowd(l net.Listener, most int) *crowd {
	return &crowd{Listener: l, room: make(chan struct{}, most)}
}

// Accept implements net.Listener.
func (c *crowd) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case c.room <- struct{}{}:
			return &guest{Conn: conn, room: c.room}, nil
		default:
			refuse(conn)
		}
	}
}

// refuse tells conn that there is no room. It does not wait: a new connection has room
// for so short a text.
func refuse(conn net.Conn) {
	const body = `{"error":"too many connections","hint":"close some, or try again in a while"}` + "\n"
	conn.SetDeadline(time.Now().Add(time.Second))
	fmt.Fprintf(conn, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"+
		"Connection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	conn.Close()
}

// guest is a connection of a crowd.
type guest struct {
	net.Conn
	room chan struct{}
	once sync.Once
}

// Close implements net.Conn, and makes room.
func (g *guest) Close() error {
	err := g.Conn.Close()
	g.once.Do(func() { <-g.room })
	return err
}
