package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/runner/plan"
)

// Anybody may reach the port where webhooks come in, so all that a connection can
// take is bounded. A delivery that finds no room is repeated by APIXO, and polling
// goes on besides.
const (
	maxWebhookConnections = 64
	webhookHeaderTime     = 5 * time.Second
	webhookTime           = 10 * time.Second // a whole request, and its answer
	webhookIdleTime       = 10 * time.Second // of a kept connection
	maxWebhookHeader      = 8 << 10
	webhookClosingTime    = 2 * time.Second // for requests that are under way at the end
	maxCallbackURL        = 1 << 10
)

const webhookHelp = "With -listen and -callback-url APIXO posts the end of each task (a webhook): about one\n" +
	"status call is made for each, and a submit whose answer was lost is settled by what is\n" +
	"posted; the run waits for that, up to 3 to 30 minutes after the submit. A tunnel or proxy\n" +
	"that does TLS leads the callback URL to -listen. What is posted is confirmed with the API;\n" +
	"polling goes on, rarely, since it may be lost."

func webhookFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "listen", Usage: "take webhooks at an `ADDRESS`, as :8080, over plain HTTP: a tunnel or proxy in front of it does TLS"},
		&cli.StringFlag{Name: "callback-url", Usage: "the https `URL` by which APIXO reaches -listen; each submit adds a secret to its path"},
	}
}

// webhookArguments are the webhook flags that were given, for the command that goes on.
func webhookArguments(at *cli.Command) (arguments []string) {
	for _, name := range [...]string{"listen", "callback-url"} {
		if value := at.String(name); value != "" {
			arguments = append(arguments, "-"+name+"="+value)
		}
	}
	return arguments
}

// webhooks is where APIXO posts the ends of tasks to.
type webhooks struct {
	listener    net.Listener
	callbackURL string
}

// listenForWebhooks opens the port of -listen; nil without it.
func (p *program) listenForWebhooks(at *cli.Command, e *endpoint) (*webhooks, error) {
	address, callback := at.String("listen"), at.String("callback-url")
	local := e.name == simulatedEndpoint || loopback("http://"+e.name) != ""
	switch {
	case address == "" && callback != "":
		return nil, errors.New("-callback-url needs -listen=ADDRESS: somebody must take what APIXO posts there")
	case address == "":
		return nil, nil
	case callback == "" && !local:
		return nil, errors.New("-listen needs -callback-url: the https URL by which APIXO reaches it, through a tunnel or a proxy")
	}
	if callback != "" {
		if err := checkCallbackURL(callback, local); err != nil {
			return nil, err
		}
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("-listen=%s: %w", address, err)
	}
	w := &webhooks{listener: listener, callbackURL: callback}
	if callback == "" {
		w.callbackURL = "http://" + listener.Addr().String()
		if checkCallbackURL(w.callbackURL, local) != nil {
			return nil, errors.Join(fmt.Errorf("-listen=%s is not on a loopback address such as 127.0.0.1:0, so it needs -callback-url", address), listener.Close())
		}
	}
	if _, port, err := net.SplitHostPort(address); err == nil && (port == "0" || port == "") {
		p.view.Note(fmt.Sprintf("Webhooks are taken at %s.", listener.Addr()))
	}
	return w, nil
}

// checkCallbackURL accepts https on a public host, and plain http where the API and the
// receiver are both on this machine. The end of the path is ours, so nothing may
// follow it.
func checkCallbackURL(text string, local bool) error {
	u, err := url.Parse(text)
	if err != nil || len(text) > maxCallbackURL {
		return fmt.Errorf("-callback-url is no URL of at most %d bytes; one looks like https://hooks.example.com/apixo", maxCallbackURL)
	}
	shown := (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	switch {
	case u.User != nil:
		return fmt.Errorf("-callback-url=%s holds a user name or password, which APIXO would get; remove them: the path of each submit is a secret of its own", shown)
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return fmt.Errorf("-callback-url=%s goes on with a query or a fragment; remove what follows the path: each submit adds to its end", shown)
	case u.Opaque != "" || u.Hostname() == "":
		return fmt.Errorf("-callback-url=%s names no host; one looks like https://hooks.example.com/apixo", shown)
	case strings.ContainsFunc(text, isSpace):
		return fmt.Errorf("-callback-url=%s holds a space or a control character", shown)
	case !validPort(u):
		return fmt.Errorf("-callback-url=%s ends its host with a port that is none: 1 to 65535", shown)
	case u.Scheme == "https" && !local && !public(u.Hostname()):
		return fmt.Errorf("-callback-url=%s is not a host that APIXO can reach; it has to be public, as that of a tunnel", shown)
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return fmt.Errorf("-callback-url=%s does not start with https://", shown)
	case !local:
		return fmt.Errorf("-callback-url=%s is not https, which APIXO asks for; http is for a simulator on this machine", shown)
	case !onThisMachine(u.Hostname()):
		return fmt.Errorf("-callback-url=%s is neither https nor on this machine", shown)
	}
	return nil
}

func isSpace(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// validPort accepts a URL without a port.
func validPort(u *url.URL) bool {
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return u.Port() == "" && !strings.HasSuffix(u.Host, ":") || err == nil && port > 0
}

// public reports whether a host can be one of the public Internet, by its name alone.
func public(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		return ip.IsGlobalUnicast() && !ip.IsPrivate()
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if last := name[strings.LastIndex(name, ".")+1:]; last == "" || last[0] >= '0' && last[0] <= '9' {
		return false // no top-level domain begins with a digit: an address in an older spelling
	}
	for _, private := range []string{".localhost", ".local", ".internal", ".lan"} {
		if strings.HasSuffix("."+name, private) {
			return false
		}
	}
	return strings.Contains(name, ".")
}

func onThisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// close gives the port back.
func (w *webhooks) close() error {
	if w == nil {
		return nil
	}
	if err := w.listener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// url is where submits ask APIXO to post to; "" without -listen.
func (w *webhooks) url() string {
	if w == nil {
		return ""
	}
	return w.callbackURL
}

// during runs the plan, and takes webhooks as long as it runs.
func (w *webhooks) during(ctx context.Context, r *runner.Runner, made *plan.Plan, v view.View) (runner.Summary, error) {
	if w == nil {
		return r.Run(ctx, made)
	}
	server := webhookServer(r.Webhooks())
	served := make(chan error, 1)
	go func() { served <- server.Serve(limitConnections(w.listener, maxWebhookConnections)) }()
	summary, err := r.Run(ctx, made)
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), webhookClosingTime)
	defer cancel()
	if server.Shutdown(ending) != nil {
		_ = server.Close() // whoever is not done by now has waited for nothing
	}
	if failed := <-served; !errors.Is(failed, http.ErrServerClosed) {
		v.Note("No more webhooks were taken, tasks were asked for instead: " + view.Clean(failed.Error()))
	}
	return summary, err
}

func webhookServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: webhookHeaderTime, ReadTimeout: webhookTime, WriteTimeout: webhookTime, IdleTimeout: webhookIdleTime,
		MaxHeaderBytes: maxWebhookHeader,
		ErrorLog:       log.New(io.Discard, "", 0),
	}
}

// limitedListener has no more than so many connections at the same time; more of
// them wait in the operating system's queue.
type limitedListener struct {
	net.Listener
	room   chan struct{}
	closed chan struct{}
	once   sync.Once
}

func limitConnections(l net.Listener, n int) net.Listener {
	return &limitedListener{Listener: l, room: make(chan struct{}, n), closed: make(chan struct{})}
}

func (l *limitedListener) Accept() (net.Conn, error) {
	select {
	case l.room <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.room
		return nil, err
	}
	return &limitedConn{Conn: conn, leave: sync.OnceFunc(func() { <-l.room })}, nil
}

func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type limitedConn struct {
	net.Conn
	leave func()
}

func (c *limitedConn) Close() error {
	err := c.Conn.Close()
	c.leave()
	return err
}
