package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestHundredsOfTasksInVirtualTime runs the whole life of many tasks, hours
// altogether, over the transport.
func TestHundredsOfTasksInVirtualTime(t *testing.T) {
	const tasks = 300
	synctest.Test(t, func(t *testing.T) {
		faults, err := ParseFaults("500=2%,drop=2%,status503=5%,fail=3%")
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(t, Config{Faults: faults, Limits: Limits{RequestsPerMinute: 6000, ConcurrentTasks: 50}})
		start := time.Now()
		var group sync.WaitGroup
		var refused, dropped, ended atomic.Int64
		for i := range tasks {
			group.Go(func() {
				for {
					r, err := c.submit(fmt.Sprint("prompt ", i))
					if err != nil {
						dropped.Add(1)
						return
					}
					if r.status == 200 {
						var d taskData
						if json.Unmarshal(r.data, &d) != nil {
							t.Error(r.body)
						}
						awaitEnd(c, d.TaskID)
						ended.Add(1)
						return
					}
					refused.Add(1)
					time.Sleep(time.Minute)
				}
			})
		}
		group.Wait()
		s := c.sim.Stats()
		if s.Accepted != tasks || s.MaxRunning != 50 || ended.Load()+dropped.Load() != tasks || dropped.Load() == 0 || refused.Load() == 0 {
			t.Errorf("%d ended, %d dropped, %d refused; %+v", ended.Load(), dropped.Load(), refused.Load(), s)
		}
		if d := time.Since(start); d < 5*time.Minute || d > 10*time.Hour {
			t.Errorf("%v of virtual time", d)
		}
	})
}

func awaitEnd(c *client, taskID string) {
	for {
		time.Sleep(3 * time.Second)
		r, err := c.do("GET", statusPath(taskID), "")
		var d taskData
		if err == nil && r.status == 200 && json.Unmarshal(r.data, &d) == nil && d.CompleteTime != 0 {
			return
		}
	}
}

func TestDroppedAnswerIsATransportErrorAndNoneIsResent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, instantly())
		c.accepted("opens the connection that is used again")
		_, err := c.submit("x [sim:drop]")
		if !errors.Is(err, io.EOF) {
			t.Errorf("error %v", err)
		}
		if s := c.sim.Stats(); s.Submits != 2 || s.Accepted != 2 {
			t.Errorf("%d submits", s.Submits)
		}
		_, err = c.submit("x [sim:cut]")
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut: error %v", err)
		}
	})
}

func TestRequestCanBeGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Config{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, "POST", localURL+"/api/v1/generateTask/"+testModel, bytes.NewBufferString(body("x [sim:slow=2m]")))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer key")
		req.Header.Set("Content-Type", "application/json")
		start := time.Now()
		if _, err := c.rt.RoundTrip(req); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if d := time.Since(start); d != time.Minute {
			t.Errorf("after %v", d)
		}
		synctest.Wait()
		if l := c.sim.Ledger(); len(l) != 1 || l[0].Answered {
			t.Errorf("ledger %+v", l)
		}
	})
}

func TestCloseEndsRunningRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		local := Serve(sim)
		c := &client{t, sim, local.Transport()}
		failed := make(chan error)
		go func() {
			_, err := c.submit("x [sim:slow=1h]")
			failed <- err
		}()
		synctest.Wait()
		start := time.Now()
		if err := local.Close(); err != nil {
			t.Error(err)
		}
		if err := <-failed; err == nil {
			t.Error("the request succeeded")
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("took %v", d)
		}
		if _, err := c.submit("y"); err == nil {
			t.Error("a closed simulator answers")
		}
	})
}

func TestAnyHostLeadsToTheHandlerAndResultsStayOnIt(t *testing.T) {
	c := newClient(t, instantly())
	id := c.accepted("x")
	req, err := http.NewRequest("GET", "http://127.0.0.1:8080"+statusPath(id), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer key")
	resp, err := c.rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var e struct{ Data taskData }
	if err := json.NewDecoder(resp.Body).Decode(&e); err != nil {
		t.Fatal(err)
	}
	if want := "http://127.0.0.1:8080/files/" + id + "/0.jpg"; e.Data.urls(t)[0] != want {
		t.Errorf("URL %s, want %s", e.Data.urls(t)[0], want)
	}
}
