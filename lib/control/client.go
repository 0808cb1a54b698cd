package control

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"heka/lib/frame"
)

// Client sends commands to a daemon.
type Client struct {
	Address string      // HOST:PORT
	TLS     *tls.Config // nil: without
	Key     Key
	From    string        // name of the machine that sends, for logs
	Timeout time.Duration // for all of it; 0: 30 s
}

// NoAnswer is why there is no answer to a command that was sent: it may have been
// carried out.
type NoAnswer struct{ Err error }

func (e *NoAnswer) Error() string { return fmt.Sprintf("no answer: %v", e.Err) }

// Unwrap returns the reason.
func (e *NoAnswer) Unwrap() error { return e.Err }

// Do sends c, whose Time and Expires it sets, and returns the answer. The error is a
// *NoAnswer once c was on its way; or ErrAnswer, if what came is not the daemon's; or
// that of the connection.
func (k *Client) Do(ctx context.Context, c *Command) (Answer, error) {
	timeout := or(k.Timeout, 30*time.Second)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := k.dial(ctx)
	if err != nil {
		return Answer{}, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	now := time.Now()
	c.Time, c.Expires = now.UnixNano(), now.Add(min(timeout, DefaultWindow)).UnixNano()
	record, err := c.Seal(k.Key, k.From)
	if err != nil {
		return Answer{}, err
	}
	if _, err := conn.Write(record); err != nil {
		return Answer{}, &NoAnswer{err}
	}
	r := &reader{src: conn, max: DefaultMax}
	body, _, err := r.next(0)
	if err != nil {
		return Answer{}, &NoAnswer{err}
	}
	v, err := viewOf(body)
	if err != nil {
		return Answer{}, ErrAnswer
	}
	return open(&v, c, k.Key.Secret)
}

func (k *Client) dial(ctx context.Context) (net.Conn, error) {
	if k.TLS == nil {
		return (&net.Dialer{}).DialContext(ctx, "tcp", k.Address)
	}
	return (&tls.Dialer{Config: k.TLS}).DialContext(ctx, "tcp", k.Address)
}

// With returns k for a hash function of this name, as Heka's
// configuration has it; empty is sha256.
func (k Key) With(hash string) (Key, error) {
	if hash == "" {
		hash = "sha256"
	}
	h, err := frame.ParseHash(hash)
	k.Hash = h
	return k, err
}
