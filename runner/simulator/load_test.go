package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestTasksOverRealConnectionsLeaveNothingBehind runs whole tasks over real connections,
// webhooks and lost answers among them, and then looks for goroutines. Its time is
// real, since that of connections is.
func TestTasksOverRealConnectionsLeaveNothingBehind(t *testing.T) {
	if testing.Short() {
		t.Skip("takes real time")
	}
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	const tasks, workers = 500, 32
	faults, err := ParseFaults("503=2%,drop=2%,status503=2%,status-cut=1%,webhook-twice=5%,webhook-lost=5%")
	if err != nil {
		t.Fatal(err)
	}
	sim, server := serveOthers(t, Config{Speed: 1000, Faults: faults})
	var hooks atomic.Int64
	receiver := http.NewServeMux()
	receiver.HandleFunc("POST /hook", func(w http.ResponseWriter, r *http.Request) { hooks.Add(1) })
	taker := newTestServer(t, receiver)
	transport := &http.Transport{MaxIdleConnsPerHost: workers}
	l := loader{t: t, client: &http.Client{Transport: transport}, base: server.URL, hook: taker.URL + "/hook"}
	numbers := make(chan int)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for n := range numbers {
				l.run(n)
			}
		})
	}
	for n := range tasks {
		numbers <- n
	}
	close(numbers)
	group.Wait()
	s := sim.Stats()
	if s.Accepted+int(l.refused.Load()) != tasks || l.ended.Load() < tasks*9/10 {
		t.Errorf("%d ended, %d refused; %+v", l.ended.Load(), l.refused.Load(), s)
	}
	transport.CloseIdleConnections()
	server.Close()
	if err := sim.Close(); err != nil {
		t.Error(err)
	}
	taker.Close()
	// Every tenth task has a webhook; what was lost or still due is given up.
	if s = sim.Stats(); hooks.Load() == 0 || s.WebhooksTaken+s.WebhooksGivenUp < tasks/10*9/10 || s.WebhookPosts > tasks/10*2 {
		t.Errorf("%d webhooks came; %+v", hooks.Load(), s)
	}
}

// loader is a plain client.
type loader struct {
	t              *testing.T
	client         *http.Client
	base, hook     string
	refused, ended atomic.Int64
}

// run submits task n and polls it to its end. A lost answer ends it, too.
func (l *loader) run(n int) {
	body := fmt.Sprintf(`{"request_type":"async","input":{"prompt":"task %d"}}`, n)
	if n%10 == 0 {
		body = fmt.Sprintf(`{"request_type":"callback","callback_url":%q,"input":{"prompt":"task %d"}}`, l.hook, n)
	}
	data, status := l.call("POST", "/api/v1/generateTask/"+testModel, body)
	if status == 503 {
		l.refused.Add(1)
	}
	if status != 200 {
		return
	}
	for {
		d, status := l.call("GET", "/api/v1/statusTask/"+testModel+"?taskId="+url.QueryEscape(data.TaskID), "")
		if status == 200 && d.CompleteTime != 0 {
			l.ended.Add(1)
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// call makes one call; status is 0 if no whole answer came.
func (l *loader) call(method, path, body string) (d taskData, status int) {
	r, err := http.NewRequestWithContext(l.t.Context(), method, l.base+path, strings.NewReader(body))
	if err != nil {
		l.t.Error(err)
		return d, 0
	}
	r.Header.Set("Authorization", "Bearer key")
	r.Header.Set("Content-Type", contentJSON)
	answer, err := l.client.Do(r)
	if err != nil {
		return d, 0
	}
	defer answer.Body.Close()
	var e struct{ Data taskData }
	text, err := io.ReadAll(answer.Body)
	if err != nil || json.Unmarshal(text, &e) != nil {
		return d, 0
	}
	return e.Data, answer.StatusCode
}
