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
	room  chan struct{}  // has a place for each
	lobby chan struct{}  // has a place for each that is being told
	told  sync.WaitGroup // those
}

// Bounds of those that are told that there is no room; who comes on top of them is
// closed without a word.
const (
	maxLobby  = 64
	lobbyTime = 500 * time.Millisecond
)

func newCrowd(l net.Listener, most int) *crowd {
	return &crowd{
		Listener: l, room: make(chan struct{}, most), lobby: make(chan struct{}, maxLobby),
	}
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
			c.refuse(conn)
		}
	}
}

// refuse tells conn that there is no room.
func (c *crowd) refuse(conn net.Conn) {
	select {
	case c.lobby <- struct{}{}:
	default:
		conn.Close()
		return
	}
	c.told.Add(1)
	go func() {
		defer c.told.Done()
		defer func() { <-c.lobby }()
		defer conn.Close()
		const body = `{"error":"too many connections","hint":"close some, or try again in a while"}` + "\n"
		conn.SetDeadline(time.Now().Add(lobbyTime))
		conn.Read(make([]byte, 4096)) // the question first: clients take no answer before
		conn.SetDeadline(time.Now().Add(lobbyTime))
		fmt.Fprintf(conn, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"+
			"Connection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}()
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
