package apixo

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// server runs a real server and returns a client of it with the real
// transport, and the number of POSTs that the server has read whole.
func server(t *testing.T, http2 bool, handler http.HandlerFunc) (*Client, *atomic.Int64) {
	t.Helper()
	return serverOver(t, nil, http2, handler)
}

// serverOver is server over pipes, or over the loopback interface for nil.
func serverOver(t *testing.T, p *pipes, http2 bool, handler http.HandlerFunc) (*Client, *atomic.Int64) {
	t.Helper()
	posts := new(atomic.Int64)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if http2 != (r.ProtoMajor == 2) {
			t.Errorf("protocol is %s", r.Proto)
		}
		_, err := io.Copy(io.Discard, r.Body)
		if r.Method == http.MethodPost && err == nil {
			posts.Add(1)
		}
		handler(w, r)
	}))
	rt := DefaultTransport()
	srv.EnableHTTP2 = http2
	if p != nil {
		srv.Listener.Close()
		srv.Listener, rt.DialContext = p, p.dial
		srv.TLS = &tls.Config{SessionTicketsDisabled: true} // both sides would write at once, which pipes do not take
	}
	if http2 {
		srv.StartTLS()
		rt.TLSClientConfig = &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	t.Cleanup(rt.CloseIdleConnections)
	c, err := New(Options{BaseURL: srv.URL, Key: mustKey(t, testKey), HTTP: rt, SubmitTimeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return c, posts
}

// pipes are connections in memory. In a testing/synctest bubble they do not stop the
// clock, as sockets do.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours, nil
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443} }

func protocols(t *testing.T, test func(t *testing.T, http2 bool)) {
	t.Run("HTTP1", func(t *testing.T) { test(t, false) })
	t.Run("HTTP2", func(t *testing.T) { test(t, true) })
}

func TestOnePOSTWhenTheServerDropsAKeptConnection(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		drop := false
		c, posts := server(t, http2, func(w http.ResponseWriter, r *http.Request) {
			if drop {
				panic(http.ErrAbortHandler)
			}
			io.WriteString(w, `{"code":200,"data":{"taskId":"t1"}}`)
		})
		if a := c.Submit(t.Context(), "m", anInput); a.TaskID != "t1" {
			t.Fatalf("first submit: %+v", a)
		}
		drop = true // the connection is kept now, which is when net/http repeats what it may
		a := c.Submit(t.Context(), "m", anInput)
		if !a.Sent || a.Err == nil || a.HTTPStatus != 0 {
			t.Errorf("answer is %+v", a)
		}
		if got := posts.Load(); got != 2 {
			t.Errorf("the server saw %d POSTs for 2 submits", got)
		}
	})
}

func TestOnePOSTWhenTheAnswerBreaksOff(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		body := `{"code":200,"data":{"taskId":"t1"},`
		c, posts := server(t, http2, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, body)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		})
		a := c.Submit(t.Context(), "m", anInput)
		if !a.Sent || a.Err == nil || a.HTTPStatus != 200 || a.Envelope || a.TaskID != "t1" {
			t.Errorf("answer is %+v", a)
		}
		body = `{"code":429,"message":"slow down"}` // whole, though its connection is not
		a = c.Submit(t.Context(), "m", anInput)
		if a.Err != nil || a.Status() != 429 || !a.Envelope {
			t.Errorf("answer is %+v", a)
		}
		if got := posts.Load(); got != 2 {
			t.Errorf("the server saw %d POSTs for 2 submits", got)
		}
	})
}

func TestNoRedirectIsFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		protocols(t, func(t *testing.T, http2 bool) {
			calls := 0
			c, posts := server(t, http2, func(w http.ResponseWriter, r *http.Request) {
				calls++
				http.Redirect(w, r, "/again", status)
			})
			if a := c.Submit(t.Context(), "m", anInput); a.Status() != status || a.Envelope || !a.Sent || a.Err == nil {
				t.Errorf("submit: %+v", a)
			}
			if a := c.Status(t.Context(), "m", "t"); a.Answer.Status() != status || a.Task != nil {
				t.Errorf("status: %+v", a)
			}
			if calls != 2 || posts.Load() != 1 {
				t.Errorf("%d calls, %d POSTs", calls, posts.Load())
			}
		})
	}
}

func TestTimeoutAfterTheRequestIsSent(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		synctest.Test(t, func(t *testing.T) {
			done := make(chan struct{})
			c, posts := serverOver(t, newPipes(), http2, func(http.ResponseWriter, *http.Request) { <-done })
			a := c.Submit(t.Context(), "m", anInput)
			close(done)
			if !a.Sent || !errors.Is(a.Err, context.DeadlineExceeded) || !strings.Contains(a.Err.Error(), "no complete answer within 10s") {
				t.Errorf("answer is %+v", a)
			}
			if got := posts.Load(); got != 1 {
				t.Errorf("the server saw %d POSTs", got)
			}
		})
	})
}

func TestUnsentWhereNoRequestCanHaveLeft(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()

	tests := []struct {
		name, base string
		prepare    func(*http.Transport)
	}{
		{"connection refused", "http://" + closed.Addr().String(), nil},
		{"unknown host", "https://api.apixo.invalid", func(rt *http.Transport) {
			rt.DialContext = func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.DNSError{Err: "no such host", Name: "api.apixo.invalid", IsNotFound: true}
			}
		}},
		{"unknown certificate", secure.URL, nil},
		{"no TLS on the other side", strings.Replace(plain.URL, "http:", "https:", 1), nil},
		{"proxy refuses the tunnel", "https://api.apixo.invalid", func(rt *http.Transport) {
			rt.Proxy = func(r *http.Request) (*url.URL, error) { return r.URL.Parse(plain.URL) }
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rt := DefaultTransport()
			defer rt.CloseIdleConnections()
			if test.prepare != nil {
				test.prepare(rt)
			}
			c, err := New(Options{BaseURL: test.base, Key: mustKey(t, testKey), HTTP: rt})
			if err != nil {
				t.Fatal(err)
			}
			if a := c.Submit(t.Context(), "m", anInput); a.Sent || a.Err == nil || a.Status() != 0 {
				t.Errorf("answer is %+v", a)
			}
		})
	}
}

func TestUnsentWhenCancelledBeforeTheRequest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	protocols(t, func(t *testing.T, http2 bool) {
		c, posts := server(t, http2, func(http.ResponseWriter, *http.Request) {})
		if a := c.Submit(ctx, "m", anInput); a.Sent || !errors.Is(a.Err, context.Canceled) {
			t.Errorf("answer is %+v", a)
		}
		if posts.Load() != 0 {
			t.Error("the server saw a POST")
		}
	})
}

// Whatever the moment of the cancel: what is called unsent never arrives whole.
// With HTTP/2 its headers may, since a cancelled RoundTrip does not wait for
// the goroutine that writes them; it is the closed body that holds it back.
func TestWhatIsCalledUnsentNeverArrives(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		c, posts := server(t, http2, func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"code":200,"data":{"taskId":"t1"}}`)
		})
		c.Submit(t.Context(), "m", anInput) // so that the connection is there
		var sent int64 = 1
		for i := range 300 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Microsecond)
			if c.Submit(ctx, "m", anInput).Sent {
				sent++
			}
			cancel()
		}
		c.Submit(t.Context(), "m", anInput)
		if got := posts.Load(); got > sent+1 {
			t.Errorf("%d POSTs arrived, %d submits were or may have been sent", got, sent+1)
		}
	})
}

func TestBodyCannotLeaveAfterTheVerdict(t *testing.T) {
	var late io.Reader
	c := newClient(t, transport(func(r *http.Request) (*http.Response, error) {
		late = r.Body
		return nil, errors.New("no route")
	}))
	if a := c.Submit(t.Context(), "m", anInput); a.Sent {
		t.Fatalf("answer is %+v", a)
	}
	if text, err := io.ReadAll(late); err == nil || len(text) > 0 {
		t.Errorf("the body still reads %q, %v", text, err)
	}
}

func TestSentOnceTheBodyWasRead(t *testing.T) {
	c := newClient(t, transport(func(r *http.Request) (*http.Response, error) {
		r.Body.Read(make([]byte, 1))
		r.Body.Close()
		return nil, errors.New("connection reset")
	}))
	if a := c.Submit(t.Context(), "m", anInput); !a.Sent || a.Err == nil {
		t.Errorf("answer is %+v", a)
	}
}

func TestTimeoutsBoundTheWholeCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := transport(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(untilDone{r.Context()})}, nil
		})
		c, err := New(Options{Key: mustKey(t, testKey), HTTP: stuck})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if a := c.Submit(t.Context(), "m", anInput); !a.Sent || a.HTTPStatus != 200 || !errors.Is(a.Err, context.DeadlineExceeded) {
			t.Errorf("submit: %+v", a)
		}
		if got := time.Since(start); got != time.Minute {
			t.Errorf("a submit took %v", got)
		}
		start = time.Now()
		if a := c.Status(t.Context(), "m", "t"); !errors.Is(a.Err, context.DeadlineExceeded) {
			t.Errorf("status: %+v", a)
		}
		if got := time.Since(start); got != 30*time.Second {
			t.Errorf("a status call took %v", got)
		}
	})
}

// untilDone is a body that never ends and never comes.
type untilDone struct{ ctx context.Context }

func (u untilDone) Read([]byte) (int, error) {
	<-u.ctx.Done()
	return 0, u.ctx.Err()
}

// A body that breaks off proves nothing, whatever the status line said; a whole
// page of a proxy is another thing.
func TestCutAnswersAreMarked(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		cut := true
		c, _ := server(t, http2, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, `{"code":404,"mess`)
			if cut {
				http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}
		})
		if a := c.Submit(t.Context(), "m", anInput); !a.Sent || !a.Cut || a.Envelope || a.Err == nil {
			t.Errorf("cut: %+v", a)
		}
		cut = false
		if a := c.Submit(t.Context(), "m", anInput); !a.Sent || a.Cut || a.Envelope || a.HTTPStatus != http.StatusNotFound {
			t.Errorf("whole, and not the API's: %+v", a)
		}
	})
}
