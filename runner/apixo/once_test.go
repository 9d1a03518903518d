package apixo

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Whatever a server does to a connection, a submit is one POST: net/http must
// find no reason to repeat it. These servers are written by hand, since net/http's
// own is too well-behaved.

// rawServer answers each POST that it has read whole with answer, on connections
// that it keeps. The first POST of a connection is answered well, so that what is
// tested happens to a kept connection, where net/http repeats what it may.
type rawServer struct {
	listener net.Listener
	posts    atomic.Int64 // read whole
	open     sync.WaitGroup
	answer   func(conn *net.TCPConn, read func())
}

const well = "HTTP/1.1 200 OK\r\nContent-Length: 35\r\n\r\n" + `{"code":200,"data":{"taskId":"t1"}}`

func newRawServer(t *testing.T, answer func(conn *net.TCPConn, read func())) (*rawServer, *Client) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawServer{listener: listener, answer: answer}
	s.open.Go(s.serve)
	t.Cleanup(func() { listener.Close(); s.open.Wait() })
	rt := DefaultTransport()
	t.Cleanup(rt.CloseIdleConnections)
	c, err := New(Options{BaseURL: "http://" + listener.Addr().String(), Key: mustKey(t, testKey), HTTP: rt, SubmitTimeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func (s *rawServer) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.open.Go(func() { s.converse(conn.(*net.TCPConn)) })
	}
}

// converse answers the first request well and leaves the second to the test.
func (s *rawServer) converse(conn *net.TCPConn) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	read := func() {
		r, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, r.Body); err == nil && r.Method == http.MethodPost {
			s.posts.Add(1)
		}
	}
	read()
	io.WriteString(conn, well)
	s.answer(conn, read)
}

// reset makes the close of a connection a reset.
func reset(conn *net.TCPConn) { conn.SetLinger(0) }

func TestOnePOSTWhateverAServerDoes(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(conn *net.TCPConn, read func())
		posts  int64 // read whole, besides the first
		id     string
	}{
		{"answers", func(conn *net.TCPConn, read func()) { read(); io.WriteString(conn, well) }, 1, "t1"},
		{"closes without reading", func(conn *net.TCPConn, _ func()) { conn.Read(make([]byte, 1)) }, 0, ""},
		{"resets without reading", func(conn *net.TCPConn, _ func()) { conn.Read(make([]byte, 1)); reset(conn) }, 0, ""},
		{"closes after reading", func(conn *net.TCPConn, read func()) { read() }, 1, ""},
		{"resets after reading", func(conn *net.TCPConn, read func()) { read(); reset(conn) }, 1, ""},
		{"closes in the headers", func(conn *net.TCPConn, read func()) { read(); io.WriteString(conn, well[:20]) }, 1, ""},
		{"closes in the answer", func(conn *net.TCPConn, read func()) { read(); io.WriteString(conn, well[:len(well)-20]) }, 1, ""},
		{"closes behind the task ID", func(conn *net.TCPConn, read func()) { read(); io.WriteString(conn, well[:len(well)-2]) }, 1, "t1"},
		{"says 408 and closes", func(conn *net.TCPConn, read func()) {
			read()
			io.WriteString(conn, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		}, 1, ""},
		{"says 100 first", func(conn *net.TCPConn, read func()) {
			read()
			io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"+well)
		}, 1, "t1"},
		{"says 100 and closes", func(conn *net.TCPConn, read func()) { read(); io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n") }, 1, ""},
		{"sends it elsewhere", func(conn *net.TCPConn, read func()) {
			read()
			io.WriteString(conn, "HTTP/1.1 307 Temporary Redirect\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")
			read() // a client that follows comes back on this connection
		}, 1, ""},
		{"speaks no HTTP", func(conn *net.TCPConn, read func()) { read(); io.WriteString(conn, "SSH-2.0-OpenSSH\r\n") }, 1, ""},
		{"switches protocols", func(conn *net.TCPConn, read func()) {
			read()
			io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello")
		}, 1, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, c := newRawServer(t, test.answer)
			if a := c.Submit(t.Context(), "m", anInput); a.TaskID != "t1" || s.posts.Load() != 1 {
				t.Fatalf("the first submit: %+v", a)
			}
			a := c.Submit(t.Context(), "m", anInput)
			if !a.Sent || a.TaskID != test.id || a.TaskID == "" && a.Err == nil {
				t.Errorf("answer is %+v", a)
			}
			if got := s.posts.Load() - 1; got != test.posts {
				t.Errorf("the server read %d POSTs, want %d", got, test.posts)
			}
		})
	}
}

// A server may refuse a large request before it has read it: that is an answer,
// or a broken connection, and never a second POST.
func TestOnePOSTWhenTheAnswerComesBeforeTheRequestIsOut(t *testing.T) {
	var requests atomic.Int64
	s, c := newRawServer(t, func(conn *net.TCPConn, _ func()) {
		requests.Add(1)
		bufio.NewReader(conn).ReadString('\n')
		io.WriteString(conn, "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	})
	c.Submit(t.Context(), "m", anInput)
	large := Submission{Input: []byte(`{"prompt":"` + strings.Repeat("x", 8<<20) + `"}`)}
	a := c.Submit(t.Context(), "m", large)
	if !a.Sent || a.Err == nil || a.HTTPStatus != 0 && a.HTTPStatus != http.StatusRequestEntityTooLarge {
		t.Errorf("answer is %+v", a)
	}
	if s.posts.Load() != 1 || requests.Load() != 1 {
		t.Errorf("%d POSTs were read whole, %d began after the first", s.posts.Load()-1, requests.Load())
	}
}

func TestEndlessAnswersAreCutOff(t *testing.T) {
	const most = 16 << 20
	for name, line := range map[string]string{
		"body":        strings.Repeat("x", 64<<10),
		"headers":     "X: " + strings.Repeat("x", 1<<10) + "\r\n",
		"100s":        "\r\nHTTP/1.1 100 Continue\r\nX: " + strings.Repeat("x", 1<<10) + "\r\n",
		"long header": strings.Repeat("x", 64<<10),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var written atomic.Int64
			head := map[string]string{
				"body":    "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n" + `{"code":200,"data":{"x":"`,
				"headers": "HTTP/1.1 200 OK\r\n", "100s": "HTTP/1.1 100 Continue\r\n", "long header": "HTTP/1.1 200 OK\r\nX: ",
			}[name]
			_, c := newRawServer(t, func(conn *net.TCPConn, read func()) {
				read()
				io.WriteString(conn, head)
				for written.Load() < 1<<30 {
					n, err := io.WriteString(conn, line)
					if err != nil {
						return
					}
					written.Add(int64(n))
				}
			})
			c.Submit(t.Context(), "m", anInput)
			a := c.Submit(t.Context(), "m", anInput)
			if !a.Sent || a.Err == nil || a.Envelope || a.HTTPStatus != 0 && !a.Cut {
				t.Errorf("answer is %+v", a)
			}
			if got := written.Load(); got > most {
				t.Errorf("the server could send %d bytes", got)
			}
		})
	}
}

// An answer that ends with its connection may have been cut anywhere; only an
// envelope says itself where it ends.
func TestAnswerThatEndsWithItsConnection(t *testing.T) {
	for body, cut := range map[string]bool{
		`{"code":404,"message":"x"}`: false,
		`{"code":404,"mess`:          true,
		`<html>not found</html>`:     true,
		``:                           true,
	} {
		for _, proto := range []string{"HTTP/1.0", "HTTP/1.1"} {
			_, c := newRawServer(t, func(conn *net.TCPConn, read func()) {
				read()
				fmt.Fprintf(conn, "%s 404 Not Found\r\nConnection: close\r\n\r\n%s", proto, body)
			})
			c.Submit(t.Context(), "m", anInput)
			if a := c.Submit(t.Context(), "m", anInput); a.Cut != cut || a.Envelope == cut || a.HTTPStatus != 404 {
				t.Errorf("%s, body %q: %+v", proto, body, a)
			}
		}
	}
}
