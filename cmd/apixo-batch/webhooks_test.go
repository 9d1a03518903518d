package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/state"
)

func TestCallbackURLs(t *testing.T) {
	for _, test := range []struct {
		url   string
		local bool
		want  string // of the error; "" for none
	}{
		{"https://hooks.example.com/apixo", false, ""},
		{"https://hooks.example.com:8443", false, ""},
		{"https://127.0.0.1/", true, ""},
		{"https://93.184.215.14/", false, ""},
		{"https://127.0.0.1/", false, "can reach"},
		{"https://10.1.2.3/x", false, "can reach"},
		{"https://[::1]/x", false, "can reach"},
		{"https://[::ffff:192.168.0.1]/x", false, "can reach"},
		{"https://0.0.0.0/x", false, "can reach"},
		{"https://169.254.169.254/x", false, "can reach"},
		{"https://LOCALHOST/x", false, "can reach"},
		{"https://127.1/x", false, "can reach"},
		{"https://0x7f.0.0.1/x", false, "can reach"},
		{"https://0x7f.0x0.0x0.0x1/x", false, "can reach"},
		{"https://2130706433/x", false, "can reach"},
		{"https://hooks.7eleven.example/x", false, ""},
		{"https://build7/x", false, "can reach"},
		{"https://printer.local./x", false, "can reach"},
		{"https://hooks.example.com/a b", false, "holds a space"},
		{"https://hooks.example.com/a\u00a0b", false, "holds a space"},
		{"https://hooks.example.com:0/", false, "port"},
		{"https://hooks.example.com:65536/", false, "port"},
		{"https://hooks.example.com:/", false, "port"},
		{"https://hooks.example.com:x/", false, "is no URL"},
		{"https:me:secret@hooks.example.com/x", false, "names no host"},
		{"me:secret@hooks.example.com/x", false, "names no host"},
		{"http://127.0.0.1:8080/x", true, ""},
		{"http://[::1]:8080", true, ""},
		{"http://localhost", true, ""},
		{"http://127.0.0.1:8080/x", false, "is not https"},
		{"http://hooks.example.com", false, "is not https"},
		{"http://hooks.example.com", true, "neither https nor on this machine"},
		{"https://me:secret@hooks.example.com/x", false, "user name or password"},
		{"https://hooks.example.com/x?a=b", false, "query or a fragment"},
		{"https://hooks.example.com/x?", false, "query or a fragment"},
		{"https://hooks.example.com/x#", false, "query or a fragment"},
		{"ftp://hooks.example.com", true, "does not start with https://"},
		{"hooks.example.com/x", false, "names no host"},
		{"https:hooks", false, "names no host"},
		{"https://", false, "names no host"},
		{"https://a b", false, "is no URL"},
		{"https://x/" + strings.Repeat("y", maxCallbackURL), false, "is no URL"},
	} {
		err := checkCallbackURL(test.url, test.local)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.url, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v, want %q", test.url, err, test.want)
		case err != nil && strings.Contains(err.Error(), "secret@"):
			t.Errorf("it tells a password: %v", err)
		}
	}
}

// pipes is a listener without sockets.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

// Who sends slowly, or nothing, loses the connection; more connections than there
// is room for wait, and then are served.
func TestSlowSendersDoNotKeepWebhooksOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		server := webhookServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body) }))
		served := make(chan error, 1)
		go func() { served <- server.Serve(limitConnections(listener, 4)) }()
		begun := time.Now()
		for i, text := range []string{
			"", "POST /x HT", "POST /x HTTP/1.1\r\nHost: x\r\nA: ", "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
		} {
			conn := listener.dial()
			defer conn.Close()
			if _, err := io.WriteString(conn, text); err != nil {
				t.Fatal(i, err)
			}
			go func() { _, _ = io.Copy(io.Discard, conn) }()
		}
		conn := listener.dial() // has to wait for one of the others
		defer conn.Close()
		if _, err := io.WriteString(conn, "POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(conn)
		if took := time.Since(begun); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 200") || took > webhookHeaderTime+time.Second {
			t.Errorf("%q, %v after %s", answer, err, took)
		}
		time.Sleep(webhookTime)
		if err := server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		<-served
	})
}

func TestClosedListenerEndsWhoWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		limited := limitConnections(listener, 1)
		go func() { _ = listener.dial() }()
		conn, err := limited.Accept()
		if err != nil {
			t.Fatal(err)
		}
		failed := make(chan error, 1)
		go func() { _, err := limited.Accept(); failed <- err }()
		synctest.Wait()
		if limited.Close(); <-failed == nil {
			t.Error("a connection was accepted")
		}
		conn.Close()
	})
}

// webhookTasks are one whose answer is lost, and one that keeps the run going.
const webhookTasks = `
task "lost" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "[sim:drop,times=1][sim:latency=60s] a pier", aspect_ratio = "1:1" }
}
task "long" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "[sim:latency=170s] a quay", aspect_ratio = "1:1" }
}
`

// Real processes and sockets: a run is killed while a submit is in doubt. The
// delivery finds nobody, is repeated, and settles the doubt in the next run, which
// collects the task.
func TestWebhookSettlesTheDoubtOfAKilledRun(t *testing.T) {
	t.Parallel()
	baseURL := simulatorProcess(t, "-speed=40") // repeats a delivery after 0.75 s
	a := &customer{dir: t.TempDir(), home: t.TempDir(), baseURL: baseURL, key: "sk-canary-hooks"}
	a.write(t, "jobs.hcl", webhookTasks)
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := port.Addr().String()
	port.Close()
	apply := func() *exec.Cmd { return a.command(t, "apply", "-auto-approve", "-listen="+address, "jobs.hcl") }

	first := apply()
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	nonce := a.awaitDoubt(t, "task.lost")
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()

	var out bytes.Buffer
	second := apply()
	second.Stdout, second.Stderr = &out, &out
	if err := second.Run(); err != nil {
		t.Fatalf("%v:\n%s", err, out.String())
	}
	if text := out.String(); !strings.Contains(text, "task.lost: settled: accepted as task") || !strings.Contains(text, "2 done") {
		t.Errorf("the second run said:\n%s", text)
	}
	if r := a.record(t, "task.lost"); r.Nonce != nonce || r.Status != state.Succeeded {
		t.Errorf("the record is %+v", r)
	}
}

// awaitDoubt waits until an instance is in doubt and gives the nonce of its submit.
func (a *customer) awaitDoubt(t *testing.T, address string) (nonce string) {
	t.Helper()
	for range 1000 {
		if contents, err := state.Read(a.dir + "/jobs.state.json"); err == nil {
			for _, r := range contents.Records {
				if r.Address.String() == address && r.Status == state.InDoubt {
					return r.Nonce
				}
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal(address + " never was in doubt")
	return ""
}

func (a *customer) record(t *testing.T, address string) state.Record {
	t.Helper()
	contents, err := state.Read(a.dir + "/jobs.state.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range contents.Records {
		if r.Address.String() == address {
			return r
		}
	}
	t.Fatal(fmt.Sprint(address, " is not in the state"))
	return state.Record{}
}
