package apixo

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A server of HTTP/2 written by hand, frame by frame (RFC 9113): only so can one
// say what net/http's own never says.

// Types, flags and error codes of frames, as far as the tests need them.
const (
	frameData      = 0x0
	frameHeaders   = 0x1
	frameRST       = 0x3
	frameSettings  = 0x4
	framePing      = 0x6
	frameGoAway    = 0x7
	flagEndStream  = 0x1 // of data and headers
	flagAck        = 0x1 // of settings and pings
	flagEndHeaders = 0x4

	noError         = 0x0
	protocolError   = 0x1
	internalError   = 0x2
	refusedStream   = 0x7
	enhanceYourCalm = 0xb
)

// conn2 is one connection of the server.
type conn2 struct {
	net.Conn
	writing sync.Mutex
	heard   chan struct{} // closed by hear
	hear    func()        // the client has answered a ping, or hung up
}

func (c *conn2) write(kind, flags byte, stream uint32, payload []byte) {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	head = binary.BigEndian.AppendUint32(append(head, flags), stream)
	c.writing.Lock()
	defer c.writing.Unlock()
	c.Write(append(head, payload...)) // the peer may be gone
}

func (c *conn2) reset(stream, code uint32) {
	c.write(frameRST, 0, stream, binary.BigEndian.AppendUint32(nil, code))
}

// goAway says that streams after last were not and will not be processed.
func (c *conn2) goAway(last, code uint32) {
	c.write(frameGoAway, 0, 0, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), code))
}

// ping asks the client to tell that it has read what was sent before.
func (c *conn2) ping() { c.write(framePing, 0, 0, make([]byte, 8)) }

// status200 is ":status: 200" in HPACK's static table (RFC 7541, appendix A).
const status200 = 0x88

func (c *conn2) head(stream uint32) { c.write(frameHeaders, flagEndHeaders, stream, []byte{status200}) }

func (c *conn2) answer(stream uint32) {
	c.head(stream)
	c.write(frameData, flagEndStream, stream, []byte(`{"code":200,"data":{"taskId":"t1"}}`))
}

// server2 gives each request that it has read whole to answer, the first of all
// excepted: that is answered well, so that the connection is a kept one.
type server2 struct {
	listener net.Listener
	posts    atomic.Int64 // read whole
	dials    atomic.Int64
	open     sync.WaitGroup
	stopped  chan struct{}
	begins   func(c *conn2, stream uint32) // a request begins; may be nil
	answer   func(c *conn2, stream uint32)
}

func newServer2(t *testing.T, s *server2) *Client {
	t.Helper()
	certified := httptest.NewUnstartedServer(http.NotFoundHandler())
	certified.EnableHTTP2 = true
	certified.StartTLS() // for its certificate
	defer certified.Close()
	config := certified.TLS.Clone()
	config.NextProtos = []string{"h2"}
	var err error
	if s.listener, err = tls.Listen("tcp", "127.0.0.1:0", config); err != nil {
		t.Fatal(err)
	}
	s.stopped = make(chan struct{})
	s.open.Go(s.serve)
	t.Cleanup(func() { close(s.stopped); s.listener.Close(); s.open.Wait() })
	rt := DefaultTransport()
	rt.TLSClientConfig = &tls.Config{RootCAs: certified.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	c, err := New(Options{
		BaseURL: "https://" + s.listener.Addr().String(), Key: mustKey(t, testKey), HTTP: rt,
		SubmitTimeout: 5 * time.Second, StatusTimeout: 300 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *server2) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.dials.Add(1)
		s.open.Go(func() {
			c := &conn2{Conn: conn, heard: make(chan struct{})}
			c.hear = sync.OnceFunc(func() { close(c.heard) })
			s.converse(c)
			c.hear()
			conn.Close()
		})
		s.open.Go(func() {
			<-s.stopped
			conn.Close()
		})
	}
}

// converse reads frames until the connection ends.
func (s *server2) converse(c *conn2) {
	const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	if _, err := io.ReadFull(c, make([]byte, len(preface))); err != nil {
		return
	}
	c.write(frameSettings, 0, 0, nil)
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		length := binary.BigEndian.Uint32(head) >> 8
		kind, flags, stream := head[3], head[4], binary.BigEndian.Uint32(head[5:])
		payload := make([]byte, length)
		if _, err := io.ReadFull(c, payload); err != nil {
			return
		}
		s.frame(c, kind, flags, stream, payload)
	}
}

func (s *server2) frame(c *conn2, kind, flags byte, stream uint32, payload []byte) {
	switch {
	case kind == frameSettings && flags&flagAck == 0:
		c.write(frameSettings, flagAck, 0, nil)
	case kind == framePing && flags&flagAck == 0:
		c.write(framePing, flagAck, 0, payload)
	case kind == framePing:
		c.hear()
	case kind == frameHeaders && s.begins != nil && s.posts.Load() > 0:
		s.begins(c, stream)
	}
	if flags&flagEndStream == 0 || kind != frameHeaders && kind != frameData {
		return
	}
	if kind == frameHeaders { // a GET
		s.answer(c, stream)
	} else if s.posts.Add(1) == 1 {
		c.answer(stream)
	} else {
		s.answer(c, stream)
	}
}

func TestOnePOSTWhateverAnHTTP2ServerDoes(t *testing.T) {
	for _, test := range []struct {
		name   string
		begins func(c *conn2, stream uint32)
		answer func(c *conn2, stream uint32)
		id     string
	}{
		{"answers", nil, func(c *conn2, s uint32) { c.answer(s) }, "t1"},
		{"goes away without processing it", nil, func(c *conn2, s uint32) { c.goAway(s-2, noError); c.Close() }, ""},
		{"goes away without processing it, and lingers", nil, func(c *conn2, s uint32) { c.goAway(s-2, noError) }, ""},
		{"goes away before it has read it", func(c *conn2, s uint32) { c.goAway(s-2, noError) }, func(*conn2, uint32) {}, ""},
		{"goes away, and answers it", nil, func(c *conn2, s uint32) { c.goAway(s, noError); c.answer(s) }, "t1"},
		{"goes away, and processes it in silence", nil, func(c *conn2, s uint32) { c.goAway(s, noError); c.Close() }, ""},
		{"goes away in anger", nil, func(c *conn2, s uint32) { c.goAway(s, enhanceYourCalm); c.Close() }, ""},
		{"refuses the stream", nil, func(c *conn2, s uint32) { c.reset(s, refusedStream) }, ""},
		{"refuses the stream before it has read it", func(c *conn2, s uint32) { c.reset(s, refusedStream) }, func(*conn2, uint32) {}, ""},
		{"has an internal error", nil, func(c *conn2, s uint32) { c.reset(s, internalError) }, ""},
		{"sees a protocol error", nil, func(c *conn2, s uint32) { c.reset(s, protocolError) }, ""},
		{"resets without an error", nil, func(c *conn2, s uint32) { c.reset(s, noError) }, ""},
		{"resets the answer", nil, func(c *conn2, s uint32) { c.head(s); c.reset(s, internalError) }, ""},
		{"resets behind the task ID", nil, func(c *conn2, s uint32) {
			c.head(s)
			c.write(frameData, 0, s, []byte(`{"code":200,"data":{"taskId":"t1",`))
			c.reset(s, internalError)
		}, "t1"},
		{"closes the connection", nil, func(c *conn2, _ uint32) { c.Close() }, ""},
		{"ends without a status", nil, func(c *conn2, s uint32) { c.write(frameHeaders, flagEndHeaders|flagEndStream, s, nil) }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := &server2{begins: test.begins, answer: test.answer}
			c := newServer2(t, s)
			if a := c.Submit(t.Context(), "m", anInput); a.TaskID != "t1" {
				t.Fatalf("the first submit: %+v", a)
			}
			a := c.Submit(t.Context(), "m", anInput)
			if !a.Sent || a.TaskID != test.id || a.TaskID == "" && a.Err == nil {
				t.Errorf("answer is %+v", a)
			}
			if got := s.posts.Load() - 1; got > 1 {
				t.Errorf("the server read %d POSTs", got)
			}
		})
	}
}

// A server that went away while nothing ran has processed nothing: the next
// submit goes over a new connection.
func TestGoneAwayWhileIdle(t *testing.T) {
	var first atomic.Pointer[conn2]
	s := &server2{answer: func(c *conn2, stream uint32) { c.answer(stream) }}
	s.begins = func(c *conn2, _ uint32) { first.CompareAndSwap(nil, c) }
	c := newServer2(t, s)
	for range 2 {
		if a := c.Submit(t.Context(), "m", anInput); a.TaskID != "t1" {
			t.Fatalf("submit: %+v", a)
		}
	}
	first.Load().goAway(3, noError) // streams 1 and 3 were answered
	first.Load().ping()
	<-first.Load().heard
	if a := c.Submit(t.Context(), "m", anInput); a.TaskID != "t1" || s.posts.Load() != 3 || s.dials.Load() != 2 {
		t.Errorf("%d POSTs over %d connections, the last: %+v", s.posts.Load(), s.dials.Load(), a)
	}
}

// A connection on which a call had no answer in time may lead nowhere: no submit
// follows over it, though HTTP/2 has room for one. What runs on it may end.
func TestNoSubmitOverASilentConnection(t *testing.T) {
	s := &server2{}
	var silent atomic.Bool
	release := make(chan func(), 2)
	s.answer = func(c *conn2, stream uint32) {
		if silent.Load() {
			release <- func() { c.answer(stream) }
			return
		}
		c.answer(stream)
	}
	c := newServer2(t, s)
	c.Submit(t.Context(), "m", anInput)
	silent.Store(true)
	earlier := make(chan Answer, 1)
	go func() { earlier <- c.Submit(t.Context(), "m", anInput) }()
	answerEarlier := <-release
	if a := c.Status(t.Context(), "m", "t1"); !errors.As(a.Err, new(timeoutError)) {
		t.Fatalf("status: %+v", a)
	}
	silent.Store(false)
	if a := c.Submit(t.Context(), "m", anInput); a.TaskID != "t1" || s.dials.Load() != 2 {
		t.Errorf("over %d connections: %+v", s.dials.Load(), a)
	}
	answerEarlier()
	if a := <-earlier; a.TaskID != "t1" {
		t.Errorf("the submit on the silent connection: %+v", a)
	}
}
