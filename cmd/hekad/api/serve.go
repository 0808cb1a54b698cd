package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// ServeOptions of a Server.
type ServeOptions struct {
	State  string  // folder that has the socket
	Listen string  // loopback address of TCP, as in 127.0.0.1:5567; empty: none
	Token  string  // file with the token that TCP clients show; required with Listen
	Mounts []Mount // paths besides the API's, on both

	// Sockets are unix sockets that somebody else has opened, to be served like the one in
	// the state folder, or in its place if one of them is that: who can connect is believed.
	// Serve takes them over, also when it fails. Their files are left alone.
	Sockets []net.Listener

	Log *slog.Logger // nil: silent

	// Patience is how long a client may take to send the header of a request, and as long
	// again for its body; 0: 10 s.
	Patience time.Duration
}

// SocketName is the name of the control socket in the state folder.
const SocketName = "control.sock"

// Bounds of a Server.
const (
	maxConns  = 128 // at once, on each of its listeners
	patience  = 10 * time.Second
	idleTime  = 60 * time.Second
	maxHeader = 16 << 10
	closeTime = 5 * time.Second
)

// Server answers on the control socket, and on TCP if that was asked for.
type Server struct {
	socket  *socket
	tcp     net.Listener
	servers []*http.Server
	cancel  context.CancelFunc // of all requests
	running sync.WaitGroup     // the goroutines of servers
	active  atomic.Int64       // requests that are being answered
	once    sync.Once
	err     error
}

// Serve listens, and answers requests to d until Close, or until ctx ends, which is the
// end of what the requests wait for. The socket is there, with mode 0600, when Serve
// returns. That a daemon which was killed has left its socket does not matter; if one
// answers there, that is an error.
func Serve(ctx context.Context, d Daemon, opt ServeOptions) (*Server, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Patience <= 0 {
		opt.Patience = patience
	}
	token := ""
	if opt.Listen != "" {
		var err error
		if token, err = checkListen(opt); err != nil {
			return nil, err
		}
	}
	s := &Server{}
	if err := s.listen(opt); err != nil {
		return nil, err
	}
	ctx, s.cancel = context.WithCancel(ctx)
	ho := HandlerOptions{Mounts: opt.Mounts, Log: opt.Log, Patience: opt.Patience}
	for _, l := range opt.Sockets {
		s.serve(ctx, l, Handler(d, ho), opt)
	}
	if s.socket != nil {
		s.serve(ctx, s.socket, Handler(d, ho), opt)
	}
	if s.tcp != nil {
		ho.Token, ho.Local = token, true
		s.serve(ctx, s.tcp, Handler(d, ho), opt)
	}
	return s, nil
}

// listen opens what the server listens at.
func (s *Server) listen(opt ServeOptions) (err error) {
	defer func() {
		if err != nil {
			for _, l := range opt.Sockets {
				l.Close()
			}
		}
	}()
	path := filepath.Join(opt.State, SocketName)
	own := true
	for _, l := range opt.Sockets {
		own = own && l.Addr().String() != path
	}
	if own {
		if s.socket, err = listenUnix(path); err != nil {
			return err
		}
	}
	if opt.Listen == "" {
		return nil
	}
	if s.tcp, err = net.Listen("tcp", opt.Listen); err != nil {
		if s.socket != nil {
			s.socket.Close()
		}
		return fmt.Errorf("[hekad] listen: %w", err)
	}
	return nil
}

// checkListen checks what TCP needs, and returns the token.
func checkListen(opt ServeOptions) (string, error) {
	host, _, err := net.SplitHostPort(opt.Listen)
	switch {
	case err != nil:
		return "", fmt.Errorf("listen %q: %w; want an address like 127.0.0.1:5567", opt.Listen, err)
	case !localHost(host):
		return "", fmt.Errorf("listen %q: only the loopback interface is served: "+
			"127.0.0.1, [::1] or localhost", opt.Listen)
	case opt.Token == "":
		return "", fmt.Errorf("listen %q: TCP needs a token_file; "+makeToken,
			opt.Listen, filepath.Join(opt.State, "token"))
	}
	return ReadToken(opt.Token)
}

// serve has l answered by h.
func (s *Server) serve(ctx context.Context, l net.Listener, h http.Handler, opt ServeOptions) {
	srv := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.active.Add(1)
			defer s.active.Add(-1)
			h.ServeHTTP(w, r)
		}),
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: opt.Patience,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(opt.Log.Handler(), slog.LevelDebug),
	}
	s.servers = append(s.servers, srv)
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		c := newCrowd(l, maxConns)
		defer c.told.Wait()
		if err := srv.Serve(c); !errors.Is(err, http.ErrServerClosed) {
			opt.Log.Error("control: " + err.Error())
		}
	}()
}

// Addr is the address of TCP; nil if there is none.
func (s *Server) Addr() net.Addr {
	if s.tcp == nil {
		return nil
	}
	return s.tcp.Addr()
}

// Close takes no more requests, ends taps and all else that waits, and returns when
// every answer is given and every goroutine gone. A request that goes on for 5 seconds
// after that is left, and is an error.
func (s *Server) Close() error {
	s.once.Do(func() { s.err = s.close() })
	return s.err
}

func (s *Server) close() error {
	if s.socket != nil {
		s.socket.remove()
	}
	s.cancel()
	end := time.Now().Add(closeTime)
	for _, srv := range s.servers {
		s.shut(srv, end)
	}
	s.running.Wait()
	var err error
	if n := s.active.Load(); n > 0 {
		err = fmt.Errorf("control: %d requests did not end within %v", n, closeTime)
	}
	if s.socket != nil {
		err = errors.Join(err, s.socket.forget())
	}
	return err
}

// shut ends srv when nothing is left to be answered. Connections that have not asked
// anything yet, or only half of it, are not waited for.
func (s *Server) shut(srv *http.Server, end time.Time) {
	defer srv.Close()
	for time.Now().Before(end) {
		answered := s.active.Load() == 0 // and the time below is enough to send it
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		err := srv.Shutdown(ctx)
		cancel()
		if err == nil || answered {
			return
		}
	}
}

// socketPath returns a name of path that fits into an address: that of its folder may be
// too long, and then goes by a descriptor of the folder. done is to be called when the
// name is no longer needed.
func socketPath(path string) (short string, done func(), err error) {
	const most = 100 // of 108, 104 on some systems
	if len(path) <= most {
		return path, func() {}, nil
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	short = fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path))
	return short, func() { dir.Close() }, nil
}
