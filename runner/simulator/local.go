package simulator

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
)

// Local is a real http.Server and a real http.Transport, joined by pipes in
// memory: all of HTTP and no sockets. So it works in a testing/synctest bubble,
// where a goroutine that waits for the network would stop the clock.
type Local struct {
	server    *http.Server
	listener  *pipeListener
	transport *http.Transport
	served    chan struct{}
	conns     sync.WaitGroup
}

// Serve starts a server for h. Close stops it.
func Serve(h http.Handler) *Local {
	l := &Local{
		listener: &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})},
		served:   make(chan struct{}),
	}
	l.server = &http.Server{
		Handler:   h,
		ErrorLog:  log.New(io.Discard, "", 0),
		ConnState: l.track,
	}
	l.transport = &http.Transport{
		DialContext:         l.listener.dial,
		MaxIdleConnsPerHost: 64,
		DisableCompression:  true,
	}
	go func() {
		defer close(l.served)
		l.server.Serve(l.listener) // returns when Close is called
	}()
	return l
}

// Transport leads every http request to the handler, whatever its host: a
// client that insists on a loopback address may name one.
func (l *Local) Transport() http.RoundTripper { return l.transport }

// track counts connections. StateNew comes before Serve can return, StateClosed
// after the connection's last handler.
func (l *Local) track(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		l.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		l.conns.Done()
	}
}

// Close ends all connections, and returns when no handler runs any more.
func (l *Local) Close() error {
	err := l.server.Close()
	l.transport.CloseIdleConnections()
	<-l.served
	l.conns.Wait()
	return err
}

// pipeListener accepts what dial made.
type pipeListener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, errors.New("dial: the local simulator is closed")
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "simulator" }
